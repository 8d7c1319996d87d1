/** Threads that help one that simulates: they share its statevector. */
import { Worker } from "node:worker_threads";
import type { Crew } from "@arqon/substrates/quantum";

const MODULE = new URL("./crew-thread.ts", import.meta.url);

let kept: Crew | undefined;

/** The helpers of this thread, started with their first task and kept; they end with it. */
export function crewOf(threads: number): Crew {
  if (kept?.threads === threads) return kept;
  let workers: readonly Worker[] | undefined;
  kept = {
    threads,
    call: (task) => {
      workers ??= Array.from({ length: threads - 1 }, () => start());
      for (const [i, worker] of workers.entries()) worker.postMessage({ task, thread: i + 1 });
    },
  };
  return kept;
}

function start(): Worker {
  const worker = new Worker(MODULE);
  worker.unref();
  return worker;
}
