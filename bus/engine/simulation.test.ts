import { ArqonError, createRandom, ManualTime, type Random } from "@arqon/core/base";
import { describe, expect, it } from "vitest";
import type { Engine, LogRecord, RealityLog } from "./engine.ts";
import type { CrashModel } from "./fault-engine.ts";
import { wrappingKeys } from "./file-keys.ts";
import { History } from "./history.ts";
import { openSegmentEngine } from "./segment-engine.ts";
import { type DiskFaults, SimulatedDisk } from "./simulated-disk.ts";

const SEEDS = Number(process.env["ARQON_SEEDS"] ?? 1000);
const ALL = { fromSequence: 1, toSequence: 2 ** 53 - 1, maxRecords: 1e6, maxBytes: 1e9 };
const HONEST: DiskFaults = { shortWrite: 0.1 };

class Violation extends Error {}

async function ticks(random: Random, most: number): Promise<void> {
  for (let left = random.nextInt(most); left > 0; left--) await null;
}

/** Whether its logs are encrypted; "later": from its second process on. */
type Encrypted = "never" | "always" | "later";

/** One machine's life: several processes, each ended by a crash or a clean close. Throws what went wrong. */
async function live(seed: number, planted: DiskFaults, encrypted: Encrypted): Promise<void> {
  const disk = new SimulatedDisk(seed);
  const random = createRandom(BigInt(seed), 1n);
  const time = new ManualTime();
  const history = new History();
  const entropy = (bytes: number) => Uint8Array.from({ length: bytes }, () => random.nextU32() & 255);
  const options = {
    disk,
    timer: time,
    entropy,
    segmentBytes: 3000,
    maxBatchBytes: 1500,
    unsyncedBytes: 2000,
  };
  const keys = wrappingKeys(new Uint8Array(32).fill(seed), entropy);
  let fileKeys = encrypted === "always" ? keys : undefined;
  let sequence = 0;
  let epoch: string | undefined;
  let owner = 0;
  let floor = 0;
  let model: CrashModel = "kill";

  const nextBatch = (): LogRecord[] =>
    Array.from({ length: 1 + random.nextInt(4) }, () => {
      sequence += 1 + random.nextInt(2);
      return { sequence, timestampUnixUs: sequence * 10, bytes: entropy(random.nextInt(400)) };
    });
  const append = (log: RealityLog): Promise<void> => {
    const batch = nextBatch();
    const durability = random.nextInt(2) === 0 ? "logged" : "synced";
    const acknowledge = history.started(batch, durability);
    return log.append(batch, durability).then(acknowledge, (error) => {
      if (!(error instanceof ArqonError && error.code === "LOG_UNAVAILABLE")) throw error;
    });
  };
  const readSome = async (log: RealityLog): Promise<void> => {
    const upTo = log.lastSequence;
    const due = history.acknowledged().filter((record) => record.sequence <= upTo);
    let found: LogRecord[];
    try {
      found = await log.read(ALL);
    } catch (error) {
      // A trim came between two segments of the read.
      if (error instanceof ArqonError && error.code === "HISTORY_TRIMMED") return;
      throw error;
    }
    const forged = history.findForged(found);
    if (forged) throw new Violation(`read: ${forged}`);
    const there = new Set(found.map((record) => record.sequence));
    const missing = due.find((record) => record.sequence >= log.floorSequence && !there.has(record.sequence));
    if (missing) throw new Violation(`stale read: ${missing.sequence} of ${upTo}`);
  };
  /** Trims somewhere before the end; what the log says it kept must then be there. */
  const trim = async (log: RealityLog): Promise<void> => {
    await log.trim(log.lastSequence - random.nextInt(30)).catch((error) => {
      if (!(error instanceof ArqonError && error.code === "LOG_UNAVAILABLE")) throw error;
    });
    if (log.floorSequence > Math.max(1, log.lastSequence)) throw new Violation("the newest was trimmed");
  };
  const work = async (engine: Engine, log: RealityLog): Promise<void> => {
    const failed: unknown[] = [];
    let newest: Promise<void> | undefined;
    for (let steps = 5 + random.nextInt(25); steps > 0; steps--) {
      const choice = random.nextInt(22);
      if (choice < 12) newest = append(log).catch((error) => void failed.push(error));
      else if (choice < 14) await newest;
      else if (choice < 16) await readSome(log);
      else if (choice < 17) time.advance(60);
      else if (choice < 18) disk.faults = { ...disk.faults, capacityBytes: random.nextInt(20_000) };
      else if (choice < 19) disk.faults = { ...HONEST, ...planted };
      else if (choice < 21) {
        const trimmed = trim(log).catch((error) => void failed.push(error));
        if (random.nextInt(2) === 0) await trimmed;
      } else {
        const entry = await engine.keys.get("mark");
        await engine.keys
          .compareAndSet("mark", entry?.revision ?? 0, entropy(20))
          .catch((error) => error.code === "LOG_UNAVAILABLE" || failed.push(error));
      }
      if (random.nextInt(2) === 0) await ticks(random, 30);
      if (failed.length > 0) throw failed[0];
    }
  };

  for (let lives = 3 + random.nextInt(3); lives > 0; lives--) {
    disk.faults = { ...HONEST, ...planted };
    const engine = await openSegmentEngine({ ...options, fileKeys, disk: disk.mount() });
    const log = await engine.openLog("lab");
    if (log.epoch !== (epoch ?? log.epoch)) throw new Violation("the epoch changed");
    epoch = log.epoch;
    const { revision = 0 } = (await engine.keys.get("log.owner.lab")) ?? {};
    if (revision <= owner) throw new Violation(`the owner went back from ${owner} to ${revision}`);
    owner = revision;
    if (log.floorSequence < floor) throw new Violation(`the floor sank from ${floor}`);
    history.trimmed(log.floorSequence);
    const found = await log.read(ALL);
    const wrong = history.checkRecovered(found, model);
    if (wrong) throw new Violation(wrong);
    if (log.lastSequence !== (found.at(-1)?.sequence ?? 0))
      throw new Violation(`last is not ${log.lastSequence}`);
    if (log.firstSequence !== (found[0]?.sequence ?? 0))
      throw new Violation(`first is not ${log.firstSequence}`);
    if (random.nextInt(2) === 0) sequence = log.lastSequence;
    if (random.nextInt(4) === 0) disk.faults = { ...disk.faults, syncError: 0.1 };
    await work(engine, log);
    floor = log.floorSequence;
    const end = random.nextInt(6);
    if (end === 0) await engine.close().catch(() => undefined);
    model = end < 3 ? "kill" : "power";
    disk.crash(model);
    if (encrypted === "later") fileKeys = keys;
  }
}

/** A life, judged: what went wrong, or nothing. A life that waits for ever is judged by the test's time limit. */
async function judge(
  seed: number,
  planted: DiskFaults = {},
  encrypted: Encrypted = "never",
): Promise<string | undefined> {
  try {
    await live(seed, planted, encrypted);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    if (error instanceof ArqonError) return `${error.code}: ${error.message}`;
    throw new Error(`seed ${seed} failed in a way nobody foresaw`, { cause: error });
  }
}

describe("the segment engine on a simulated disk", () => {
  it.each(["never", "always", "later"] as const)(
    `keeps its promises through crashes, %s encrypted, for ${SEEDS} seeds`,
    {
      timeout: 120_000 + SEEDS * 50,
    },
    async (encrypted) => {
      for (let seed = 1; seed <= SEEDS; seed++)
        expect({ seed, wrong: await judge(seed, {}, encrypted) }).toEqual({ seed, wrong: undefined });
    },
  );

  it.each<[string, DiskFaults]>([
    ["a sync that does nothing", { lyingSync: true }],
    ["a sync that leaves out the newest write", { lateSync: true }],
    ["a directory sync that does nothing", { lyingDirectorySync: true }],
    ["writes that are lost", { lostWrite: 0.05 }],
  ])("a planted fault is caught: %s", async (_, planted) => {
    for (const encrypted of ["never", "always"] as const) {
      const caught: string[] = [];
      for (let seed = 1; seed <= 60; seed++) {
        const wrong = await judge(seed, planted, encrypted);
        if (wrong) caught.push(wrong);
      }
      expect(caught.length, encrypted).toBeGreaterThan(0);
    }
  });
});
