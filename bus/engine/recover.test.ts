import { ManualTime, utf8 } from "@arqon/core/base";
import { describe, expect, it } from "vitest";
import { BATCH_HEADER_BYTES } from "./batch.ts";
import { BOX_BYTES } from "./batch-box.ts";
import { record } from "./describe-engine.ts";
import type { LogRecord } from "./engine.ts";
import { wrappingKeys } from "./file-keys.ts";
import { openSegmentEngine } from "./segment-engine.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

const ALL = { fromSequence: 1, toSequence: 2 ** 53 - 1, maxRecords: 1e6, maxBytes: 1e9 };
const BATCHES: readonly LogRecord[][] = [
  [record(1, 30), record(2, 0)],
  [record(3, 50)],
  [record(5, 10), record(6, 700)],
  [record(8, 40)],
];

function entropy(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes).fill(0x5a);
}

/** The two kinds of logs, and what they have more than records and headers of batches. */
const KINDS = {
  plain: { fileKeys: undefined, startBytes: 160, sealBytes: BATCH_HEADER_BYTES },
  encrypted: {
    fileKeys: wrappingKeys(new Uint8Array(32).fill(7), entropy),
    startBytes: 160 + 60,
    sealBytes: BATCH_HEADER_BYTES + BOX_BYTES,
  },
};

interface Reopened {
  readonly sequences: number[];
  readonly cutBytes: number;
  readonly cutFile: string | undefined;
}

async function files(disk: SimulatedDisk): Promise<string[]> {
  return (await disk.mount().list("log/lab")).map((name) => `log/lab/${name}`);
}

async function truncate(disk: SimulatedDisk, path: string, bytes: number): Promise<void> {
  const file = await disk.mount().open(path, "write");
  await file.truncate(bytes);
}

const SEQUENCES = BATCHES.flat().map(({ sequence }) => sequence);

describe.each(["plain", "encrypted"] as const)("recovery of %s logs", (kind) => {
  const { fileKeys, startBytes, sealBytes: SEAL_BYTES } = KINDS[kind];

  /** Writes {@link BATCHES}, each synced, into segments of at most `segmentBytes`. */
  async function written(segmentBytes: number, ending: "closed" | "killed"): Promise<SimulatedDisk> {
    const disk = new SimulatedDisk(1);
    const engine = await openSegmentEngine({
      disk: disk.mount(),
      timer: new ManualTime(),
      entropy,
      fileKeys,
      segmentBytes,
    });
    const log = await engine.openLog("lab");
    for (const batch of BATCHES) await log.append(batch, "synced");
    if (ending === "closed") await engine.close();
    else disk.crash("kill");
    return disk;
  }

  async function reopen(disk: SimulatedDisk): Promise<Reopened> {
    const engine = await openSegmentEngine({
      disk: disk.mount(),
      timer: new ManualTime(),
      entropy,
      fileKeys,
    });
    const log = await engine.openLog("lab");
    const sequences = (await log.read(ALL)).map(({ sequence }) => sequence);
    return { sequences, cutBytes: log.recovery.cutBytes, cutFile: log.recovery.cutFile };
  }

  it.each([1 << 20, 600])("a flip of any byte is found and named (segments of %i)", async (segmentBytes) => {
    const disk = await written(segmentBytes, "closed");
    const paths = await files(disk);
    for (const path of paths) {
      const bytes = disk.bytesOf(path);
      const sealAt = path === paths.at(-1) ? bytes.length - SEAL_BYTES : bytes.length;
      for (let at = 0; at < bytes.length; at++) {
        bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
        const opened = reopen(disk);
        if (at < sealAt) {
          const caught = await opened.catch((error) => error);
          expect(caught, `${path} byte ${at}`).toMatchObject({
            code: "LOG_CORRUPT",
            details: { file: path },
          });
          expect(caught.details.offset).toBeLessThanOrEqual(at);
          bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
        } else {
          expect(await opened).toEqual({ sequences: SEQUENCES, cutBytes: SEAL_BYTES, cutFile: path });
          return;
        }
        disk.crash("kill");
      }
    }
  });

  it("a flip of any byte of the keys, which hold the laws and the floor, is found and named", async () => {
    const disk = await written(600, "killed");
    const engine = await openSegmentEngine({
      disk: disk.mount(),
      timer: new ManualTime(),
      entropy,
      fileKeys,
    });
    await engine.keys.compareAndSet("reality.lab", 0, utf8('{"laws":{"ordering":"total"}}'));
    await (await engine.openLog("lab")).trim(6);
    await engine.close();
    const [name] = await disk.mount().list("keys");
    const path = `keys/${name}`;
    const bytes = disk.bytesOf(path);
    for (let at = 0; at < bytes.length - SEAL_BYTES; at++) {
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      const caught = await reopen(disk).catch((error) => error);
      expect(caught, `${path} byte ${at}`).toMatchObject({ code: "LOG_CORRUPT", details: { file: path } });
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      disk.crash("kill");
    }
    expect((await reopen(disk)).sequences[0]).toBeGreaterThan(1);
  });

  it("a first segment that was not trimmed and is not there is missed", async () => {
    for (const trimmed of [false, true]) {
      const disk = await written(200, "killed");
      const engine = await openSegmentEngine({
        disk: disk.mount(),
        timer: new ManualTime(),
        entropy,
        fileKeys,
      });
      const log = await engine.openLog("lab");
      if (trimmed) await log.trim(3);
      await log.append([record(9)], "synced");
      await log.append([record(10)], "synced");
      await engine.close();
      const [first = ""] = await files(disk);
      await disk.mount().remove(first);
      await expect(reopen(disk)).rejects.toMatchObject({ code: "LOG_CORRUPT" });
    }
  });

  it("a flip in the seal of a clean close loses no record", async () => {
    for (let at = 1; at <= SEAL_BYTES; at++) {
      const disk = await written(1 << 20, "closed");
      const [path = ""] = await files(disk);
      const bytes = disk.bytesOf(path);
      bytes[bytes.length - at] = (bytes.at(-at) as number) ^ 0x80;
      expect(await reopen(disk)).toEqual({ sequences: SEQUENCES, cutBytes: SEAL_BYTES, cutFile: path });
    }
  });

  it("a truncation at any byte cuts a torn tail and keeps every whole batch before it", async () => {
    const disk = await written(1 << 20, "killed");
    const [path = ""] = await files(disk);
    const whole = disk.bytesOf(path).slice();
    const ends: number[] = [];
    let end = startBytes;
    for (const batch of BATCHES) {
      for (const { bytes } of batch) end += 28 + bytes.length;
      end += SEAL_BYTES;
      ends.push(end);
    }
    expect(ends.at(-1)).toBe(whole.length);
    for (let length = whole.length; length >= startBytes; length--) {
      await truncate(disk, path, length);
      const kept = ends.filter((each) => each <= length);
      const cutBytes = length - (kept.at(-1) ?? startBytes);
      const found = await reopen(disk);
      expect(found.sequences).toEqual(
        BATCHES.slice(0, kept.length)
          .flat()
          .map(({ sequence }) => sequence),
      );
      expect([found.cutBytes, found.cutFile]).toEqual([cutBytes, cutBytes > 0 ? path : undefined]);
      disk.crash("kill");
      // Else every open would find the keys of all before.
      for (const name of await disk.mount().list("keys")) await disk.mount().remove(`keys/${name}`);
      const file = await disk.mount().open(path, "write");
      await file.write(whole, 0);
    }
  });

  it("a truncation of any segment but the last is corruption, and nothing is cut", async () => {
    const disk = await written(600, "closed");
    const [path = ""] = await files(disk);
    const bytes = disk.bytesOf(path).length - 1;
    await truncate(disk, path, bytes);
    await expect(reopen(disk)).rejects.toMatchObject({ code: "LOG_CORRUPT", details: { file: path } });
    expect(disk.bytesOf(path).length).toBe(bytes);
  });

  it("a segment that is missing, or of another log, is corruption", async () => {
    const missing = await written(600, "closed");
    const [, second = "", third = ""] = await files(missing);
    await missing.mount().remove(second);
    await expect(reopen(missing)).rejects.toMatchObject({ code: "LOG_CORRUPT", details: { file: third } });
    const foreign = await written(600, "closed");
    await foreign.mount().rename(second, "log/+lab/0000000000000001.seg");
    const engine = await openSegmentEngine({
      disk: foreign.mount(),
      timer: new ManualTime(),
      entropy,
      fileKeys,
    });
    await expect(engine.openLog("Lab")).rejects.toMatchObject({ code: "LOG_CORRUPT" });
  });

  it("zeros behind the end, as some file systems leave them, are a torn tail", async () => {
    const disk = await written(1 << 20, "killed");
    const [path = ""] = await files(disk);
    const length = disk.bytesOf(path).length;
    await truncate(disk, path, length + 5000);
    expect(await reopen(disk)).toEqual({ sequences: SEQUENCES, cutBytes: 5000, cutFile: path });
  });

  it("a flip in the log that is being read is found and named by the read", async () => {
    const disk = new SimulatedDisk(1);
    const engine = await openSegmentEngine({
      disk: disk.mount(),
      timer: new ManualTime(),
      entropy,
      fileKeys,
    });
    const log = await engine.openLog("lab");
    for (const batch of BATCHES) await log.append(batch, "synced");
    const [path = ""] = await files(disk);
    const bytes = disk.bytesOf(path);
    bytes[bytes.length - 5] = (bytes.at(-5) as number) ^ 1;
    await expect(log.read(ALL)).rejects.toMatchObject({ code: "LOG_CORRUPT", details: { file: path } });
    expect((await log.read({ ...ALL, toSequence: 6 })).length).toBe(5);
  });

  it("a flip in the keys is found and named", async () => {
    const disk = await written(1 << 20, "closed");
    const path = "keys/0000000000000001.seg";
    const bytes = disk.bytesOf(path);
    bytes[300] = (bytes[300] as number) ^ 1;
    await expect(reopen(disk)).rejects.toMatchObject({ code: "LOG_CORRUPT", details: { file: path } });
  });
});
