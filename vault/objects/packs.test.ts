import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { sha256Hex, systemClock } from "@arqon/core/base";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DatabaseBlobs, databaseBlobs } from "./database-blobs.ts";
import { localBlobs, objectStore } from "./index.ts";

let root: string;
let opened: { close(): void }[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "arqon-packs-"));
});
afterEach(() => {
  for (const one of opened) one.close();
  opened = [];
  rmSync(root, { recursive: true });
});
const keep = <T extends { close(): void }>(one: T): T => {
  opened.push(one);
  return one;
};
const pack = (n: number): string => join(root, "packs", String(n));
const blobsHere = async (packBytes?: number): Promise<DatabaseBlobs> =>
  keep(await databaseBlobs(join(root, "small.sqlite"), join(root, "packs"), systemClock, packBytes));
const storeHere = async () => keep(objectStore(await localBlobs(root, systemClock)));
const blob = (n: number, bytes: number) => ({
  name: sha256Hex(Uint8Array.of(n)),
  bytes: new Uint8Array(bytes).fill(n),
});

test("whatever is written, written over and removed, by two at once, each reads what was written last", async () => {
  const step = fc.record({
    n: fc.nat(4),
    bytes: fc.constantFrom(10, 4095, 4096, 9000),
    by: fc.nat(1),
    remove: fc.boolean(),
  });
  const both = [await blobsHere(20_000), await blobsHere(20_000)];
  const kept = new Map<string, Uint8Array>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      for (const [i, { n, bytes, by, remove }] of steps.entries()) {
        const { name } = blob(n, 0);
        const one = { name, bytes: new Uint8Array(bytes).fill(i + 1) };
        if (remove) await both[by]?.remove(name);
        else await both[by]?.write([one]);
        if (remove) kept.delete(name);
        else kept.set(name, one.bytes);
      }
      for (const blobs of both) {
        expect(await blobs.list("")).toEqual([...kept.keys()].sort());
        for (const [name, bytes] of kept) {
          expect(await blobs.read(name)).toEqual(bytes);
          expect((await blobs.stat(name))?.storedBytes).toBe(bytes.length);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test("what was deleted or written over is zeros in its pack, and a pack of nothing else is removed", async () => {
  const blobs = await blobsHere(10_000);
  await blobs.write([blob(1, 5000), blob(2, 5000)]);
  await blobs.write([blob(3, 6000)]);
  expect(readdirSync(join(root, "packs"))).toEqual(["1", "2"]);
  expect(statSync(pack(1)).mode & 0o777).toBe(0o600);
  await blobs.write([{ ...blob(1, 0), bytes: new Uint8Array(7000).fill(9) }]);
  const first = readFileSync(pack(1));
  expect([
    first.subarray(0, 5000).every((byte) => byte === 0),
    first.subarray(5000).every((byte) => byte === 2),
  ]).toEqual([true, true]);
  await blobs.remove(blob(2, 0).name);
  expect(readdirSync(join(root, "packs"))).toEqual(["2"]);
  expect(await blobs.read(blob(3, 0).name)).toEqual(blob(3, 6000).bytes);
});

test("what an interrupted write left behind the last blob is written over, and cut off by a sweep", async () => {
  const blobs = await blobsHere();
  await blobs.write([blob(1, 5000)]);
  appendFileSync(pack(1), new Uint8Array(9000).fill(0xee));
  await blobs.write([blob(2, 5000)]);
  expect(await blobs.read(blob(2, 0).name)).toEqual(blob(2, 5000).bytes);
  await blobs.sweep(0);
  expect(statSync(pack(1)).size).toBe(10_000);
});

test("an object whose pack was cut, altered or taken away is refused, and can be put again", async () => {
  const store = await storeHere();
  const objects = [1, 2, 3].map((n) => blob(n, 6000).bytes);
  const [one = "", two = "", three = ""] = await store.put(objects);
  truncateSync(pack(1), 17_999);
  expect(await store.get(two)).toEqual(objects[1]);
  await expect(store.get(three)).rejects.toMatchObject({
    code: "BUNDLE_TAMPERED",
    message: expect.stringContaining(`${pack(1)}, byte 12000`),
  });
  await store.put(objects);
  expect(await store.get(three)).toEqual(objects[2]);
  opened.pop()?.close();
  rmSync(pack(1));
  const again = await storeHere();
  for (const digest of [one, two, three])
    await expect(again.get(digest)).rejects.toMatchObject({ code: "BUNDLE_TAMPERED" });
  await again.put(objects);
  for (const digest of [one, two, three]) expect((await again.get(digest))?.length).toBe(6000);
});

test("what another thread lays elsewhere and wipes meanwhile is read as it was or as it is, never wiped", async () => {
  const { name } = blob(1, 0);
  const blobs = await blobsHere();
  await blobs.write([{ name, bytes: new Uint8Array(9000).fill(1) }]);
  const code = `
    const { workerData: { module, name, paths } } = require("node:worker_threads");
    (async () => {
      const { databaseBlobs } = await import(module);
      const { systemClock } = await import("@arqon/core/base");
      const blobs = await databaseBlobs(...paths, systemClock);
      for (let i = 0; i < 150; i++) await blobs.write([{ name, bytes: new Uint8Array(9000).fill(1 + (i % 2)) }]);
      blobs.close();
    })();`;
  const module = new URL("./database-blobs.ts", import.meta.url).href;
  const paths = [join(root, "small.sqlite"), join(root, "packs")];
  const seen = new Set<string>();
  const look = async (): Promise<void> => {
    const bytes = await blobs.read(name);
    seen.add(`${bytes?.length} ${bytes?.[0]} ${bytes?.at(-1)}`);
  };
  await look();
  const worker = new Worker(code, { eval: true, workerData: { module, name, paths } });
  let isDone = false;
  const ended = new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));
  const watched = ended.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    for (let i = 0; i < 100; i++) await look();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await watched).toBe(0);
  await look();
  expect([...seen].sort()).toEqual(["9000 1 1", "9000 2 2"]);
});

test("a database that says of a blob what no pack has leads to no bytes, memory or file that were not there", async () => {
  const bytes = new Uint8Array(9000).fill(3);
  for (const lie of ["bytes = -5", `bytes = ${2 ** 26}`, "at = -1", "at = 8999", "pack = 77", "pack = -1"]) {
    const store = await storeHere();
    const [digest = ""] = await store.put([bytes]);
    const db = new DatabaseSync(join(root, "small.sqlite"));
    db.exec(`UPDATE packed SET ${lie}`);
    db.close();
    const got = await store.get(digest).catch((error) => error.code);
    expect([bytes, "BUNDLE_TAMPERED"]).toContainEqual(got);
    await store.put([bytes]);
    expect(await store.get(digest)).toEqual(bytes);
    await store.sweep(0);
    expect(readdirSync(join(root, "packs"))).toEqual(["1"]);
    expect(statSync(pack(1)).size).toBeLessThan(20 * bytes.length);
  }
});
