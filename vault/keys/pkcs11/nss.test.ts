/** In NSS softoken every key it can hold is made and used, ML-DSA too, and none comes out. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { afterEach, expect, test } from "vitest";
import { temporaryHomes } from "../../testing/index.ts";
import { type KeyAlgorithm, type Keystore, openFileKeystore } from "../index.ts";
import { verifySignature } from "../use.ts";
import { CKA, CKO, CKU_USER } from "./codes.ts";
import { NSS, nssLibrary, TOKEN_PIN, tokenPlugin, withToken } from "./make-tokens.ts";
import { openToken } from "./open-token.ts";

const newHome = temporaryHomes(afterEach);
const library = nssLibrary();
const plugin = tokenPlugin() ?? "";
const KINDS: readonly KeyAlgorithm[] = [
  "ed25519",
  "ecdsa-p256",
  "ml-dsa-44",
  "ml-dsa-65",
  "ml-dsa-87",
  "aes-256-gcm",
];
const validity = { notBeforeUs: 0, notAfterUs: 200 * 366 * 86_400_000_000 };

test.skipIf(!library)("every key it can hold is made and used inside NSS softoken, ML-DSA too", async () => {
  const home = newHome();
  const tokens = join(home, "..", "nss");
  const place = NSS.make(join(home, ".."), "");
  const open = (): Keystore =>
    openFileKeystore({
      home,
      clock: systemClock,
      entropy: systemEntropy,
      token: openToken(plugin, place, TOKEN_PIN),
      residentOnly: true,
      initial: KINDS.map((algorithm) => ({ algorithm, label: algorithm, validity })),
    });
  await open().close();
  const store = open();
  for (const key of store.list()) {
    expect(key.protection, key.algorithm).toBe("hsm-resident");
    if (key.algorithm === "aes-256-gcm") {
      const wrapped = await store.wrap(key.keyId, utf8("data key"), "context");
      expect(await store.unwrap(key.keyId, wrapped, "context")).toEqual(new Uint8Array(utf8("data key")));
      continue;
    }
    const signature = await store.sign(key.keyId, utf8("message"));
    expect(verifySignature(key, utf8("message"), signature), key.algorithm).toBe(true);
    expect(verifySignature(key, utf8("massage"), signature), key.algorithm).toBe(false);
  }
  await expect(store.generate("slh-dsa-sha2-128f", "x", validity)).rejects.toMatchObject({
    code: "KEY_REFUSED",
  });
  await store.close();
  expect(() => openToken(plugin, place, "wrong")).toThrow(
    expect.objectContaining({ code: "KEYSTORE_LOCKED" }),
  );

  // The private halves do not come out, as value or as seed.
  withToken(place, CKU_USER, TOKEN_PIN, (pkcs11, session) => {
    pkcs11.C_FindObjectsInit(session, [{ type: CKA.CLASS, value: CKO.PRIVATE_KEY }]);
    const keys = pkcs11.C_FindObjects(session, 20);
    expect(keys).toHaveLength(5);
    const CKA_SEED = 0x637;
    for (const key of keys)
      for (const type of [CKA.VALUE, CKA_SEED])
        expect(() => pkcs11.C_GetAttributeValue(session, key, [{ type }])).toThrow(
          /CKR_ATTRIBUTE_(SENSITIVE|TYPE_INVALID)/,
        );
  });
  expect(readdirSync(tokens).length).toBeGreaterThan(0);
  for (const name of readdirSync(home))
    expect(readFileSync(join(home, name)).includes(TOKEN_PIN), name).toBe(false);
});
