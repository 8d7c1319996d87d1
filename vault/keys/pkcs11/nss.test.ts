/**
 * ML-DSA inside a token: NSS softoken 3.116 or newer, named by ARQON_NSS_SOFTOKEN (path of libsoftokn3.so, e.g. of Debian's
 * libnss3), with the plug-in pkcs11js. What is not there is left out, and the report says so.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { afterEach, expect, test } from "vitest";
import { temporaryHomes } from "../../testing/index.ts";
import { type KeyAlgorithm, type Keystore, openFileKeystore } from "../index.ts";
import { verifySignature } from "../use.ts";
import { findPkcs11, loadPkcs11 } from "./binding.ts";
import { CKA, CKF, CKO, CKU_USER } from "./codes.ts";
import { openToken } from "./open-token.ts";

const newHome = temporaryHomes(afterEach);
const library = process.env["ARQON_NSS_SOFTOKEN"];
const plugin = (() => {
  try {
    return findPkcs11();
  } catch {
    return undefined;
  }
})();
const wants = [!plugin && "pkcs11js", !library && "ARQON_NSS_SOFTOKEN"].filter(Boolean).join(" and ");
const PIN = "31415926ab";
const LABEL = "NSS Certificate DB";
const KINDS: readonly KeyAlgorithm[] = [
  "ed25519",
  "ecdsa-p256",
  "ml-dsa-44",
  "ml-dsa-65",
  "ml-dsa-87",
  "aes-256-gcm",
];
const validity = { notBeforeUs: 0, notAfterUs: 200 * 366 * 86_400_000_000 };

interface SecurityOfficer {
  C_InitPIN(session: Uint8Array, pin: string): void;
}

/** A new token in `directory`; its first PIN is set with an officer's empty one. Returns the parameters that open it. */
function initialise(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const parameters = `configdir='sql:${directory}' certPrefix='' keyPrefix='' secmod='secmod.db' flags= `;
  const pkcs11 = loadPkcs11(plugin ?? "", library ?? "");
  pkcs11.C_Initialize({ flags: CKF.LIBRARY_OS_LOCKING, libraryParameters: parameters });
  const slot = pkcs11.C_GetSlotList(true).find((one) => pkcs11.C_GetTokenInfo(one).label.trim() === LABEL);
  const session = pkcs11.C_OpenSession(slot as Uint8Array, CKF.RW_SERIAL_SESSION);
  pkcs11.C_Login(session, 0, "");
  (pkcs11 as unknown as SecurityOfficer).C_InitPIN(session, PIN);
  pkcs11.C_CloseSession(session);
  pkcs11.C_Finalize();
  return parameters;
}

test.skipIf(wants)(
  `every key it can hold is made and used inside NSS softoken, ML-DSA too${wants && ` (needs ${wants})`}`,
  async () => {
    const home = newHome();
    const tokens = join(home, "..", "nss");
    const place = { module: library ?? "", label: LABEL, parameters: initialise(tokens) };
    const open = (): Keystore =>
      openFileKeystore({
        home,
        clock: systemClock,
        entropy: systemEntropy,
        token: openToken(plugin ?? "", place, PIN),
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
    expect(() => openToken(plugin ?? "", place, "wrong")).toThrow(
      expect.objectContaining({ code: "KEYSTORE_LOCKED" }),
    );

    // The private halves do not come out, as value or as seed.
    const pkcs11 = loadPkcs11(plugin ?? "", library ?? "");
    pkcs11.C_Initialize({ flags: CKF.LIBRARY_OS_LOCKING, libraryParameters: place.parameters });
    const slot = pkcs11.C_GetSlotList(true).find((one) => pkcs11.C_GetTokenInfo(one).label.trim() === LABEL);
    const session = pkcs11.C_OpenSession(slot as Uint8Array, CKF.RW_SERIAL_SESSION);
    pkcs11.C_Login(session, CKU_USER, PIN);
    pkcs11.C_FindObjectsInit(session, [{ type: CKA.CLASS, value: CKO.PRIVATE_KEY }]);
    const keys = pkcs11.C_FindObjects(session, 20);
    expect(keys).toHaveLength(5);
    const CKA_SEED = 0x637;
    for (const key of keys)
      for (const type of [CKA.VALUE, CKA_SEED])
        expect(() => pkcs11.C_GetAttributeValue(session, key, [{ type }])).toThrow(
          /CKR_ATTRIBUTE_(SENSITIVE|TYPE_INVALID)/,
        );
    pkcs11.C_CloseSession(session);
    pkcs11.C_Finalize();
    expect(readdirSync(tokens).length).toBeGreaterThan(0);
    for (const name of readdirSync(home))
      expect(readFileSync(join(home, name)).includes(PIN), name).toBe(false);
  },
);
