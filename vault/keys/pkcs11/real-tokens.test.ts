/**
 * The isolated keystore over every token implementation that is installed: SoftHSM, NSS softoken and Kryoptic. Keys the token
 * cannot hold are sealed by it and work in the signer process alone. `tests/tokens/install` gets all three.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "@arqon/core/base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporaryHomes } from "../../testing/index.ts";
import { describeKeystore } from "../describe-keystore.ts";
import { encapsulateTo, KEY_ALGORITHMS, type KeyAlgorithm, openIsolatedKeystore } from "../index.ts";
import { deriveSealKeys, openBytes } from "../seal-key.ts";
import type { TokenPlace } from "../token.ts";
import {
  countKeys,
  KRYOPTIC,
  kryopticLibrary,
  NSS,
  nssLibrary,
  nssPlace,
  SOFTHSM,
  softhsmLibrary,
  TOKEN_PIN,
} from "./make-tokens.ts";

const newHome = temporaryHomes(afterEach);
const passphrase = TOKEN_PIN;
const life = { notBeforeUs: 0, notAfterUs: 200 * 366 * 86_400_000_000 };
const initial = (["ed25519", "ml-dsa-65", "slh-dsa-sha2-128f"] as const).map((algorithm) => ({
  algorithm,
  label: "x",
  validity: life,
}));

interface Subject {
  readonly maker: typeof NSS;
  readonly found: string | undefined;
  readonly resident: readonly KeyAlgorithm[];
  /** Wrong PINs after which it takes the right one no more; `undefined` where it goes on for ever. */
  readonly locksAfter?: number;
}

const AES_EC: readonly KeyAlgorithm[] = ["ecdsa-p256", "aes-256-gcm"];
const SUBJECTS: readonly Subject[] = [
  { maker: SOFTHSM, found: softhsmLibrary(), resident: ["ed25519", ...AES_EC] },
  {
    maker: NSS,
    found: nssLibrary(),
    resident: [
      "ed25519",
      ...AES_EC,
      "ml-dsa-44",
      "ml-dsa-65",
      "ml-dsa-87",
      "ml-kem-512",
      "ml-kem-768",
      "ml-kem-1024",
    ],
  },
  {
    maker: KRYOPTIC,
    found: kryopticLibrary(),
    // What the tests install is built on the system's OpenSSL; one that is named, on 3.5 or newer and with its feature "pqc".
    resident: process.env["ARQON_KRYOPTIC"] ? KEY_ALGORITHMS : AES_EC,
    locksAfter: 10,
  },
];

describe.each(SUBJECTS.filter(({ found }) => found))("$maker.name", ({ maker, resident, locksAfter }) => {
  let home: string;
  let token: TokenPlace;
  let made = 0;
  const place = (): TokenPlace => maker.make(join(home, "..", `token-${made}`), `arqon-${made++}`);
  const open = (pin = passphrase, more: object = {}) =>
    openIsolatedKeystore({ home, passphrase: pin, token, ...more });
  beforeEach(() => {
    home = newHome();
    token = place();
  });

  describeKeystore(`${maker.name}, with the rest sealed by it in an isolated process`, async () => {
    const store = await open();
    // SLH-DSA in its slow form is the file keystore's affair: no token here holds it.
    const algorithms = KEY_ALGORITHMS.filter((one) => one !== "slh-dsa-sha2-128s");
    return { store, algorithms, reopen: () => open(), dispose: () => store.close() };
  });

  test("keys it can hold are in it, the others are sealed by it, and each is called what it is", async () => {
    const store = await open();
    const asked: KeyAlgorithm[] = ["ed25519", ...AES_EC, "ml-dsa-65", "ml-kem-768", "slh-dsa-sha2-128f"];
    for (const algorithm of asked) {
      const { protection } = await store.generate(algorithm, algorithm, life);
      expect(protection, algorithm).toBe(resident.includes(algorithm) ? "hsm-resident" : "software-sealed");
    }
    await store.close();
    // One root key, and what is resident; a pair counts twice where both halves are found.
    expect(countKeys(token)).toBeGreaterThan(asked.filter((one) => resident.includes(one)).length);
  });

  const holdsAll = resident.length === KEY_ALGORITHMS.length;
  test.skipIf(holdsAll)(
    "a sealed key is not in the file in the open, nor does a guess of the PIN open its seal",
    async () => {
      const store = await open(passphrase, { initial });
      const sealed = store.list().filter(({ protection }) => protection === "software-sealed");
      expect(sealed.map(({ algorithm }) => algorithm)).toContain("slh-dsa-sha2-128f");
      await store.close();
      const file = JSON.parse(readFileSync(join(home, "keystore.json"), "utf8"));
      expect(file.kdf.name).toBe("token");
      const guess = deriveSealKeys(
        { kind: "token", root: utf8(TOKEN_PIN) },
        Buffer.from(file.kdf.salt, "base64"),
      );
      for (const key of file.keys.filter((one: { sealed: string }) => one.sealed !== ""))
        expect(() => openBytes(guess.seal, Buffer.from(key.sealed, "base64"), "x")).toThrow();
      expect(JSON.stringify(file)).not.toContain(TOKEN_PIN);
    },
  );

  test("a wrong PIN, an absent token and no PIN at all are refused, each with its code, and change nothing", async () => {
    await (await open(passphrase, { initial })).close();
    const before = [readFileSync(join(home, "keystore.json")), countKeys(token)];
    const locked = { code: "KEYSTORE_LOCKED" };
    await expect(open("00000000")).rejects.toMatchObject({
      ...locked,
      message: expect.stringContaining("PIN is wrong"),
    });
    await expect(open("")).rejects.toMatchObject(locked);
    await expect(openIsolatedKeystore({ home })).rejects.toMatchObject(locked);
    const absent = { code: "KEYSTORE_UNAVAILABLE" };
    await expect(open(passphrase, { token: { ...token, label: "nobody" } })).rejects.toMatchObject(absent);
    await expect(open(passphrase, { token: { ...token, module: "/no/lib.so" } })).rejects.toMatchObject(
      absent,
    );
    const store = await open();
    const [key] = store.list();
    await expect(store.sign("sha256:00", utf8("m"))).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
    await expect(store.wrap(key?.keyId ?? "", utf8("m"), "c")).rejects.toMatchObject({ code: "KEY_REFUSED" });
    await store.close();
    expect([readFileSync(join(home, "keystore.json")), countKeys(token)]).toEqual(before);
    expect(readdirSync(home)).toEqual(["keystore.json"]);
  });

  test.skipIf(holdsAll)(
    "a home that may not be made leaves nothing: no file, and no key in the token",
    async () => {
      const refused = open(passphrase, { initial, residentOnly: true });
      await expect(refused).rejects.toMatchObject({ code: "KEY_REFUSED" });
      expect(readdirSync(home)).toEqual([]);
      expect(countKeys(token)).toBe(0);
    },
  );

  test("an expired key in it signs no more", async () => {
    const store = await open();
    const key = await store.generate("ecdsa-p256", "old", { notBeforeUs: 0, notAfterUs: 86_400_000_000 });
    await expect(store.sign(key.keyId, utf8("m"))).rejects.toMatchObject({ code: "KEY_EXPIRED" });
    await store.close();
  });

  test(
    locksAfter
      ? `its PIN is really locked after ${locksAfter} wrong ones: TOKEN_LOCKED, for the right one too`
      : "it locks no PIN: after a dozen wrong ones the right one opens it",
    async () => {
      await (await open(passphrase, { initial })).close();
      const file = readFileSync(join(home, "keystore.json"));
      const messages: string[] = [];
      for (let i = 0; i < (locksAfter ?? 12); i++)
        messages.push(
          await open(`wrong-${i}`).then(
            () => "open",
            ({ code, message }) => `${code}: ${message}`,
          ),
        );
      expect(messages.slice(0, -2).every((one) => one.startsWith("KEYSTORE_LOCKED"))).toBe(true);
      if (locksAfter === undefined) await (await open()).close();
      else {
        expect(messages.at(-2)).toContain("the next wrong one locks the token");
        await expect(open()).rejects.toMatchObject({ code: "TOKEN_LOCKED" });
      }
      expect(readFileSync(join(home, "keystore.json"))).toEqual(file);
    },
  );
});

test.skipIf(!nssLibrary())("a token without a PIN holds no keys of ours", async () => {
  const home = newHome();
  const token = nssPlace(join(home, "..", "nss"));
  for (const passphrase of [undefined, "", TOKEN_PIN])
    await expect(
      openIsolatedKeystore({ home, token, initial, ...(passphrase !== undefined && { passphrase }) }),
    ).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
  expect(readdirSync(home)).toEqual([]);
});

test.skipIf(!nssLibrary())("ML-KEM is made and used inside NSS softoken", async () => {
  const home = newHome();
  const token = NSS.make(join(home, ".."), "");
  const store = await openIsolatedKeystore({ home, passphrase, token, residentOnly: true });
  for (const algorithm of ["ml-kem-512", "ml-kem-768", "ml-kem-1024"] as const) {
    const key = await store.generate(algorithm, algorithm, life);
    expect(key.protection).toBe("hsm-resident");
    const objects = countKeys(token);
    for (let i = 0; i < 20; i++) {
      const { secret, ciphertext } = encapsulateTo(key);
      expect(await store.decapsulate(key.keyId, ciphertext)).toEqual(secret);
    }
    expect(countKeys(token)).toBe(objects);
  }
  await store.close();
});
