/** Where the log of the simulated world lives: the fault engine, or segment files on a simulated disk. */
import {
  type CrashModel,
  type DiskFaults,
  type Engine,
  faultEngine,
  openSegmentEngine,
  SimulatedDisk,
  wrappingKeys,
} from "@arqon/bus/engine";
import { ArqonError, type ManualTime, type Random, type Timer } from "@arqon/core/base";

/** A machine's storage, over several lives of the server. */
export interface SimStore {
  /** Syncs may answer without doing anything. */
  readonly lies: boolean;
  /** A second server can open the same log and fence the first. */
  readonly isShared: boolean;
  /** The engine of a new life. @param timer  silent once that life has ended. */
  open(timer: Timer): Promise<Engine>;
  crash(model: CrashModel): void;
  /** No more misfortune. */
  calm(): void;
  /** A new misfortune, or the end of one. */
  change(): void;
}

/**
 * Every third world has the fault engine, whose logs can be fenced; the others have segment files, a few on lying disks,
 * and some encrypted.
 */
export function simStore(seed: number, time: ManualTime, random: Random): SimStore {
  return seed % 3 === 0 ? faultStore(seed, time) : segmentStore(seed, random, seed % 8 === 1);
}

function faultStore(seed: number, time: ManualTime): SimStore {
  const engine = faultEngine(seed, time, { late: 0.3, append: 0.01, sync: 0.003, key: 0.01 });
  return {
    lies: false,
    isShared: true,
    open: async () => engine,
    crash: (model) => engine.crash(model),
    change: () => {},
    calm: () => {
      engine.rates = { append: 0, sync: 0, key: 0, late: 0.3 };
    },
  };
}

const HONEST: DiskFaults = { shortWrite: 0.1 };

function segmentStore(seed: number, random: Random, lies: boolean): SimStore {
  const disk = new SimulatedDisk(seed);
  const base: DiskFaults = { ...HONEST, ...(lies && { [seed % 16 === 1 ? "lyingSync" : "lateSync"]: true }) };
  const entropy = (bytes: number): Uint8Array<ArrayBuffer> =>
    Uint8Array.from({ length: bytes }, () => random.nextU32() & 255);
  disk.faults = base;
  const fileKeys = seed % 5 === 2 ? wrappingKeys(new Uint8Array(32).fill(seed), entropy) : undefined;
  return {
    lies,
    isShared: false,
    open: (timer) =>
      openSegmentEngine({
        disk: disk.mount(),
        timer,
        entropy,
        fileKeys,
        segmentBytes: 6_000,
        maxBatchBytes: 3_000,
        unsyncedBytes: 4_000,
        syncWithinMs: 30,
      }),
    crash: (model) => disk.crash(model),
    change: () => {
      const choice = random.nextInt(4);
      if (choice === 0) disk.faults = { ...base, capacityBytes: random.nextInt(60_000) };
      else if (choice === 1) disk.faults = { ...base, syncError: 0.02 };
      else disk.faults = base;
    },
    calm: () => {
      disk.faults = HONEST;
    },
  };
}

/** Whether an engine says that what it found on the disk is damaged. */
export function isDamage(thrown: unknown): boolean {
  return thrown instanceof ArqonError && thrown.code === "LOG_CORRUPT";
}
