/** Threads that help one that simulates: they share its statevector. */
import { Worker } from "node:worker_threads";
import type { Crew } from "@arqon/substrates/quantum";

const MODULE = new URL("./crew-thread.ts", import.meta.url);

let kept: Crew | undefined;

/** The helpers of this thread, started when first asked for and kept; they end with it. */
export function crewOf(threads: number): Crew {
  if (kept?.threads === threads) return kept;
  const workers = Array.from({ length: threads - 1 }, () => {
    const worker = new Worker(MODULE);
    worker.unref();
    return worker;
  });
  kept = {
    threads,
    call: (task) => {
      for (const [i, worker] of workers.entries()) worker.postMessage({ task, thread: i + 1 });
    },
  };
  return kept;
}
