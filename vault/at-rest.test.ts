import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sha256Hex, systemClock, systemEntropy, toHex } from "@arqon/core/base";
import { verifyBundle } from "@arqon/core/bundle";
import { afterEach, expect, test } from "vitest";
import { sealedCodec } from "./at-rest.ts";
import { openVault, readTrust } from "./front.ts";
import { keyValidity } from "./open-keys.ts";
import { writePolicy } from "./policy.ts";
import { storedObjects, temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const open = (
  home: string,
  more: { passphrase?: string; readOnly?: boolean; encryptAtRest?: boolean } = {},
) => openVault({ home, clock: systemClock, entropy: systemEntropy, ...more });

const filesUnder = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** What a run's files say, and the index too. */
const PLAIN = [
  "OPENQASM",
  "a title for people",
  "sim-test",
  "execution.json",
  "0198c0de-0000-7000-8000",
  '"00":',
];

const leaks = (home: string): string[] =>
  filesUnder(home).flatMap((path) => {
    const bytes = readFileSync(path);
    return PLAIN.filter((text) => bytes.includes(text)).map((text) => `${path}: ${text}`);
  });

test("a vault that encrypts has no plain text on the disk, and everything works as in another", async () => {
  const home = newHome();
  const vault = await open(home, { encryptAtRest: true });
  const sealed = await vault.seal(testDraft(), "a title for people");
  expect(leaks(home)).toEqual([]);
  const other = await open(home);
  expect(await other.find(sealed.artifactId)).toMatchObject({ title: "a title for people" });
  const files = await other.bundle(sealed.recordId);
  expect(await verifyBundle(files, { trust: await readTrust(home) })).toMatchObject({ verdict: "VERIFIED" });
  const second = await other.seal(testDraft({ seed: 7 }), "a title for people");
  expect((await vault.list(9)).map(({ recordId }) => recordId)).toEqual([second.recordId, sealed.recordId]);
  expect([await vault.check(), await other.check()]).toEqual([[], []]);
  await Promise.all([vault.close(), other.close()]);
  const reader = await open(home, { readOnly: true });
  expect(await reader.bundle(sealed.recordId)).toEqual(files);
  expect(await reader.check()).toEqual([]);
  await reader.close();
  expect(leaks(home)).toEqual([]);
});

test("the governance ledger says nothing on the disk of a vault that encrypts, and everything to its keeper, also after a rotation", async () => {
  const home = newHome();
  const vault = await open(home, { encryptAtRest: true });
  await vault.audit({ event: "refused", who: "a title for people" });
  await vault.keys.rotate("at-rest", keyValidity(systemClock));
  await vault.audit({ event: "again", who: "a title for people" });
  expect(leaks(home)).toEqual([]);
  const events = (await vault.auditTail(99)).map(({ event }) => event);
  expect(events).toEqual(expect.arrayContaining(["refused", "keys.rotate", "again"]));
  expect(await vault.check()).toEqual([]);
  await vault.close();
  const reader = await open(home, { readOnly: true });
  expect((await reader.auditTail(99)).length).toBeGreaterThanOrEqual(events.length);
  await reader.close();
  const db = new DatabaseSync(join(home, "governance.sqlite"));
  db.exec("DROP TRIGGER leaf_no_update");
  db.exec("UPDATE leaf SET entry = (SELECT entry FROM leaf WHERE i = 1) WHERE i = 0");
  db.close();
  const spoiled = await open(home);
  expect((await spoiled.check()).length).toBeGreaterThan(0);
  await spoiled.close();
});

test("reading an encrypted vault needs the passphrase", async () => {
  const home = newHome();
  const vault = await open(home, { encryptAtRest: true, passphrase: "correct horse" });
  const { recordId } = await vault.seal(testDraft(), "x");
  await vault.close();
  await expect(open(home, { readOnly: true })).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
  const reader = await open(home, { readOnly: true, passphrase: "correct horse" });
  expect((await reader.bundle(recordId)).size).toBeGreaterThan(5);
  await reader.close();
});

test("after the wrapping key was rotated old objects still open, and new ones are under the new key", async () => {
  const home = newHome();
  const vault = await open(home, { encryptAtRest: true });
  const first = await vault.seal(testDraft(), "one");
  const [key] = (await vault.keys.rotate("at-rest", keyValidity(systemClock))).map(({ keyId }) => keyId);
  await vault.seal(testDraft({ seed: 9 }), "two");
  expect((await vault.bundle(first.recordId)).size).toBeGreaterThan(5);
  expect(await vault.check()).toEqual([]);
  await vault.close();
  using stored = storedObjects(home);
  const heads = stored.names.map((name) => Buffer.from(stored.bytes(name)).toString("latin1").slice(0, 300));
  expect(heads.some((head) => head.includes(key ?? "-"))).toBe(true);
  expect(heads.some((head) => !head.includes(key ?? "-"))).toBe(true);
});

test("what an older key wrapped is put under the newest piece by piece, and the older can be destroyed", async () => {
  const home = newHome();
  const vault = await open(home, { encryptAtRest: true });
  const old = vault.keys.list().find(({ label }) => label === "at-rest")?.keyId ?? "";
  const long: [string, Uint8Array] = ["long.txt", new Uint8Array(200_000)];
  const { recordId } = await vault.seal(testDraft({ record: [long] }), "one");
  await vault.audit({ event: "refused", who: "somebody" });
  const files = await vault.bundle(recordId);
  await vault.keys.rotate("at-rest", keyValidity(systemClock));
  await vault.seal(testDraft({ seed: 9 }), "two");
  const renewed = await vault.encryptObjects();
  expect(renewed.renewedObjects).toBeGreaterThan(1);
  expect(renewed.renewedObjects).toBeLessThan(renewed.objects);
  expect(renewed.renewedEntries).toBeGreaterThan(0);
  expect(await vault.encryptObjects()).toMatchObject({ renewedObjects: 0, renewedEntries: 0 });
  await vault.keys.disable(old, "nothing is under it any more");
  await vault.close();
  const again = await open(home);
  expect(await again.bundle(recordId)).toEqual(files);
  expect((await again.auditTail(99)).some(({ who }) => who === "somebody")).toBe(true);
  expect(await again.check()).toEqual([]);
  await again.close();
  for (const path of filesUnder(home).filter((each) => !each.endsWith("keystore.json")))
    expect(readFileSync(path).includes(old), path).toBe(false);
});

test("a damaged object stays as it is, and holds up no other", async () => {
  const home = newHome();
  const vault = await open(home, { encryptAtRest: true });
  for (const seed of [1, 2]) await vault.seal(testDraft({ seed }), `run ${seed}`);
  {
    using stored = storedObjects(home);
    const [name = ""] = stored.names;
    stored.alter(name, stored.bytes(name).slice(0, -1));
  }
  await vault.keys.rotate("at-rest", keyValidity(systemClock));
  const { objects, renewedObjects, damagedObjects } = await vault.encryptObjects();
  expect([renewedObjects, damagedObjects]).toEqual([objects - 1, 1]);
  expect((await vault.check()).length).toBeGreaterThan(0);
  await vault.close();
});

test("a vault that begins to encrypt later turns its old objects and forgets the plain index", async () => {
  const home = newHome();
  const plain = await open(home);
  const { recordId } = await plain.seal(testDraft(), "a title for people");
  await plain.seal(testDraft({ seed: 2 }), "another");
  await plain.audit({ event: "refused", who: "a title for people" });
  await plain.close();
  expect(leaks(home).join()).toContain("governance.sqlite");
  writePolicy(home, { encryptAtRest: true });
  const vault = await open(home);
  expect(await vault.encryptObjects()).toMatchObject({ objects: 2, renewedObjects: 2 });
  expect(await vault.encryptObjects()).toMatchObject({ objects: 2, renewedObjects: 0, renewedEntries: 0 });
  expect(leaks(home)).toEqual([]);
  expect((await vault.bundle(recordId)).size).toBeGreaterThan(5);
  expect((await vault.auditTail(1))[0]).toMatchObject({ event: "objects.encrypt" });
  expect((await vault.auditTail(99)).some(({ who }) => who === "a title for people")).toBe(true);
  expect(await vault.check()).toEqual([]);
  await vault.close();
});

test("an encrypted object that was altered, cut or exchanged is found by name", async () => {
  const home = newHome();
  const vault = await open(home, { encryptAtRest: true });
  const long: [string, Uint8Array] = ["long.txt", new Uint8Array(20_000)];
  const { recordId } = await vault.seal(testDraft({ record: [long] }), "x");
  using stored = storedObjects(home);
  const { names } = stored;
  expect(names).toHaveLength(2);
  const originals = names.map((name) => Buffer.from(stored.bytes(name)));
  const spoil = (i: number, bytes: Uint8Array): void => stored.alter(names[i] as string, bytes);
  for (const [i, bytes] of originals.entries()) {
    const flipped = Uint8Array.from(bytes);
    flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] as number) ^ 1;
    for (const bad of [flipped, bytes.subarray(0, -1), originals[(i + 1) % originals.length] as Buffer]) {
      spoil(i, bad);
      expect((await vault.check()).length, names[i]).toBeGreaterThan(0);
    }
    spoil(i, bytes);
  }
  expect(await vault.check()).toEqual([]);
  expect((await vault.bundle(recordId)).size).toBeGreaterThan(5);
  await vault.close();
});

test("an object that is a sealed file itself is read as it lies there from before, in pieces of any size", async () => {
  const held = new Map<string, Uint8Array>();
  const codec = sealedCodec(
    {
      async wrap(dataKey) {
        const wrapped = systemEntropy(16);
        held.set(toHex(wrapped), dataKey.slice());
        return { keyId: "k", wrapped };
      },
      unwrap: async (_, wrapped) => held.get(toHex(wrapped))?.slice() ?? new Uint8Array(32),
      isNewest: () => true,
    },
    systemEntropy,
  );
  const plain = systemEntropy(50_000);
  const object = await codec.encode(plain, sha256Hex(plain));
  const digest = sha256Hex(object);
  const inPieces = async function* (bytes: Uint8Array, length: number): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
  };
  const decoded = async (stored: Uint8Array, name: string, length: number): Promise<boolean> =>
    Buffer.concat(await Array.fromAsync(codec.decodeLong(inPieces(stored, length), name))).equals(
      name === digest ? object : plain,
    );
  const encoded = await codec.encode(object, digest);
  for (const length of [3, 4096, 1e6]) {
    expect(await decoded(object, digest, length)).toBe(true);
    expect(await decoded(encoded, digest, length)).toBe(true);
    expect(await decoded(object, sha256Hex(plain), length)).toBe(true);
    expect(await decoded(plain, sha256Hex(plain), length)).toBe(true);
  }
  expect(await Array.fromAsync(codec.decodeLong(inPieces(new Uint8Array(), 1), digest))).toEqual([
    new Uint8Array(),
  ]);
});

test("what is being sealed when everything is put under the newest key is put under it too", async () => {
  const home = newHome();
  const sealing = await open(home, { encryptAtRest: true });
  await sealing.seal(testDraft(), "one");
  await sealing.keys.rotate("at-rest", keyValidity(systemClock));
  const renewing = await open(home);
  const { done } = await sealing.logs.runs.exclusive(async () => {
    // As if the last of its objects, under the key of before, had still to be stored.
    using stored = storedObjects(home);
    const [name = ""] = stored.names;
    const bytes = Uint8Array.from(stored.bytes(name));
    stored.remove(name);
    const done = renewing.encryptObjects();
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    stored.alter(name, bytes);
    return { done };
  });
  const { objects, renewedObjects } = await done;
  expect(renewedObjects).toBe(objects);
  expect(await renewing.encryptObjects()).toMatchObject({ objects, renewedObjects: 0 });
  expect(await renewing.check()).toEqual([]);
  await Promise.all([sealing.close(), renewing.close()]);
});
