/**
 * Feeds every parser of the bus with seeded input. Usage: node --expose-gc tests/fuzz/fuzz.ts INPUTS [SEED].
 * Says one line of JSON at the end; a beat on stderr now and then lets a watcher know that nothing hangs.
 */
import { createRandom } from "@arqon/core/base";
import { Bytes } from "./bytes.ts";
import { envelopes, frames, records, type Target, topics } from "./pure-targets.ts";
import { Victim } from "./session-target.ts";

const [inputs = 100_000, seed = 1] = process.argv.slice(2).map(Number);
/** Most time of the processor that one call of a target may take. */
const STEP_MS = 2_000;
/** Connections one bus is given before a new one takes its place. */
const CONNECTIONS = 2_000;

let victim: Victim | undefined;
let connections = 0;
const sessions =
  (plainPath: boolean): Target =>
  async (bytes) => {
    if (victim === undefined || connections++ % CONNECTIONS === 0) {
      victim = new Victim(seed, plainPath);
      await victim.start();
    }
    return victim.take(bytes);
  };

/** Targets and their share of the inputs. */
const TARGETS: readonly (readonly [string, Target, number])[] = [
  ["envelopes", envelopes, 0.3],
  ["topics", topics, 0.3],
  ["frames", frames, 0.2],
  ["records", records, 0.15],
  ["sessions, kernel", sessions(false), 0.03],
  ["sessions, plain path", sessions(true), 0.02],
];

function heapMb(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1048576;
}

const rows: object[] = [];
for (const [number, [name, target, share]] of TARGETS.entries()) {
  victim = undefined;
  connections = 0;
  const wanted = Math.ceil(inputs * share);
  let done = 0;
  let block = 0;
  let slowestMs = 0;
  let warmMb: number | undefined;
  const startedMs = performance.now();
  let beatMs = startedMs;
  while (done < wanted) {
    // A block is found again by its number alone.
    const bytes = new Bytes(createRandom(BigInt(seed) * 1_000_003n + BigInt(block), BigInt(number)));
    const cpu = process.cpuUsage();
    for (let i = 0; i < 256 && done < wanted; i++) {
      const beganMs = performance.now();
      try {
        const taken = target(bytes);
        done += typeof taken === "number" ? taken : await taken;
      } catch (cause) {
        throw new Error(`${name}: block ${block}, input ${i} of seed ${seed}`, { cause });
      }
      const tookMs = performance.now() - beganMs;
      slowestMs = Math.max(slowestMs, tookMs);
      // A busy machine may have let it wait; the processor's time of the whole block is more than that of the call.
      if (tookMs > STEP_MS && process.cpuUsage(cpu).user > STEP_MS * 1_000)
        throw new Error(`${name}: block ${block}, input ${i} took ${Math.round(tookMs)} ms`);
    }
    block++;
    if (warmMb === undefined && done > wanted / 3) {
      victim = undefined;
      connections = 0;
      warmMb = heapMb();
    }
    if (performance.now() - beatMs > 2_000) {
      beatMs = performance.now();
      process.stderr.write(".");
    }
  }
  const seconds = (performance.now() - startedMs) / 1000;
  victim = undefined;
  const grownMb = heapMb() - (warmMb ?? 0);
  rows.push({
    name,
    inputs: done,
    perSecond: Math.round(done / seconds),
    slowestMs: +slowestMs.toFixed(1),
    grownMb: +grownMb.toFixed(1),
  });
  if (globalThis.gc && grownMb > 24) throw new Error(`${name}: the heap grew by ${grownMb.toFixed(1)} MiB`);
}
process.stdout.write(`${JSON.stringify(rows)}\n`);
process.exit(0);
