/**
 * An agent that publishes a 1 KB message every 10 ms: what it costs the server, how long its messages are inside the server
 * (from the read that brought one to the end of the write that took it on), and how late this machine wakes any program that
 * sleeps, taken at the same time; and what the agent's own process spends with our SDK. Alone with its reader, and among neighbours: 20 more such agents with a reader each, and 2
 * connections that read everything.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { interleave } from "./bus-lab/interleave.ts";
import { type Floor, type Outcome, Peers, type Task } from "./bus-lab/peers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "agent";

const HZ = 100;
const run = promisify(execFile);
/** Agents, connections that read everything, and 1 when only the agent's own messages cost. */
const CASES = [
  { case: "alone", agents: 1, watchers: 0 },
  { case: "neighbours", agents: 21, watchers: 2 },
] as const;

interface Observed {
  readonly outcome: Outcome;
  readonly floor: Floor;
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const peers = new Peers(log);
  try {
    if (!peers.has("arqon")) return;
    const sides = [...CASES.map(({ case: side }) => side), ...(peers.has("nats-ws") ? ["nats-ws"] : [])];
    const runMs = quick ? 1_500 : 4_000;
    const task = (agents: number, watchers: number): Task => ({
      protocol: "arqon",
      mode: "pace",
      numbered: "pairs",
      readers: agents,
      window: 0,
      warmMs: 1_000,
      runMs,
      load: { hz: HZ, watchers },
      // Readers come first, then publishers.
      bus: { queueing: { from: agents, to: 0 } },
    });
    const [alone, among] = CASES.map(({ agents, watchers }) => task(agents, watchers)) as [Task, Task];
    const tasks: Record<string, Task> = {
      alone,
      neighbours: among,
      "nats-ws": { ...among, protocol: "nats-ws" },
    };
    const observe = async (side: string): Promise<Observed> => {
      const [outcome, floor] = await Promise.all([
        peers.run(tasks[side] as Task),
        peers.floor(runMs + 1_000),
      ]);
      return { outcome, floor };
    };
    const observed = await interleave(
      Object.fromEntries(sides.map((side) => [side, () => observe(side)])),
      quick ? 1 : 3,
      log,
      ({ outcome: { cpuUs, p99Us, queueing }, floor }) =>
        `${cpuUs.toFixed(1)} us a message, inside p99 ${queueing?.p99.toFixed(3) ?? "-"} ms, ` +
        `late p99 ${p99Us} us, floor p99 ${floor.p99Us} us`,
    );
    const clients = await interleave(
      { sdk: () => pacerUs(peers, runMs) },
      quick ? 1 : 3,
      log,
      (us) => `${us.toFixed(1)} us of the agent's own CPU a message`,
    );
    const values = clients.get("sdk");
    if (values)
      yield benchRow({ bench: name, case: "10ms/typescript", metric: "client_cpu_us", unit: "us", values });
    for (const { case: side } of CASES) {
      const all = observed.get(side);
      if (all) yield* rowsOf(side, all, side === "neighbours" ? observed.get("nats-ws") : undefined);
    }
  } finally {
    peers.close();
  }
}

/** CPU of a process that publishes through the SDK, for one message, microseconds. */
async function pacerUs(peers: Peers, runMs: number): Promise<number> {
  const server = await peers.serve({ protocol: "arqon" });
  try {
    const words = [`ws://127.0.0.1:${server.port}`, String((runMs * HZ) / 1_000)];
    const pacer = join(import.meta.dirname, "sdk-lab/pacer.ts");
    const { stdout } = await run(process.execPath, [pacer, ...words], { timeout: runMs + 30_000 });
    return (JSON.parse(stdout) as { cpuUs: number }).cpuUs;
  } finally {
    await server.stop();
  }
}

function* rowsOf(
  side: string,
  all: readonly Observed[],
  peer: readonly Observed[] | undefined,
): Generator<BenchRow> {
  const row = (metric: string, unit: string, pick: (one: Observed) => number, target?: number): BenchRow =>
    benchRow({
      bench: name,
      case: `10ms/${side}`,
      metric,
      unit,
      values: all.map(pick),
      ...(target !== undefined && { target }),
    });
  yield benchRow({
    bench: name,
    case: `10ms/${side}`,
    metric: "cpu_us",
    unit: "us",
    values: all.map(({ outcome }) => outcome.cpuUs),
    ...(peer && { peer: { name: "nats-ws", values: peer.map(({ outcome }) => outcome.cpuUs) } }),
  });
  // One agent's share of one core: its messages, each at the cost of one.
  yield row("cpu_percent", "% of a core", ({ outcome }) => (outcome.cpuUs * HZ) / 1e4);
  yield row("inside_p50_ms", "ms", ({ outcome }) => outcome.queueing?.p50 ?? Number.NaN);
  yield row("inside_p99_ms", "ms", ({ outcome }) => outcome.queueing?.p99 ?? Number.NaN, 1);
  yield row("late_p99_ms", "ms", ({ outcome }) => (outcome.p99Us ?? Number.NaN) / 1_000);
  yield row("floor_p99_ms", "ms", ({ floor }) => floor.p99Us / 1_000);
}
