import { ManualTime, systemEntropy } from "@arqon/core/base";
import { describe, expect, it } from "vitest";
import { record } from "./describe-engine.ts";
import { wrappingKeys } from "./file-keys.ts";
import { openSegmentEngine, type SegmentEngineOptions } from "./segment-engine.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

const ALL = { fromSequence: 1, toSequence: 2 ** 53 - 1, maxRecords: 1e6, maxBytes: 1e9 };
const PATH = "log/lab/0000000000000001.seg";

async function makeLog(options: Partial<SegmentEngineOptions> = {}) {
  const disk = new SimulatedDisk(3);
  const time = new ManualTime();
  const entropy = (bytes: number) => new Uint8Array(bytes);
  const open = () => openSegmentEngine({ disk: disk.mount(), timer: time, entropy, ...options });
  const engine = await open();
  return { disk, time, open, engine, log: await engine.openLog("lab") };
}

describe("the segment log", () => {
  it("a full disk refuses the append, cuts its bytes away, and readers go on; with space it takes more", async () => {
    const { disk, log } = await makeLog();
    await log.append([record(1)], "synced");
    const length = disk.bytesOf(PATH).length;
    disk.faults = {
      capacityBytes: disk.bytesOf(PATH).length + disk.bytesOf("keys/0000000000000001.seg").length + 100,
    };
    await expect(log.append([record(2)], "logged")).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    expect(disk.bytesOf(PATH).length).toBe(length);
    expect((await log.read(ALL)).length).toBe(1);
    disk.faults = {};
    await log.append([record(2)], "synced");
    expect(await log.read(ALL)).toEqual([record(1), record(2)]);
  });

  it("a failed sync is final until the log is opened anew", async () => {
    const { disk, log, engine } = await makeLog();
    await log.append([record(1)], "synced");
    disk.faults = { syncError: 1 };
    await expect(log.append([record(2)], "synced")).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    disk.faults = {};
    await expect(log.append([record(3)], "logged")).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    expect((await log.read(ALL)).length).toBe(1);
    const again = await engine.openLog("lab");
    await again.append([record(4)], "synced");
    disk.crash("power");
    expect((await (await (await makeAgain(disk)).openLog("lab")).read(ALL)).at(-1)?.sequence).toBe(4);
  });

  it.each([
    ["plain", undefined],
    ["encrypted", wrappingKeys(new Uint8Array(32), systemEntropy)],
  ])("a read that fails on the disk is told, and the next one of a %s log goes on", async (_, fileKeys) => {
    const { disk, log } = await makeLog({ fileKeys });
    await log.append([record(1)], "synced");
    disk.faults = { readError: 1 };
    await expect(log.read(ALL)).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    disk.faults = {};
    expect(await log.read(ALL)).toEqual([record(1)]);
  });

  it("logged appends are acknowledged before the sync of the same batch", async () => {
    const { log } = await makeLog();
    const order: string[] = [];
    const synced = log.append([record(1)], "synced").then(() => order.push("synced"));
    const logged = log.append([record(2)], "logged").then(() => order.push("logged"));
    await Promise.all([synced, logged]);
    expect(order).toEqual(["logged", "synced"]);
  });

  it("what is only logged is synced a little later", async () => {
    const { disk, log, time, open } = await makeLog();
    await log.append([record(1)], "logged");
    time.advance(50);
    for (let turn = 0; turn < 100; turn++) await null;
    disk.crash("power");
    expect((await (await (await open()).openLog("lab")).read(ALL)).length).toBe(1);
  });

  it("what waits is bounded", async () => {
    const { log } = await makeLog({ maxPendingBytes: 1000 });
    const first = log.append([record(1, 900)], "synced");
    await expect(log.append([record(2, 900)], "synced")).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    await first;
    await log.append([record(2, 900)], "synced");
  });

  it("an append larger than a batch, a segment and a read goes through whole", async () => {
    const { log } = await makeLog({ segmentBytes: 1000, maxBatchBytes: 500 });
    const batch = [record(1, 100_000), record(2, 400_000), record(3, 10)];
    await log.append(batch, "synced");
    await log.append([record(4, 5000)], "synced");
    expect(await log.read(ALL)).toEqual([...batch, record(4, 5000)]);
    expect(await log.read({ ...ALL, fromSequence: 3, maxRecords: 1 })).toEqual([record(3, 10)]);
  });

  it("finds any record and any time among many segments", async () => {
    const { log } = await makeLog({ segmentBytes: 100_000 });
    for (let from = 1; from < 1000; from += 10)
      await log.append(
        Array.from({ length: 10 }, (_, i) => record(2 * (from + i), 700)),
        "logged",
      );
    for (const sequence of [1, 2, 3, 500, 999, 1000, 1777, 2000]) {
      const even = sequence + (sequence % 2);
      expect((await log.read({ ...ALL, fromSequence: sequence, maxRecords: 1 }))[0]).toEqual(
        record(even, 700),
      );
      expect(await log.sequenceAt(record(sequence).timestampUnixUs)).toBe(even);
    }
  });

  it("two engines cannot own one disk", async () => {
    const { open, engine } = await makeLog();
    await expect(open()).rejects.toMatchObject({ code: "LOG_LOCKED" });
    await engine.close();
    await (await open()).close();
  });

  it("the keys are rewritten when most of the journal is stale, and nothing is lost", async () => {
    const { disk, engine, open } = await makeLog();
    for (let at = 0; at < 40; at++)
      await engine.keys.compareAndSet("big", at, new Uint8Array(50_000).fill(at));
    const names = await disk.mount().list("keys");
    expect(names.length).toBe(1);
    expect(names[0]).not.toBe("0000000000000001.seg");
    disk.crash("power");
    expect(await (await open()).keys.get("big")).toEqual({
      value: new Uint8Array(50_000).fill(39),
      revision: 40,
    });
  });
});

function makeAgain(disk: SimulatedDisk) {
  return openSegmentEngine({
    disk: disk.mount(),
    timer: new ManualTime(),
    entropy: (n) => new Uint8Array(n),
  });
}
