import { ArqonError, equalBytes, ManualTime, sha256, systemEntropy, toHex, utf8 } from "@arqon/core/base";
import { describe, expect, it } from "vitest";
import { BATCH_HEADER_BYTES, BatchBuilder, readBatchHeader } from "./batch.ts";
import { BatchBox, BOX_BYTES } from "./batch-box.ts";
import { crc32 } from "./crc32.ts";
import { record } from "./describe-engine.ts";
import type { Engine, LogRecord } from "./engine.ts";
import { type FileKeys, wrappingKeys } from "./file-keys.ts";
import { putU32, putU64 } from "./record.ts";
import { openSegmentEngine, type SegmentEngineOptions } from "./segment-engine.ts";
import { decodeSegmentHeader, headerBytesOf } from "./segment-header.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

const ALL = { fromSequence: 1, toSequence: 2 ** 53 - 1, maxRecords: 1e6, maxBytes: 1e9 };
const KEYS = wrappingKeys(new Uint8Array(32).fill(1), systemEntropy);
const SECRET = "a sentence that nobody else may read";
const RECORDS: readonly LogRecord[] = Array.from({ length: 24 }, (_, i) => ({
  ...record(i + 1),
  bytes: utf8(`${i} ${SECRET} ${"x".repeat(150)}`),
}));

function open(disk: SimulatedDisk, more: Partial<SegmentEngineOptions> = {}): Promise<Engine> {
  const parts = { timer: new ManualTime(), entropy: systemEntropy, segmentBytes: 1500 };
  return openSegmentEngine({ disk: disk.mount(), ...parts, ...more });
}

/** Writes {@link RECORDS}, one append each. */
async function written(more: Partial<SegmentEngineOptions> = {}): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(5);
  const engine = await open(disk, more);
  await engine.keys.compareAndSet("reality.lab", 0, utf8(SECRET));
  const log = await engine.openLog("lab");
  for (const each of RECORDS) await log.append([each], "synced");
  await engine.close();
  return disk;
}

async function filesOf(disk: SimulatedDisk): Promise<string[]> {
  const names = await Promise.all(
    ["log/lab", "keys"].map(async (place) =>
      (await disk.mount().list(place)).map((name) => `${place}/${name}`),
    ),
  );
  return names.flat();
}

async function leaksOf(disk: SimulatedDisk): Promise<string[]> {
  const paths = await filesOf(disk);
  return paths.filter((path) => Buffer.from(disk.bytesOf(path)).includes(SECRET));
}

async function read(disk: SimulatedDisk): Promise<LogRecord[]> {
  const engine = await open(disk, { fileKeys: KEYS });
  const found = await (await engine.openLog("lab")).read(ALL);
  await engine.close();
  return found;
}

/** Keys of two wrapping keys, of which the second is the newest once `rotated` is set. */
function rotating(): FileKeys & { rotated: boolean; readonly second: FileKeys } {
  const second = wrappingKeys(new Uint8Array(32).fill(2), systemEntropy);
  const seconds = new Set<string>();
  return {
    rotated: false,
    second,
    async create(context) {
      const made = await (this.rotated ? second : KEYS).create(context);
      if (this.rotated) seconds.add(toHex(made.wrapped));
      return made;
    },
    open: (wrapped, context) => (seconds.has(toHex(wrapped)) ? second : KEYS).open(wrapped, context),
    async isNewest(wrapped) {
      return seconds.has(toHex(wrapped)) === this.rotated;
    },
  };
}

async function ticks(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await null;
}

describe("an encrypted log", () => {
  it("shows no payload, key name or value on the disk", async () => {
    const disk = await written({ fileKeys: KEYS });
    expect((await filesOf(disk)).length).toBeGreaterThan(3);
    expect(await leaksOf(disk)).toEqual([]);
    for (const path of await filesOf(disk))
      expect(Buffer.from(disk.bytesOf(path)).includes("reality.lab")).toBe(false);
    expect(await leaksOf(await written())).not.toEqual([]);
  });

  it("opens with its keys alone", async () => {
    const disk = await written({ fileKeys: KEYS });
    await expect(open(disk)).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
    disk.crash("kill");
    const other = wrappingKeys(new Uint8Array(32).fill(2), systemEntropy);
    await expect(open(disk, { fileKeys: other })).rejects.toMatchObject({ code: "SEAL_BROKEN" });
    disk.crash("kill");
    expect(await read(disk)).toEqual(RECORDS);
  });

  it("writes new segments under the newest key, and reads the old ones", async () => {
    const used: string[] = [];
    const first = wrappingKeys(new Uint8Array(32).fill(1), systemEntropy);
    const second = wrappingKeys(new Uint8Array(32).fill(2), systemEntropy);
    let newest: FileKeys = first;
    const firsts = new Set<string>();
    const fileKeys: FileKeys = {
      create: async (context) => {
        const made = await newest.create(context);
        if (newest === first) firsts.add(toHex(made.wrapped));
        return made;
      },
      open: async (wrapped, context) => {
        const key = await first.open(wrapped, context).catch(() => second.open(wrapped, context));
        used.push(context);
        return key;
      },
      isNewest: (wrapped) => Promise.resolve(newest === first || !firsts.has(toHex(wrapped))),
    };
    const disk = await written({ fileKeys });
    newest = second;
    const engine = await open(disk, { fileKeys });
    const log = await engine.openLog("lab");
    const segments = log.segments().length;
    await log.append([{ ...record(25), bytes: utf8("a few") }], "synced");
    expect(log.segments().length).toBe(segments + 1);
    for (let at = 26; at < 40; at++)
      await log.append([{ ...record(at), bytes: utf8(SECRET.repeat(9)) }], "synced");
    expect((await log.read(ALL)).length).toBe(39);
    await engine.close();
    const again = await open(disk, { fileKeys });
    expect((await (await again.openLog("lab")).read(ALL)).slice(0, 24)).toEqual(RECORDS);
    expect(used.length).toBeGreaterThan(4);
    await again.close();
    await expect(
      open(disk, { fileKeys: second })
        .then((each) => each.openLog("lab"))
        .then((each) => each.read(ALL)),
    ).rejects.toMatchObject({ code: "SEAL_BROKEN" });
  });

  it("keeps what is written to keys that were begun in plain text and had nothing in them", async () => {
    const disk = new SimulatedDisk(5);
    await (await open(disk)).close();
    const engine = await open(disk, { fileKeys: KEYS });
    await engine.keys.compareAndSet("a", 0, utf8("b"));
    await engine.close();
    const again = await open(disk, { fileKeys: KEYS });
    expect((await again.keys.get("a"))?.revision).toBe(1);
    await again.close();
  });

  it("is never written to under an older key, also where it has no record yet", async () => {
    const second = wrappingKeys(new Uint8Array(32).fill(2), systemEntropy);
    const disk = new SimulatedDisk(5);
    const engine = await open(disk, { fileKeys: KEYS });
    const { epoch } = await engine.openLog("lab");
    await engine.close();
    const made = new Set<string>();
    const fileKeys: FileKeys = {
      async create(context) {
        const key = await second.create(context);
        made.add(toHex(key.wrapped));
        return key;
      },
      open: (wrapped, context) => KEYS.open(wrapped, context).catch(() => second.open(wrapped, context)),
      isNewest: (wrapped) => Promise.resolve(made.has(toHex(wrapped))),
    };
    const rotated = await open(disk, { fileKeys });
    const log = await rotated.openLog("lab");
    expect(log.epoch).toBe(epoch);
    await log.append(RECORDS.slice(0, 1), "synced");
    await rotated.close();
    const only = await open(disk, { fileKeys: second });
    expect(await (await only.openLog("lab")).read(ALL)).toEqual(RECORDS.slice(0, 1));
    await only.close();
  });

  it("refuses what is appended while its keys are away as a log that cannot write, and goes on after", async () => {
    let isAway = false;
    const create: FileKeys["create"] = async (context) => {
      if (isAway) throw new ArqonError("CONNECTION_LOST", "the vault's thread has ended");
      return KEYS.create(context);
    };
    const disk = new SimulatedDisk(5);
    const engine = await open(disk, { fileKeys: { ...KEYS, create }, segmentBytes: 600 });
    const log = await engine.openLog("lab");
    await log.append(RECORDS.slice(0, 1), "synced");
    isAway = true;
    const refused = log.append(RECORDS.slice(1, 3), "synced");
    await expect(refused).rejects.toMatchObject({
      code: "LOG_UNAVAILABLE",
      cause: { code: "CONNECTION_LOST" },
    });
    isAway = false;
    await log.append(RECORDS.slice(1, 3), "synced");
    expect(await log.read(ALL)).toEqual(RECORDS.slice(0, 3));
    await engine.close();
  });

  it("that somebody rewrote with checksums and chain to match is refused when it is read", async () => {
    const change: Record<string, (bytes: Uint8Array, at: number) => void> = {
      "a sequence": (bytes, at) => putU64(bytes, at + 80, 2),
      "a time": (bytes, at) => putU64(bytes, at + BATCH_HEADER_BYTES, 7),
      "a nonce": (bytes, at) => bytes.fill(9, at + BATCH_HEADER_BYTES + 8, at + BATCH_HEADER_BYTES + 20),
      "a byte of a record": (bytes, at) =>
        bytes.fill(9, at + BATCH_HEADER_BYTES + 50, at + BATCH_HEADER_BYTES + 51),
      "a tag": (bytes) => bytes.fill(9, bytes.length - 16),
    };
    for (const [what, spoil] of Object.entries(change)) {
      const disk = new SimulatedDisk(5);
      const engine = await open(disk, { fileKeys: KEYS });
      const log = await engine.openLog("lab");
      await log.append([record(1)], "synced");
      disk.crash("kill");
      const [path = ""] = await filesOf(disk);
      const bytes = disk.bytesOf(path);
      const at = headerBytesOf(decodeSegmentHeader(bytes) ?? expect.fail("no header"));
      spoil(bytes, at);
      if (what === "a sequence") putU64(bytes, at + 88, 2);
      bytes.set(sha256(bytes.subarray(at + 40)), at + 8);
      putU32(bytes, at + 4, crc32(bytes, at + 8, at + BATCH_HEADER_BYTES));
      await expect(read(disk), what).rejects.toMatchObject({
        code: "LOG_CORRUPT",
        details: { file: path, offset: at },
      });
    }
  });

  it("never closes two boxes alike, also of the same bytes at the same place", async () => {
    const box = new BatchBox(systemEntropy(32), systemEntropy);
    const place = { previousChain: new Uint8Array(32), owner: 1, salt: 1, durableBytes: 0 };
    for (const bytes of [100, 100_000]) {
      const batch = new BatchBuilder();
      batch.add("message", record(1, bytes));
      const first = (await batch.seal(place, undefined, box)).bytes.slice();
      const second = (await batch.seal(place, undefined, box)).bytes.slice();
      const nonceOf = (sealed: Uint8Array) =>
        sealed.subarray(BATCH_HEADER_BYTES + 8, BATCH_HEADER_BYTES + 20);
      expect(equalBytes(nonceOf(first), nonceOf(second))).toBe(false);
      for (const sealed of [first, second]) {
        const header = readBatchHeader(sealed, 0) ?? expect.fail("no header");
        expect(header.bodyBytes).toBe(BOX_BYTES + 28 + bytes);
        expect(box.open(sealed, 0, header)?.subarray(28)).toEqual(record(1, bytes).bytes);
      }
    }
  });

  it("a record of a batch that was read before is its reader's own", async () => {
    const disk = new SimulatedDisk(5);
    const log = await (await open(disk, { fileKeys: KEYS })).openLog("lab");
    const batch = [record(1, 300), record(2, 300), record(3, 300)];
    await log.append(batch, "synced");
    for (const each of batch) {
      const [found] = await log.read({ ...ALL, fromSequence: each.sequence, maxRecords: 1 });
      expect(found).toEqual(each);
      found?.bytes.fill(0);
    }
    expect(await log.read(ALL)).toEqual(batch);
  });
});

describe("a plain log that is to be encrypted", () => {
  it("is, all of it, when it is opened, and goes on under the same epoch", async () => {
    const disk = await written();
    const told: number[][] = [];
    const observer = {
      committed: () => {},
      synced: () => {},
      encrypted: (_: string, done: number, of: number) => void told.push([done, of]),
    };
    const engine = await open(disk, { fileKeys: KEYS, observer });
    const log = await engine.openLog("lab");
    const { epoch } = log;
    expect(await leaksOf(disk)).toEqual([]);
    expect(told.length).toBeGreaterThan(3);
    expect(told.at(-1)).toEqual([told.length, told.length]);
    expect(await log.read(ALL)).toEqual(RECORDS);
    expect(await log.sequenceAt(record(7).timestampUnixUs)).toBe(7);
    expect(new TextDecoder().decode((await engine.keys.get("reality.lab"))?.value)).toBe(SECRET);
    await log.append([record(25)], "synced");
    await engine.close();
    const again = await open(disk, { fileKeys: KEYS, observer });
    const reopened = await again.openLog("lab");
    expect(reopened.epoch).toBe(epoch);
    expect((await reopened.read(ALL)).length).toBe(25);
    expect(told.length).toBe(told.at(-1)?.[1]);
  });

  it("that is empty is encrypted too", async () => {
    const disk = new SimulatedDisk(1);
    const engine = await open(disk);
    await engine.openLog("lab");
    await engine.close();
    const again = await open(disk, { fileKeys: KEYS });
    const log = await again.openLog("lab");
    await log.append([RECORDS[0] as LogRecord], "synced");
    expect(await leaksOf(disk)).toEqual([]);
    await again.close();
    expect(await read(disk)).toEqual(RECORDS.slice(0, 1));
  });

  it("that was trimmed keeps its floor", async () => {
    const disk = await written();
    const engine = await open(disk);
    const log = await engine.openLog("lab");
    await log.trim(12);
    const { floorSequence } = log;
    await engine.close();
    const found = await read(disk);
    expect(found).toEqual(RECORDS.slice(floorSequence - 1));
    expect(await read(disk)).toEqual(found);
  });

  it.each(["kill", "power"] as const)(
    "loses nothing to a %s at any step, and the next open goes on",
    async (model) => {
      let ended = false;
      let halfDone = 0;
      for (let count = 0; !ended; count += 9) {
        const disk = await written();
        const opening = open(disk, { fileKeys: KEYS }).then((engine) => engine.openLog("lab"));
        void opening.then(() => {
          ended = true;
        });
        await ticks(count);
        disk.crash(model);
        const left = (await leaksOf(disk)).filter(
          (path) => path.startsWith("log/") && path.endsWith(".seg"),
        ).length;
        const segments = (await disk.mount().list("log/lab")).filter((name) => name.endsWith(".seg")).length;
        if (left > 0 && left < segments) halfDone++;
        // A second crash, in the midst of going on.
        void open(disk, { fileKeys: KEYS }).then((engine) => engine.openLog("lab"));
        await ticks(count >> 1);
        disk.crash(model);
        expect(await read(disk), `after ${count} ticks`).toEqual(RECORDS);
        expect(await leaksOf(disk)).toEqual([]);
        expect((await filesOf(disk)).filter((path) => path.endsWith(".tmp"))).toEqual([]);
      }
      expect(halfDone).toBeGreaterThan(20);
    },
  );

  it("is not touched by a full disk, and turned when there is space", async () => {
    const disk = await written();
    for (let spareBytes = 0; spareBytes < 6_000; spareBytes += 100) {
      const used = (await filesOf(disk)).reduce((sum, path) => sum + disk.bytesOf(path).length, 0);
      disk.faults = { capacityBytes: used + spareBytes };
      const opening = open(disk, { fileKeys: KEYS }).then((engine) => engine.openLog("lab"));
      const caught = await opening.then(
        () => undefined,
        (error) => error,
      );
      if (caught) expect(caught).toMatchObject({ code: "LOG_UNAVAILABLE" });
      disk.crash("kill");
    }
    disk.faults = {};
    expect(await read(disk)).toEqual(RECORDS);
    expect(await leaksOf(disk)).toEqual([]);
  });
});

describe("a log under an older key", () => {
  it("is written anew under the newest when that is asked for, and needs the older no more", async () => {
    const fileKeys = rotating();
    const disk = await written({ fileKeys });
    fileKeys.rotated = true;
    const told: number[][] = [];
    const observer = {
      committed: () => {},
      synced: () => {},
      encrypted: (_: string, done: number, of: number) => void told.push([done, of]),
    };
    const used = await open(disk, { fileKeys, observer });
    const { epoch } = await used.openLog("lab");
    await used.close();
    expect(told).toEqual([]);
    const turning = await open(disk, { fileKeys, observer, renewBoxes: true });
    const turned = await turning.openLog("lab");
    expect(told.length).toBeGreaterThan(3);
    expect(told.at(-1)).toEqual([told.length, told.length]);
    expect(turned.epoch).toBe(epoch);
    for (const each of RECORDS)
      expect(await turned.read({ ...ALL, fromSequence: each.sequence, maxRecords: 1 })).toEqual([each]);
    await turned.append([record(25)], "synced");
    await turning.close();
    const alone = await open(disk, { fileKeys: fileKeys.second });
    const log = await alone.openLog("lab");
    expect((await log.read(ALL)).slice(0, 24)).toEqual(RECORDS);
    expect(new TextDecoder().decode((await alone.keys.get("reality.lab"))?.value)).toBe(SECRET);
    await alone.close();
    const again = await open(disk, { fileKeys, observer, renewBoxes: true });
    await again.openLog("lab");
    await again.close();
    expect(told.length).toBe(told.at(-1)?.[1]);
  });

  it.each(["kill", "power"] as const)(
    "loses nothing to a %s at any step of that, and the next open ends what was begun, asked or not",
    async (model) => {
      let ended = false;
      let halfDone = 0;
      for (let count = 0; !ended; count += 13) {
        const fileKeys = rotating();
        const disk = await written({ fileKeys });
        fileKeys.rotated = true;
        const segments = await oldsOf(disk, fileKeys);
        const opening = open(disk, { fileKeys, renewBoxes: true }).then((engine) => engine.openLog("lab"));
        void opening.then(() => {
          ended = true;
        });
        await ticks(count);
        disk.crash(model);
        const left = await oldsOf(disk, fileKeys);
        if (left > 0 && left < segments) halfDone++;
        void open(disk, { fileKeys, renewBoxes: count % 2 === 0 }).then((engine) => engine.openLog("lab"));
        await ticks(count >> 1);
        disk.crash(model);
        const between = await open(disk, { fileKeys });
        const log = await between.openLog("lab");
        expect(await log.read(ALL), `after ${count} ticks`).toEqual(RECORDS);
        if (count % 26 === 0) await log.append([{ ...record(25), bytes: utf8("between") }], "synced");
        await between.close();
        // One that was begun is ended, one that was not is not begun.
        const olds = await oldsOf(disk, fileKeys);
        expect([0, segments]).toContain(olds);
        const last = await open(disk, { fileKeys, renewBoxes: true });
        await last.openLog("lab");
        await last.close();
        const alone = await open(disk, { fileKeys: fileKeys.second });
        expect((await (await alone.openLog("lab")).read(ALL)).slice(0, 24), `after ${count} ticks`).toEqual(
          RECORDS,
        );
        await alone.close();
        expect((await filesOf(disk)).filter((path) => path.endsWith(".tmp"))).toEqual([]);
      }
      expect(halfDone).toBeGreaterThan(10);
    },
  );
});

/** How many segments of the log are under the older key. */
async function oldsOf(disk: SimulatedDisk, fileKeys: FileKeys): Promise<number> {
  const paths = (await filesOf(disk)).filter((path) => path.startsWith("log/lab/") && path.endsWith(".seg"));
  const wrapped = paths.map(
    (path) => decodeSegmentHeader(disk.bytesOf(path))?.wrappedKey ?? new Uint8Array(),
  );
  const newest = await Promise.all(wrapped.map((each) => fileKeys.isNewest(each)));
  return newest.filter((is) => !is).length;
}
