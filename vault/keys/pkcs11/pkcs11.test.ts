/**
 * Tests with real tokens. Any token that is initialised can be named by ARQON_PKCS11_MODULE (path), _LABEL and _PIN, and
 * the algorithms it must hold by ARQON_PKCS11_RESIDENT (e.g. "ed25519,ml-dsa-65").
 * SoftHSM: `apt-get install softhsm2` and `npm install --no-save pkcs11js`; tokens of the test's own are made in it. What is not there is left
 * out, and the report says so.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { openVault } from "../../open.ts";
import { writePolicy } from "../../policy.ts";
import { temporaryHomes, testDraft } from "../../testing/index.ts";
import { describeKeystore } from "../describe-keystore.ts";
import { isKeyAlgorithm, openIsolatedKeystore } from "../index.ts";
import type { TokenPlace } from "../token.ts";
import { findPkcs11, loadPkcs11 } from "./binding.ts";
import { CKA, CKF, CKO, CKU_USER } from "./codes.ts";

const newHome = temporaryHomes(afterEach);
const PIN = "31415926";
const LIBRARIES = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
  "/usr/lib64/pkcs11/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];
const library = LIBRARIES.find((path) => existsSync(path));
const plugin = (() => {
  try {
    return findPkcs11();
  } catch {
    return undefined;
  }
})();
const {
  ARQON_PKCS11_MODULE: named,
  ARQON_PKCS11_LABEL: label = "",
  ARQON_PKCS11_PIN: pin = "",
} = process.env;
// One library has one configuration in a process: a token that is named is tested instead of tokens made here.
const wants = [!plugin && "pkcs11js", !library && "softhsm2", named && "an environment that names no token"];
const missing = wants.filter(Boolean).join(" and ");

/** Tokens of their own for the tests, in a directory that is gone afterwards. */
const directory = mkdtempSync(join(tmpdir(), "arqon-tokens-"));
if (!named) process.env["SOFTHSM2_CONF"] = join(directory, "softhsm2.conf");
mkdirSync(join(directory, "tokens"));
writeFileSync(
  join(directory, "softhsm2.conf"),
  `directories.tokendir = ${directory}/tokens\nlog.level = ERROR\n`,
);
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let made = 0;

function newToken(): TokenPlace {
  const label = `arqon-${made++}`;
  execFileSync("softhsm2-util", ["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN]);
  return { module: library ?? "", label };
}

test("a token that is not there, or no plug-in, is said with its code and its remedy", async () => {
  const place = { module: "/nowhere/lib.so", label: "x" };
  await expect(
    openIsolatedKeystore({ home: newHome(), passphrase: PIN, token: place }),
  ).rejects.toMatchObject({
    code: "KEYSTORE_UNAVAILABLE",
  });
});

if (missing) test.skip(`left out: tests with a real token, for want of ${missing}`, () => {});

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

describe.skipIf(missing)("SoftHSM", () => {
  describeKeystore("SoftHSM token with the rest sealed by it, in an isolated process", async () => {
    const [home, token] = [newHome(), newToken()];
    const open = () => openIsolatedKeystore({ home, passphrase: PIN, token });
    const store = await open();
    return { store, reopen: open, dispose: () => store.close() };
  });

  test("Ed25519, ECDSA and AES keys are in the token, post-quantum ones sealed by it, and labelled so", async () => {
    const [home, token] = [newHome(), newToken()];
    const store = await openIsolatedKeystore({ home, passphrase: PIN, token });
    const life = { notBeforeUs: 0, notAfterUs: 200 * 366 * 86_400_000_000 };
    for (const algorithm of ["ed25519", "ecdsa-p256", "aes-256-gcm", "ml-dsa-65", "ml-kem-768"] as const)
      await store.generate(algorithm, "x", life);
    expect(store.list().map(({ algorithm, protection }) => `${algorithm} ${protection}`)).toEqual([
      "ed25519 hsm-resident",
      "ecdsa-p256 hsm-resident",
      "aes-256-gcm hsm-resident",
      "ml-dsa-65 software-sealed",
      "ml-kem-768 software-sealed",
    ]);
    await store.close();
    expect(readdirSync(home)).toEqual(["keystore.json"]);
    const strict = await openIsolatedKeystore({ home, passphrase: PIN, token, residentOnly: true });
    await expect(strict.generate("ml-dsa-65", "y", life)).rejects.toMatchObject({ code: "KEY_REFUSED" });
    await strict.close();
  });

  test("the token gives no private key out", async () => {
    const [home, token] = [newHome(), newToken()];
    const store = await openIsolatedKeystore({ home, passphrase: PIN, token });
    await store.generate("ed25519", "x", { notBeforeUs: 0, notAfterUs: 1e15 });
    await store.close();
    const pkcs11 = loadPkcs11(plugin as string, token.module);
    pkcs11.C_Initialize({ flags: CKF.LIBRARY_OS_LOCKING });
    const slot = pkcs11
      .C_GetSlotList(true)
      .find((one) => pkcs11.C_GetTokenInfo(one).label.trim() === token.label);
    const session = pkcs11.C_OpenSession(slot as Uint8Array, CKF.RW_SERIAL_SESSION);
    pkcs11.C_Login(session, CKU_USER, PIN);
    for (const type of [CKO.PRIVATE_KEY, CKO.SECRET_KEY]) {
      pkcs11.C_FindObjectsInit(session, [{ type: CKA.CLASS, value: type }]);
      const keys = pkcs11.C_FindObjects(session, 9);
      pkcs11.C_FindObjectsFinal(session);
      expect(keys).toHaveLength(1);
      expect(() => pkcs11.C_GetAttributeValue(session, keys[0] as Uint8Array, [{ type: CKA.VALUE }])).toThrow(
        "CKR_ATTRIBUTE_SENSITIVE",
      );
    }
    pkcs11.C_Finalize();
  });

  test("a wrong PIN, another token and a missing one are refused, each with its code", async () => {
    const [home, token] = [newHome(), newToken()];
    await (await openIsolatedKeystore({ home, passphrase: PIN, token })).close();
    const open = (passphrase: string, place: TokenPlace) =>
      openIsolatedKeystore({ home, passphrase, token: place });
    await expect(open("00000000", token)).rejects.toMatchObject({
      code: "KEYSTORE_LOCKED",
      message: expect.stringContaining("PIN is wrong"),
    });
    await expect(open(PIN, newToken())).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
    await expect(open(PIN, { ...token, label: "nobody" })).rejects.toMatchObject({
      code: "KEYSTORE_UNAVAILABLE",
    });
    await expect(openIsolatedKeystore({ home, passphrase: PIN })).rejects.toMatchObject({
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
