/** The engine contract in memory, driven by a seed: delays, refusals, failed syncs, crashes and late acknowledgements. */
import { ArqonError, type Timer } from "@arqon/core/base";
import { checkReality, closedError } from "./check.ts";
import type { Engine, RealityLog } from "./engine.ts";
import { type FaultRates, Faults } from "./faults.ts";
import { MemoryKeys } from "./memory-keys.ts";
import { MemoryLog, type MemoryStore } from "./memory-log.ts";

/** What ends: the process (what was written survives) or the power (only what was synced surely does). */
export type CrashModel = "kill" | "power";

/** An engine that can be made to fail. Its keys and stores outlive {@link crash} and `close`. */
export interface FaultEngine extends Engine {
  /** How often what goes wrong from now on. */
  rates: FaultRates;
  /**
   * Ends every open log: waiting appends are refused, and what the model may take is taken, as the seed wills.
   * The engine itself goes on and plays the machine after its restart: open the logs again.
   */
  crash(model: CrashModel): void;
}

/**
 * Opens a fault engine.
 *
 * @param seed  same seed, same calls, same misfortunes.
 * @param time  waits on this only, so a `ManualTime` drives it.
 */
export function faultEngine(seed: number | bigint, time: Timer, rates: FaultRates = {}): FaultEngine {
  const faults = new Faults(BigInt(seed), time, rates);
  const stores = new Map<string, MemoryStore>();
  const logs = new Map<string, MemoryLog>();
  let lines = 0;
  return {
    keys: new MemoryKeys(faults),
    get rates() {
      return faults.rates;
    },
    set rates(next) {
      faults.rates = next;
    },
    async openLog(reality): Promise<RealityLog> {
      checkReality(reality);
      logs.get(reality)?.fence();
      await faults.delay();
      logs.get(reality)?.fence();
      const store = stores.get(reality) ?? {
        epoch: `${seed}-${++lines}`,
        records: [],
        synced: 0,
        floor: 0,
        ends: [],
      };
      stores.set(reality, store);
      const log = new MemoryLog(reality, store, faults);
      logs.set(reality, log);
      return log;
    },
    crash(model) {
      for (const log of logs.values())
        log.end(new ArqonError("LOG_UNAVAILABLE", `the engine crashed (${model})`));
      logs.clear();
      for (const store of stores.values()) {
        const spared = [store.synced, ...store.ends];
        if (model === "power") store.records.length = spared[faults.random.nextInt(spared.length)] as number;
        store.synced = store.records.length;
        store.ends = [];
      }
    },
    async close() {
      for (const log of logs.values()) await log.close();
      for (const log of logs.values()) log.end(closedError("the engine"));
      logs.clear();
    },
  };
}
