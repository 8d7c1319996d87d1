import { ArqonError, equalBytes, sha256, systemEntropy, toHex, utf8 } from "@arqon/core/base";
import { describe, expect, it } from "vitest";
import { BATCH_HEADER_BYTES, BatchBuilder, readBatchHeader } from "./batch.ts";
import { BatchBox, BOX_BYTES } from "./batch-box.ts";
import { ALL, filesOf, KEYS, leaksOf, open, RECORDS, read, SECRET, written } from "./boxes.fixture.ts";
import { crc32 } from "./crc32.ts";
import { record } from "./describe-engine.ts";
import { type FileKeys, wrappingKeys } from "./file-keys.ts";
import { putU32, putU64 } from "./record.ts";
import { decodeSegmentHeader, headerBytesOf } from "./segment-header.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

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
    for (const bytes of [100, 100_000, 700_000]) {
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
