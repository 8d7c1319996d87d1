import { utf8 } from "@arqon/core/base";
import { describe, expect, it } from "vitest";
import {
  ALL,
  filesOf,
  KEYS,
  leaksOf,
  oldsOf,
  open,
  RECORDS,
  read,
  rotating,
  SECRET,
  ticks,
  written,
} from "./boxes.fixture.ts";
import { record } from "./describe-engine.ts";
import type { LogRecord } from "./engine.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

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
