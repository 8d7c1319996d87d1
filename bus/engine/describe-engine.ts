/** The contract every engine keeps, as a suite. */
import { utf8 } from "@arqon/core/base";
import { afterEach, describe, expect, it } from "vitest";
import type { Engine, LogRecord, ReadRange, RealityLog } from "./engine.ts";

/** A place for an engine that can be closed and opened again. */
export interface EngineBench {
  /** Opens the engine on what earlier ones left. */
  open(): Promise<Engine>;
  /** Takes the place away. */
  dispose(): Promise<void>;
}

const TIME = 1_767_225_600_000_000;
const ALL: ReadRange = { fromSequence: 1, toSequence: 2 ** 53 - 1, maxRecords: 1e6, maxBytes: 1e9 };

/** A record whose bytes and time follow from its sequence. */
export function record(sequence: number, bytes = 20): LogRecord {
  const body = Uint8Array.from({ length: bytes }, (_, i) => (sequence * 31 + i * 7) & 255);
  return { sequence, timestampUnixUs: TIME + sequence * 1000, bytes: body };
}

function records(from: number, to: number, bytes?: number): LogRecord[] {
  return Array.from({ length: to - from + 1 }, (_, i) => record(from + i, bytes));
}

async function sequences(log: RealityLog, range: Partial<ReadRange> = {}): Promise<number[]> {
  return (await log.read({ ...ALL, ...range })).map(({ sequence }) => sequence);
}

/** Runs the contract on the engines of `makeBench`. */
export function describeEngine(name: string, makeBench: () => Promise<EngineBench>): void {
  describe(`${name} keeps the engine contract`, () => {
    const ends: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });
    const bench = async (): Promise<EngineBench> => {
      const made = await makeBench();
      ends.push(() => made.dispose());
      return made;
    };
    const open = async (): Promise<Engine> => {
      const engine = await (await bench()).open();
      ends.push(() => engine.close());
      return engine;
    };

    it("a new log is empty and has an identity", async () => {
      const log = await (await open()).openLog("lab");
      expect([log.firstSequence, log.lastSequence, log.recovery.records]).toEqual([0, 0, 0]);
      expect(log.epoch).not.toBe("");
      expect(await log.read(ALL)).toEqual([]);
      expect(await log.sequenceAt(0)).toBeUndefined();
    });

    it.each(["logged", "synced"] as const)("what was %s is read back byte for byte", async (durability) => {
      const log = await (await open()).openLog("lab");
      const batch = [record(1, 0), record(2, 1), record(5, 70_000), record(6)];
      await log.append(batch, durability);
      expect([log.firstSequence, log.lastSequence]).toEqual([1, 6]);
      expect(await log.read(ALL)).toEqual(batch);
    });

    it("a range holds both its ends, and gaps are skipped", async () => {
      const log = await (await open()).openLog("lab");
      await log.append([record(2), record(4), record(7), record(9)], "synced");
      expect(await sequences(log, { fromSequence: 4, toSequence: 7 })).toEqual([4, 7]);
      expect(await sequences(log, { fromSequence: 3, toSequence: 8 })).toEqual([4, 7]);
      expect(await sequences(log, { fromSequence: 8, toSequence: 8 })).toEqual([]);
      expect(await sequences(log, { fromSequence: 10 })).toEqual([]);
      expect(await sequences(log, { fromSequence: 7, toSequence: 4 })).toEqual([]);
    });

    it("a read stops at either bound but gives at least one record", async () => {
      const log = await (await open()).openLog("lab");
      await log.append(records(1, 50, 1000), "logged");
      expect(await sequences(log, { fromSequence: 10, maxRecords: 3 })).toEqual([10, 11, 12]);
      expect(await sequences(log, { fromSequence: 10, maxBytes: 2500 })).toEqual([10, 11]);
      expect(await sequences(log, { fromSequence: 10, maxBytes: 1 })).toEqual([10]);
    });

    it("concurrent appends keep the order of their calls", async () => {
      const log = await (await open()).openLog("lab");
      const appends: Promise<void>[] = [];
      for (let at = 0; at < 200; at++)
        appends.push(log.append(records(3 * at + 1, 3 * at + 2), at % 3 === 0 ? "synced" : "logged"));
      await Promise.all(appends);
      const found = await sequences(log);
      expect(found.length).toBe(400);
      expect(found).toEqual([...found].sort((a, b) => a - b));
      expect(log.lastSequence).toBe(3 * 199 + 2);
    });

    it("the bytes belong to the caller again once the append resolves", async () => {
      const log = await (await open()).openLog("lab");
      const mine = record(1);
      await log.append([mine], "logged");
      const before = mine.bytes.slice();
      mine.bytes.fill(0);
      const [first] = await log.read(ALL);
      expect(first?.bytes).toEqual(before);
      first?.bytes.fill(1);
      expect((await log.read(ALL))[0]?.bytes).toEqual(before);
    });

    it("sequences that do not rise and times that are none are refused, and nothing of the batch is kept", async () => {
      const log = await (await open()).openLog("lab");
      await log.append(records(1, 3), "logged");
      for (const wrong of [[record(3)], [record(5), record(5)], [record(6), record(4)], [record(4.5)]])
        await expect(log.append(wrong, "logged")).rejects.toThrow(TypeError);
      await expect(log.append([{ ...record(9), timestampUnixUs: -1 }], "logged")).rejects.toThrow(TypeError);
      const one = log.append([record(4)], "synced");
      await expect(log.append([record(4)], "synced")).rejects.toThrow(TypeError);
      await one;
      expect(await sequences(log)).toEqual([1, 2, 3, 4]);
    });

    it("an empty append resolves", async () => {
      const log = await (await open()).openLog("lab");
      await log.append([], "synced");
      expect(log.lastSequence).toBe(0);
    });

    it("finds the first record at or after a time", async () => {
      const log = await (await open()).openLog("lab");
      await log.append(records(1, 3), "logged");
      await log.append([{ ...record(4), timestampUnixUs: TIME }, record(6)], "logged");
      expect(await log.sequenceAt(0)).toBe(1);
      expect(await log.sequenceAt(TIME + 2000)).toBe(2);
      expect(await log.sequenceAt(TIME + 2001)).toBe(3);
      expect(await log.sequenceAt(TIME + 3001)).toBe(6);
      expect(await log.sequenceAt(TIME + 6001)).toBeUndefined();
    });

    it("everything is there after a restart, under the same epoch", async () => {
      const place = await bench();
      const first = await place.open();
      const log = await first.openLog("lab");
      const { epoch } = log;
      await log.append(records(1, 40, 500), "logged");
      await log.append(records(50, 60), "synced");
      await first.close();
      const second = await place.open();
      ends.push(() => second.close());
      const again = await second.openLog("lab");
      expect([again.epoch, again.firstSequence, again.lastSequence]).toEqual([epoch, 1, 60]);
      expect(again.recovery).toEqual({ records: 51, cutBytes: 0 });
      expect(await again.read(ALL)).toEqual([...records(1, 40, 500), ...records(50, 60)]);
      expect(await again.sequenceAt(TIME + 45_000)).toBe(50);
      await again.append([record(61)], "synced");
      expect(await sequences(again, { fromSequence: 60 })).toEqual([60, 61]);
    });

    it("a trim takes what is old, never the newest, and is remembered", async () => {
      const place = await bench();
      const first = await place.open();
      const log = await first.openLog("lab");
      for (let at = 1; at <= 60; at++) await log.append(records(at, at, 2_000), "synced");
      expect(log.floorSequence).toBe(0);
      await log.trim(0);
      expect(log.firstSequence).toBe(1);
      await log.trim(41);
      const floor = log.floorSequence;
      expect(floor).toBeGreaterThan(1);
      expect(floor).toBeLessThanOrEqual(41);
      expect([log.firstSequence, log.lastSequence]).toEqual([floor, 60]);
      expect((await sequences(log))[0]).toBe(floor);
      expect(await sequences(log, { toSequence: floor - 1 })).toEqual([]);
      const kept = log.segments();
      expect(kept.reduce((sum, segment) => sum + segment.records, 0)).toBe(61 - floor);
      expect([kept[0]?.firstSequence, kept.at(-1)?.lastSequence]).toEqual([floor, 60]);
      await log.trim(Number.MAX_SAFE_INTEGER);
      expect((await sequences(log)).at(-1)).toBe(60);
      const { floorSequence } = log;
      await first.close();
      const second = await place.open();
      ends.push(() => second.close());
      const again = await second.openLog("lab");
      expect([again.floorSequence, again.firstSequence]).toEqual([floorSequence, floorSequence]);
      await again.append([record(61)], "synced");
      expect((await sequences(again)).at(-1)).toBe(61);
    });

    it("a newer owner fences the older one, and every acknowledged record is kept", async () => {
      const engine = await open();
      const old = await engine.openLog("lab");
      await old.append([record(1)], "logged");
      const racing = old.append([record(2)], "synced").then(
        () => true,
        (error) => error,
      );
      const fresh = await engine.openLog("lab");
      expect(fresh.epoch).toBe(old.epoch);
      await expect(old.append([record(3)], "logged")).rejects.toMatchObject({ code: "LOG_FENCED" });
      const outcome = await racing;
      if (outcome === true) expect(fresh.lastSequence).toBe(2);
      else expect(outcome).toMatchObject({ code: "LOG_FENCED" });
      await fresh.append([record(10)], "synced");
      expect((await sequences(fresh)).filter((sequence) => sequence !== 2)).toEqual([1, 10]);
      await old.close();
      await fresh.append([record(11)], "synced");
    });

    it("Realities do not see each other", async () => {
      const engine = await open();
      const one = await engine.openLog("lab");
      const other = await engine.openLog("Lab");
      await one.append([record(1)], "logged");
      await other.append([record(7)], "logged");
      expect([await sequences(one), await sequences(other)]).toEqual([[1], [7]]);
      expect(one.epoch).not.toBe(other.epoch);
    });

    it("a Reality's name cannot leave its place", async () => {
      const engine = await open();
      for (const name of ["", "..", "a/b", "a.b", "x".repeat(65)])
        await expect(engine.openLog(name)).rejects.toThrow(TypeError);
    });

    it("a closed log takes nothing, and closing twice is fine", async () => {
      const log = await (await open()).openLog("lab");
      await log.append([record(1)], "logged");
      await log.close();
      await log.close();
      await expect(log.append([record(2)], "logged")).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
    });

    it("a key is written only over the revision that was expected", async () => {
      const { keys } = await open();
      expect(await keys.get("a")).toBeUndefined();
      expect(await keys.compareAndSet("a", 0, utf8("one"))).toBe(1);
      await expect(keys.compareAndSet("a", 0, utf8("no"))).rejects.toMatchObject({
        code: "SEQUENCE_MISMATCH",
      });
      await expect(keys.compareAndSet("b", 1, utf8("no"))).rejects.toMatchObject({
        code: "SEQUENCE_MISMATCH",
      });
      expect(await keys.compareAndSet("a", 1, utf8("two"))).toBe(2);
      expect(await keys.get("a")).toEqual({ value: utf8("two"), revision: 2 });
    });

    it("of many that race for a key one wins", async () => {
      const { keys } = await open();
      const racers = Array.from({ length: 20 }, (_, i) => keys.compareAndSet("lease", 0, Uint8Array.of(i)));
      const outcomes = await Promise.allSettled(racers);
      expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBe(1);
      expect((await keys.get("lease"))?.revision).toBe(1);
    });

    it("keys are listed by prefix, and survive a restart with values of their own", async () => {
      const place = await bench();
      const first = await place.open();
      const value = utf8("v");
      for (const key of ["job/2", "job/1", "room/ü"]) await first.keys.compareAndSet(key, 0, value);
      value.fill(0);
      for (let at = 1; at < 30; at++) await first.keys.compareAndSet("job/1", at, Uint8Array.of(at));
      await first.close();
      const second = await place.open();
      ends.push(() => second.close());
      expect(await second.keys.list("job/")).toEqual(["job/1", "job/2"]);
      expect(await second.keys.get("job/1")).toEqual({ value: Uint8Array.of(29), revision: 30 });
      expect(await second.keys.get("room/ü")).toEqual({ value: utf8("v"), revision: 1 });
    });

    it("a watch hears of every later write below its prefix, until it is stopped", async () => {
      const { keys } = await open();
      await keys.compareAndSet("job/1", 0, Uint8Array.of(0));
      const heard: [string, number][] = [];
      const stop = keys.watch("job/", (key, { revision }) => heard.push([key, revision]));
      await keys.compareAndSet("job/1", 1, Uint8Array.of(1));
      await keys.compareAndSet("room/1", 0, Uint8Array.of(1));
      await keys.compareAndSet("job/2", 0, Uint8Array.of(1));
      await null;
      stop();
      await keys.compareAndSet("job/1", 2, Uint8Array.of(2));
      expect(heard).toEqual([
        ["job/1", 2],
        ["job/2", 1],
      ]);
    });
  });
}
