/** Growth with depth and threads; growth with qubits is in the rows beside the peers. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type Crew, type Precision, runCircuit } from "@arqon/substrates/quantum";
import { type BenchOptions, type BenchRow, benchRow } from "../row.ts";
import { brickwork, circuitOf } from "./brickwork.ts";
import { ceilingOf } from "./ceiling.ts";

const DEPTH = 20;
const DEPTH_QUBITS = 18;
const PRECISIONS: readonly Precision[] = ["f32", "f64"];

/** CPU milliseconds against layers, at 18 qubits. */
export function* depthRows({ quick }: BenchOptions): Generator<BenchRow> {
  for (const precision of PRECISIONS)
    for (const depth of quick ? [10, 20] : [10, 20, 40, 80, 160]) {
      const steps = brickwork(DEPTH_QUBITS, depth);
      const values = Array.from({ length: quick ? 1 : 5 }, () => {
        const before = process.cpuUsage();
        runCircuit(circuitOf(DEPTH_QUBITS, steps), { shots: 1, seed: 9n, engine: "fast", precision });
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      });
      yield benchRow({
        bench: "quantum",
        case: `growth/depth-${precision}/${depth}`,
        metric: "cpu_ms",
        unit: "ms",
        values,
      });
    }
}

/** Wall time by 1, 2, 4, ... threads of this machine, interleaved with one thread; and what the machine gives at most. */
export async function* threadRows({ quick }: BenchOptions): AsyncGenerator<BenchRow> {
  const n = quick ? 2 : 7;
  for (const qubits of quick ? [20] : [22, 24])
    for (const precision of PRECISIONS) {
      const circuit = circuitOf(qubits, brickwork(qubits, DEPTH));
      const run = (crew: Crew): number => {
        const began = performance.now();
        runCircuit(circuit, { shots: 1, seed: 9n, engine: "fast", precision, crew });
        return performance.now() - began;
      };
      yield* against(n, `threads-${precision}-${qubits}`, async (threads) => {
        const { crew, close } = crewOf(threads);
        run(crew);
        return { measure: () => run(crew), close };
      });
    }
  for (const kind of ["memory", "arithmetic"] as const)
    yield* against(3 * n, `threads-${kind}-alone`, (threads) => ceilingOf(kind, threads));
}

interface Side {
  readonly measure: () => number;
  readonly close: () => Promise<unknown>;
}

async function* against(
  n: number,
  what: string,
  start: (threads: number) => Promise<Side>,
): AsyncGenerator<BenchRow> {
  const common = { bench: "quantum", metric: "wall_ms", unit: "ms" };
  const one = await start(1);
  for (let threads = 2; threads <= availableParallelism(); threads *= 2) {
    const several = await start(threads);
    const [values, alone]: [number[], number[]] = [[], []];
    for (let i = 0; i < n; i++) {
      alone.push(one.measure());
      values.push(several.measure());
    }
    await several.close();
    const peer = { name: "one-thread", values: alone };
    yield benchRow({ ...common, case: `growth/${what}/${threads}`, values, peer });
  }
  await one.close();
}

function crewOf(threads: number): { crew: Crew; close: () => Promise<unknown> } {
  const workers = Array.from(
    { length: threads - 1 },
    () => new Worker(new URL("./crew-thread.ts", import.meta.url)),
  );
  const crew: Crew = {
    threads,
    call: (task) => {
      for (const [i, worker] of workers.entries()) worker.postMessage({ task, thread: i + 1 });
    },
  };
  return { crew, close: () => Promise.all(workers.map((worker) => worker.terminate())) };
}
