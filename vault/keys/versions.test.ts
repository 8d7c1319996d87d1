import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBase64, ManualTime, sha256Hex, systemEntropy, utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KEY_ALGORITHMS } from "./algorithms.ts";
import { openFileKeystore, readKeystoreKeys } from "./index.ts";
import { formatKeystore, parseKeystore, type StoredKey } from "./keystore-file.ts";
import { deriveSealKeys } from "./seal-key.ts";
import { verifySignature } from "./use.ts";

const clock = new ManualTime();
const life = { notBeforeUs: clock.nowUs(), notAfterUs: clock.nowUs() + 1e12 };
const initial = (["ed25519", "ml-dsa-65"] as const).map((algorithm) => ({
  algorithm,
  label: "vault",
  validity: life,
}));
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "arqon-versions-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));
const path = () => join(home, "keystore.json");
const open = () => openFileKeystore({ home, clock, entropy: systemEntropy, initial });

/** The keystore as programs before version 2 wrote it. */
function turnToVersion1(): void {
  open();
  const file = parseKeystore(readFileSync(path()), "keystore");
  const { mac } = deriveSealKeys(
    { kind: "credential", credential: readFileSync(join(home, "credential")) },
    file.salt,
  );
  writeFileSync(path(), formatKeystore({ ...file, version: 1 }, mac));
}

test("a keystore of version 1 opens, signs, stays as it is while it is read, and becomes version 2 by a rotation", async () => {
  turnToVersion1();
  const before = readFileSync(path(), "utf8");
  expect(JSON.parse(before)).toMatchObject({ schema: "arqonbus.keystore.v1" });
  expect(before).not.toContain('"state"');
  const store = open();
  const [key] = store.list();
  if (!key) throw new TypeError("no key");
  expect(key.state).toBe("active");
  expect(verifySignature(key, utf8("m"), await store.sign(key.keyId, utf8("m")))).toBe(true);
  expect(readFileSync(path(), "utf8")).toBe(before);
  await store.prepare("vault", life);
  await store.activate("vault");
  expect(JSON.parse(readFileSync(path(), "utf8"))).toMatchObject({ schema: "arqonbus.keystore.v2" });
  expect(
    open()
      .list()
      .map(({ state }) => state),
  ).toEqual(["retired", "retired", "active", "active"]);
});

test("a version 1 file with fields or algorithms of version 2 is refused", async () => {
  turnToVersion1();
  const text = readFileSync(path(), "utf8");
  for (const [from, to] of [
    ['"algorithm":"ed25519"', '"algorithm":"ecdsa-p256"'],
    ['"name":"credential"', '"name":"token"'],
    ["keystore.v1", "keystore.v2"],
    ["keystore.v1", "keystore.v3"],
  ] as const) {
    writeFileSync(path(), text.replace(from, to));
    expect(open, to).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
  }
});

test("a state that was changed in the file is refused: a disabled key stays disabled", async () => {
  const store = open();
  const [key] = store.list();
  await store.disable(key?.keyId ?? "");
  const text = readFileSync(path(), "utf8");
  writeFileSync(path(), text.replace('"state":"disabled"', '"state":"active"'));
  expect(open).toThrow(expect.objectContaining({ code: "KEYSTORE_LOCKED" }));
  writeFileSync(path(), text);
  expect(open().list()[0]?.state).toBe("disabled");
});

test("whatever keys a version 2 file holds come back as they were", () => {
  const spki = fc.uint8Array({ minLength: 32, maxLength: 60 });
  const time = fc
    .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
    .map((at) => at.toISOString());
  const key = fc.record({
    algorithm: fc.constantFrom(...KEY_ALGORITHMS),
    label: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
    notBefore: time,
    notAfter: time,
    state: fc.constantFrom("pending", "active", "retired", "disabled"),
    sealed: spki,
  });
  const mac = new Uint8Array(32);
  fc.assert(
    fc.property(fc.array(fc.tuple(key, spki), { maxLength: 4 }), (made) => {
      const keys = made.map(([one, bytes]) => ({ ...one, spki: bytes })) as Omit<
        StoredKey,
        "keyId" | "protection"
      >[];
      const file = { version: 2, derivation: "credential", salt: new Uint8Array(32) } as const;
      const bytes = formatKeystore({ ...file, keys: keys.map(withId) }, mac);
      const parsed = parseKeystore(bytes, "keystore");
      expect(formatKeystore(parsed, mac)).toEqual(bytes);
      expect(parsed.keys).toEqual(keys.map(withId));
    }),
    { numRuns: 50 },
  );
});

function withId(key: Omit<StoredKey, "keyId" | "protection">): StoredKey {
  return { ...key, keyId: `sha256:${sha256Hex(key.spki)}`, protection: "software-sealed" };
}

test("what is listed without opening the keystore tells no secret", async () => {
  const store = open();
  await store.generate("aes-256-gcm", "wrap", life);
  const sealed = (JSON.parse(readFileSync(path(), "utf8")) as { keys: { sealed: string }[] }).keys;
  const listed = JSON.stringify(readKeystoreKeys(home));
  for (const { sealed: secret } of sealed) {
    expect(fromBase64(secret).length).toBeGreaterThan(40);
    expect(listed.includes(secret)).toBe(false);
  }
});
