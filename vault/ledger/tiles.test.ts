import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromUtf8, systemClock, utf8 } from "@arqon/core/base";
import { leafHash, nodeHash, parseCheckpoint, tilePath } from "@arqon/core/proof";
import { afterEach, expect, test } from "vitest";
import { temporaryHomes, testSigners } from "../testing/index.ts";
import { logFiles, openLedger, writeTiles } from "./index.ts";

const newHome = temporaryHomes(afterEach);

/** The root, from the hashes of the lowest level that the tiles have: slow and obvious. */
function rootFrom(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0] as Uint8Array;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootFrom(hashes.slice(0, split)), rootFrom(hashes.slice(split)));
}

/** The entries of a bundle, each after its length in 16 bits. */
function entriesIn(bundle: Buffer): string[] {
  const entries: string[] = [];
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 + bundle.readUInt16BE(at);
    entries.push(bundle.toString("utf8", at + 2, end));
    at = end;
  }
  return entries;
}

async function logIn(home: string) {
  const signers = testSigners(home, systemClock);
  const path = join(home, "log.sqlite");
  return openLedger({ path, origin: "tests/log", clock: systemClock, keys: signers, signers: () => signers });
}

test("a file that the log does not have, or not yet, is none; one that it has had stays", async () => {
  const log = await logIn(newHome());
  const read = logFiles(log);
  expect(await read("checkpoint")).toBeUndefined();
  expect(await read("tile/0/000.p/1")).toBeUndefined();
  await log.append(Array.from({ length: 300 }, (_, i) => utf8(`entry ${i}`)));
  for (const path of [
    "tile/0/000",
    "tile/0/000.p/255",
    "tile/0/001.p/44",
    "tile/0/001.p/3",
    "tile/1/000.p/1",
  ])
    expect((await read(path))?.length, path).toBe(32 * Number(/[.]p.([0-9]+)$/.exec(path)?.[1] ?? 256));
  for (const path of ["tile/0/001", "tile/0/001.p/45", "tile/0/002.p/1", "tile/1/000.p/2", "tile/2/000.p/1"])
    expect(await read(path), path).toBeUndefined();
  for (const path of [
    "",
    "checkpoint/",
    "../ledger.sqlite",
    "tile/0/1",
    "tile/00/000",
    "tile/0/x000/000.p/1",
  ])
    expect(await read(path), path).toBeUndefined();
  log.close();
});

test("a checkpoint is not shown before it is committed", async () => {
  const log = await logIn(newHome());
  const read = logFiles(log);
  await log.append([utf8("one")]);
  const failed = log.appendWith([leafHash(utf8("two"))], async () => {
    seen = read("checkpoint");
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error("the objects could not be written");
  });
  let seen: Promise<Uint8Array | undefined> | undefined;
  await expect(failed).rejects.toThrow("could not");
  expect(parseCheckpoint(fromUtf8((await seen) ?? new Uint8Array())).size).toBe(1);
  log.close();
});

test("an entry that is not the one of its leaf, or too long for a bundle, is refused", async () => {
  const log = await logIn(newHome());
  await log.append([utf8("one")]);
  await expect(logFiles(log, async () => [utf8("two")])("tile/entries/000.p/1")).rejects.toMatchObject({
    code: "LEDGER_INVALID",
  });
  const long = new Uint8Array(65_536);
  await expect(log.append([long])).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  expect(log.size()).toBe(1);
  // From before there was a limit.
  await log.appendWith([leafHash(long)], async () => [long]);
  await expect(logFiles(log)("tile/entries/000.p/2")).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  expect(await logFiles(log)("tile/0/000.p/2")).toHaveLength(64);
  log.close();
});

test("tiles grow with the log, never change, and lead to the checkpoint's root on every level", async () => {
  const home = newHome();
  const signers = testSigners(home, systemClock);
  const log = await openLedger({
    path: join(home, "log.sqlite"),
    origin: "tests/log",
    clock: systemClock,
    keys: signers,
    signers: () => signers,
  });
  const folder = join(home, "public");
  mkdirSync(folder);
  const note = (): string | undefined =>
    existsSync(join(folder, "checkpoint")) ? readFileSync(join(folder, "checkpoint"), "utf8") : undefined;
  const write = (): Promise<number> => writeTiles(logFiles(log), folder, note());
  expect(await write()).toBe(0);
  let size = 0;
  for (const step of [1, 254, 1, 300, 211]) {
    await log.append(Array.from({ length: step }, (_, i) => utf8(`entry ${size + i}`)));
    size += step;
    expect(await write()).toBeGreaterThan(0);
    expect(await write()).toBe(0);
    const checkpoint = parseCheckpoint(note() ?? "");
    expect(checkpoint.size).toBe(size);
    const read = (level: number, count: number): Uint8Array[] =>
      Array.from({ length: count }, (_, i) => {
        const index = Math.floor(i / 256);
        const width = Math.min(256, count - 256 * index);
        const bytes = readFileSync(join(folder, tilePath({ level, index, width })));
        return bytes.subarray(32 * (i % 256), 32 * (i % 256) + 32);
      });
    const leaves = read(0, size);
    expect(Buffer.from(leaves[size - 1] as Uint8Array)).toEqual(
      Buffer.from(leafHash(utf8(`entry ${size - 1}`))),
    );
    expect(Buffer.from(rootFrom(leaves))).toEqual(Buffer.from(checkpoint.root));
    for (let index = 0; index * 256 < size; index++) {
      const width = Math.min(256, size - 256 * index);
      const bundle = readFileSync(join(folder, tilePath({ level: "entries", index, width })));
      expect(entriesIn(bundle)).toEqual(Array.from({ length: width }, (_, i) => `entry ${256 * index + i}`));
    }
    const above = Math.floor(size / 256);
    for (const [i, hash] of (above > 0 ? read(1, above) : []).entries())
      expect(Buffer.from(hash)).toEqual(Buffer.from(rootFrom(leaves.slice(256 * i, 256 * i + 256))));
  }
  const other = await openLedger({
    path: join(home, "other.sqlite"),
    origin: "tests/log",
    clock: systemClock,
    keys: signers,
    signers: () => signers,
  });
  await other.append([utf8("short")]);
  await expect(writeTiles(logFiles(other), folder, note())).rejects.toMatchObject({
    code: "LEDGER_ROLLED_BACK",
  });
  log.close();
  other.close();
});

test("a folder of another log of the same name is left as it is, also when that log is shorter", async () => {
  const [one, two] = [await logIn(newHome()), await logIn(newHome())];
  await one.append(["a", "b", "c"].map(utf8));
  await two.append(["a", "x", "c", "d"].map(utf8));
  const folder = newHome();
  mkdirSync(folder, { recursive: true });
  await writeTiles(logFiles(one), folder);
  const note = readFileSync(join(folder, "checkpoint"), "utf8");
  await expect(writeTiles(logFiles(two), folder, note)).rejects.toMatchObject({ code: "LEDGER_FORK" });
  expect(readFileSync(join(folder, "checkpoint"), "utf8")).toBe(note);
  expect(existsSync(join(folder, "tile/0/000.p/4"))).toBe(false);
  for (const log of [one, two]) log.close();
});
