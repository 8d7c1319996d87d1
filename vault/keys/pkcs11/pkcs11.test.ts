/**
 * A vault whose keys are in a token. Any token that is initialised can be named by ARQON_PKCS11_MODULE (path), _LABEL and _PIN,
 * and the algorithms it must hold by ARQON_PKCS11_RESIDENT (e.g. "ed25519,ml-dsa-65"): the contract then runs on it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { afterEach, describe, expect, test } from "vitest";
import { openVault } from "../../open.ts";
import { writePolicy } from "../../policy.ts";
import { temporaryHomes, testDraft } from "../../testing/index.ts";
import { describeKeystore } from "../describe-keystore.ts";
import { isKeyAlgorithm, openIsolatedKeystore } from "../index.ts";
import type { TokenPlace } from "../token.ts";
import { CKA, CKO, CKU_USER } from "./codes.ts";
import { SOFTHSM, softhsmLibrary, TOKEN_PIN, tokenPlugin, withToken } from "./make-tokens.ts";

const newHome = temporaryHomes(afterEach);
const PIN = TOKEN_PIN;
const {
  ARQON_PKCS11_MODULE: named,
  ARQON_PKCS11_LABEL: label = "",
  ARQON_PKCS11_PIN: pin = "",
} = process.env;
const plugin = tokenPlugin();
let made = 0;

test("a token that is not there, or no plug-in, is said with its code and its remedy", async () => {
  const place = { module: "/nowhere/lib.so", label: "x" };
  await expect(
    openIsolatedKeystore({ home: newHome(), passphrase: PIN, token: place }),
  ).rejects.toMatchObject({
    code: "KEYSTORE_UNAVAILABLE",
  });
});

if (!named || !plugin)
  test.skip("left out: tests with the token of the environment, which names none", () => {});
else
  describe("token of the environment", () => {
    const place = { module: named, label };
    const open = (home: string) => openIsolatedKeystore({ home, passphrase: pin, token: place });

    describeKeystore(`token "${label}"`, async () => {
      const home = newHome();
      const store = await open(home);
      return { store, reopen: () => open(home), dispose: () => store.close() };
    });

    test("it holds the algorithms that are expected of it", async () => {
      const store = await open(newHome());
      const life = { notBeforeUs: 0, notAfterUs: 200 * 366 * 86_400_000_000 };
      for (const algorithm of (process.env["ARQON_PKCS11_RESIDENT"] ?? "")
        .split(",")
        .filter(isKeyAlgorithm)) {
        const key = await store.generate(algorithm, "resident", life);
        expect(key, algorithm).toMatchObject({ protection: "hsm-resident" });
      }
      await store.close();
    });
  });

// One library has one configuration in a process: a token that is named is tested instead of tokens made here.
describe.skipIf(!softhsmLibrary() || named)("SoftHSM", () => {
  const newToken = (): TokenPlace => SOFTHSM.make(newHome(), `arqon-${made++}`);

  test("the token gives no private key out", async () => {
    const [home, token] = [newHome(), newToken()];
    const store = await openIsolatedKeystore({ home, passphrase: PIN, token });
    await store.generate("ed25519", "x", { notBeforeUs: 0, notAfterUs: 1e15 });
    await store.close();
    withToken(token, CKU_USER, PIN, (pkcs11, session) => {
      for (const type of [CKO.PRIVATE_KEY, CKO.SECRET_KEY]) {
        pkcs11.C_FindObjectsInit(session, [{ type: CKA.CLASS, value: type }]);
        const [key, ...others] = pkcs11.C_FindObjects(session, 9);
        pkcs11.C_FindObjectsFinal(session);
        expect(others).toEqual([]);
        expect(() => pkcs11.C_GetAttributeValue(session, key as Uint8Array, [{ type: CKA.VALUE }])).toThrow(
          "CKR_ATTRIBUTE_SENSITIVE",
        );
      }
    });
  });

  test("a home that another token sealed does not open", async () => {
    const [home, token] = [newHome(), newToken()];
    await (await openIsolatedKeystore({ home, passphrase: PIN, token })).close();
    await expect(openIsolatedKeystore({ home, passphrase: PIN, token: newToken() })).rejects.toMatchObject({
      code: "KEYSTORE_LOCKED",
    });
  });

  test("a vault whose policy names a token seals, rotates, encrypts and verifies", async () => {
    const [home, token] = [newHome(), newToken()];
    writePolicy(home, { keys: { store: "token", token: { ...token } }, encryptAtRest: true });
    const open = () => openVault({ home, clock: systemClock, entropy: systemEntropy, passphrase: PIN });
    const vault = await open();
    const { recordId } = await vault.seal(testDraft(), "x");
    await vault.keys.rotate("vault", { notBeforeUs: 0, notAfterUs: systemClock.nowUs() + 1e12 });
    await vault.seal(testDraft({ seed: 5 }), "y");
    expect(await vault.check()).toEqual([]);
    await vault.close();
    const again = await open();
    expect((await again.bundle(recordId)).size).toBeGreaterThan(5);
    const [first] = again.keys.list();
    expect(first).toMatchObject({ algorithm: "ed25519", protection: "hsm-resident", state: "retired" });
    const user = { tenant: "local", purpose: "test" };
    await expect(again.keys.sign(user, first?.keyId ?? "", utf8("m"))).rejects.toMatchObject({
      code: "KEY_DISABLED",
    });
    await again.close();
    expect(readFileSync(join(home, "keystore.json"), "utf8")).not.toContain(PIN);
  });
});
