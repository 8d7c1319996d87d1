/** What threads of this machine can give at most: one pass over memory, and arithmetic without memory, cut into equal parts. */
import { Worker, workerData } from "node:worker_threads";

/** Doubles of a pass: as many bytes as the states that are simulated beside it have at least. */
const DOUBLES = 2 ** 23;
const TURNS = 4e7;
/** Words that threads agree by. */
const [GENERATION, FINISHED] = [0, 1];

/** What is cut into parts. */
export type Ceiling = "memory" | "arithmetic";

interface Shared {
  readonly doubles: Float64Array;
  readonly words: Int32Array;
  readonly threads: number;
  readonly thread: number;
  readonly kind: Ceiling;
}

function work({ doubles, threads, thread, kind }: Shared): void {
  if (kind === "arithmetic") {
    let x = 1;
    for (let i = 0; i < TURNS / threads; i++) x = x * 0.999999 + 1e-6;
    doubles[thread] = x;
    return;
  }
  const end = (DOUBLES / threads) * (thread + 1);
  for (let i = (DOUBLES / threads) * thread; i < end; i++) doubles[i] = (doubles[i] as number) * 0.999999;
}

function help(shared: Shared): void {
  const { words } = shared;
  for (let seen = 0; ; ) {
    Atomics.add(words, FINISHED, 1);
    Atomics.wait(words, GENERATION, seen);
    seen = Atomics.load(words, GENERATION);
    work(shared);
  }
}

/** Wall milliseconds of the work by some threads; `close` ends them. */
export async function ceilingOf(
  kind: Ceiling,
  threads: number,
): Promise<{ readonly measure: () => number; readonly close: () => Promise<unknown> }> {
  const doubles = new Float64Array(new SharedArrayBuffer(8 * DOUBLES)).fill(1);
  const words = new Int32Array(new SharedArrayBuffer(64));
  const mine: Shared = { doubles, words, threads, thread: 0, kind };
  const workers = Array.from(
    { length: threads - 1 },
    (_, k) => new Worker(new URL(import.meta.url), { workerData: { ...mine, thread: k + 1 } }),
  );
  const allFinished = () => Atomics.load(words, FINISHED) >= threads - 1;
  const measure = (): number => {
    Atomics.store(words, FINISHED, 0);
    const began = performance.now();
    Atomics.add(words, GENERATION, 1);
    Atomics.notify(words, GENERATION);
    work(mine);
    while (!allFinished()) if (performance.now() - began > 60_000) throw new Error("a thread is gone");
    return performance.now() - began;
  };
  while (!allFinished()) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let warm = 0; warm < 3; warm++) measure();
  return { measure, close: () => Promise.all(workers.map((worker) => worker.terminate())) };
}

if (workerData !== null) help(workerData as Shared);
