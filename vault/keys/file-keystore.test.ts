import { generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concatBytes, type Entropy, fromUtf8, ManualTime, systemEntropy, utf8 } from "@arqon/core/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFileKeystore, readKeystoreKeys } from "./index.ts";
import type { KeyToken } from "./token.ts";

const clock = new ManualTime();
const YEAR_US = 365 * 86_400_000_000;
const validity = { notBeforeUs: clock.nowUs(), notAfterUs: clock.nowUs() + YEAR_US };
const initial = (["ed25519", "ml-dsa-65"] as const).map((algorithm) => ({
  algorithm,
  label: "vault",
  validity,
}));
let home: string;

beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), "arqon-keys-")), "home");
});
afterEach(() => rmSync(join(home, ".."), { recursive: true, force: true }));

const open = (passphrase?: string, entropy: Entropy = systemEntropy) =>
  openFileKeystore({ home, clock, entropy, initial, ...(passphrase === undefined ? {} : { passphrase }) });

test("both suites sign, and what they sign verifies under the listed public keys", async () => {
  const store = open();
  expect(store.list().map((key) => key.algorithm)).toEqual(["ed25519", "ml-dsa-65"]);
  const message = utf8("message");
  for (const key of store.list()) {
    const signature = await store.sign(key.keyId, message);
    const spki = { key: Buffer.from(key.spki), format: "der", type: "spki" } as const;
    expect(verify(null, message, spki, signature)).toBe(true);
    expect(verify(null, utf8("massage"), spki, signature)).toBe(false);
    expect(key.protection).toBe("software-sealed");
  }
});

test("a keystore opened again has the same keys, and keeps one that was added", async () => {
  const first = open();
  const added = await first.generate("ed25519", "witness", validity);
  expect(open().list()).toEqual(first.list());
  expect(readKeystoreKeys(home)).toEqual(first.list());
  await expect(open().sign(added.keyId, utf8("x"))).resolves.toHaveLength(64);
});

test("a wrong, missing or unexpected passphrase is refused", () => {
  open("correct horse");
  expect(() => open("correct house")).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
  expect(() => open()).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
  expect(open("correct horse").list()).toHaveLength(2);
  rmSync(home, { recursive: true });
  open();
  expect(() => open("correct horse")).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
  writeFileSync(join(home, "credential"), new Uint8Array(32));
  expect(() => open()).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
  rmSync(join(home, "credential"));
  expect(() => open()).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
});

test("every altered byte of the file is noticed", () => {
  open();
  const path = join(home, "keystore.json");
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at += 37) {
    const altered = Uint8Array.from(bytes);
    altered[at] = (altered[at] as number) ^ 1;
    writeFileSync(path, altered);
    expect(() => open(), `byte ${at}`).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
  }
  const longer = fromUtf8(bytes).replace(/"notAfter":"20\d\d/, '"notAfter":"2999');
  writeFileSync(path, longer);
  expect(() => open()).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
  writeFileSync(path, bytes);
  expect(open().list()).toHaveLength(2);
});

test("no seed of a private key is in any file, nor in anything the keystore returns", async () => {
  const seeds: Uint8Array[] = [];
  const entropy: Entropy = (bytes) => {
    const made = systemEntropy(bytes);
    if (bytes === 32) seeds.push(made.slice());
    return made;
  };
  const store = open("pass", entropy);
  const salt = Buffer.from(JSON.parse(readFileSync(join(home, "keystore.json"), "utf8")).kdf.salt, "base64");
  const secret = seeds.filter((seed) => !salt.equals(seed));
  expect(secret).toHaveLength(2);
  const everything = [
    ...readdirSync(home).map((name) => readFileSync(join(home, name))),
    Buffer.from(
      JSON.stringify(store.list().map((key) => ({ ...key, spki: Buffer.from(key.spki).toString("hex") }))),
    ),
    Buffer.from(JSON.stringify(store)),
  ];
  for (const seed of secret)
    for (const bytes of everything) {
      expect(bytes.includes(seed)).toBe(false);
      expect(bytes.includes(Buffer.from(seed).toString("hex"))).toBe(false);
      expect(bytes.includes(Buffer.from(seed).toString("base64").slice(0, 40))).toBe(false);
    }
});

test("files are for the owner alone, and a readable one is refused", () => {
  open();
  expect(statSync(home).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(home)) expect(statSync(join(home, name)).mode & 0o777, name).toBe(0o600);
  expect(readdirSync(home).sort()).toEqual(["credential", "keystore.json"]);
  chmodSync(join(home, "credential"), 0o644);
  expect(() => open()).toThrow(expect.objectContaining({ code: "FILE_UNREADABLE" }));
});

test("a key signs only while it is valid", async () => {
  const store = open();
  const late = await store.generate("ed25519", "late", {
    notBeforeUs: clock.nowUs() + 1e6,
    notAfterUs: clock.nowUs() + 2e6,
  });
  await expect(store.sign(late.keyId, utf8("x"))).rejects.toMatchObject({ code: "KEY_EXPIRED" });
  clock.advance(1000);
  await expect(store.sign(late.keyId, utf8("x"))).resolves.toHaveLength(64);
  clock.advance(1000);
  await expect(store.sign(late.keyId, utf8("x"))).rejects.toMatchObject({ code: "KEY_EXPIRED" });
  await expect(store.sign("sha256:00", utf8("x"))).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
});

test("a writer that missed another writer's key refuses to overwrite it", async () => {
  const mine = open();
  const theirs = open();
  await theirs.generate("ed25519", "theirs", validity);
  await expect(mine.generate("ed25519", "mine", validity)).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
  expect(open().list()).toHaveLength(3);
});

test("what a token can hold is made and used in it, and what does not work is not listed", async () => {
  const held = new Map<string, KeyObject>();
  let broken = false;
  const token: KeyToken = {
    supports: (algorithm) => algorithm === "ml-dsa-65",
    generate(_, __, tokenId) {
      const { privateKey, publicKey } = generateKeyPairSync("ml-dsa-65");
      held.set(tokenId, privateKey);
      return { tokenId, spki: new Uint8Array(publicKey.export({ type: "spki", format: "der" })) };
    },
    sign: (tokenId, _, message) =>
      broken ? new Uint8Array(3309) : new Uint8Array(sign(null, message, held.get(tokenId) as KeyObject)),
    encrypt: (_, nonce, plain) => concatBytes(nonce, plain),
    decrypt: (_, sealed) => sealed.slice(12),
    remove: (tokenId) => void held.delete(tokenId),
    decapsulate: () => new Uint8Array(32),
    close: () => held.clear(),
  };
  const openWith = () => openFileKeystore({ home, clock, entropy: systemEntropy, initial, token });
  const store = openWith();
  expect(store.list().map(({ protection }) => protection)).toEqual(["software-sealed", "hsm-resident"]);
  const key = store.list()[1];
  if (!key) throw new TypeError("no key");
  const spki = { key: Buffer.from(key.spki), format: "der", type: "spki" } as const;
  expect(verify(null, utf8("m"), spki, await store.sign(key.keyId, utf8("m")))).toBe(true);
  broken = true;
  const before = held.size;
  await expect(store.generate("ml-dsa-65", "broken", validity)).rejects.toMatchObject({
    code: "KEYSTORE_UNAVAILABLE",
  });
  expect(openWith().list()).toHaveLength(2);
  expect(held.size, "what is not listed is not left in the token").toBe(before);
  broken = false;
  const stale = openWith();
  await openWith().generate("ed25519", "again", validity);
  const size = held.size;
  await expect(stale.generate("ml-dsa-65", "lost", validity)).rejects.toMatchObject({
    code: "KEYSTORE_LOCKED",
  });
  expect(held.size).toBe(size);
  // Without the token the file does not open: it sealed the file too.
  expect(() => open()).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
  await store.close();
});
