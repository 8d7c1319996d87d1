/**
 * What each feature costs: server CPU per delivered 1 KB message, one to one, with one feature switched on or used, beside the
 * bus without it in the same run. What cannot be switched off (a key, capabilities, sequence and stamps, counters, the bound
 * for slow readers) is in every row; here it is used harder.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificateIn } from "./bus-lab/certificate.ts";
import { interleave } from "./bus-lab/interleave.ts";
import { Peers, type Task } from "./bus-lab/peers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "features";

/** What a feature changes in the task, and the base it stands beside. */
interface Feature {
  readonly task: Partial<Task>;
  readonly base: string;
}

/** Messages in JSON cost so much more that fewer may be on their way within the patience of the load. */
const SMALL_WINDOW = 512;

function features(tls: Task["tls"], spans: string): Record<string, Feature> {
  const beside = (task: Partial<Task>, base = "base"): Feature => ({ task, base });
  return {
    base: beside({}, ""),
    // 200 more capabilities of the principal.
    authorization: beside({ bus: { moreGrants: 200 } }),
    wildcards: beside({ exact: false }),
    // The page of metrics, ten times a second.
    metrics: beside({ bus: { scrapesPerS: 10 } }),
    // A second subscriber that never reads: what waits for it is bounded, and left out beyond that.
    "slow-consumer": beside({ load: { stalled: 1 } }),
    "two-readers": beside({ readers: 2 }),
    tcp: beside({ protocol: "arqon-tcp" }),
    packing: beside({ protocol: "arqon-packed" }),
    credit: beside({ credit: true }),
    json: beside({ protocol: "arqon-json", window: SMALL_WINDOW }),
    "plain-path": beside({ bus: { plainPath: true } }),
    ...(tls && { tls: beside({ tls }) }),
    "per-topic": beside({ reality: "lawful", bus: { ordering: "per_topic" } }),
    partitioned: beside({ reality: "lawful", bus: { ordering: "partitioned(16)" } }),
    // A trace context in each message; nobody makes spans of it.
    traced: beside({ traced: true }),
    // What makes the spans follows everything, in the process of the server, as it does there.
    "otlp-untraced": beside({ window: SMALL_WINDOW, bus: { tracerFile: spans } }),
    "otlp-traced": beside({ traced: true, window: SMALL_WINDOW, bus: { tracerFile: spans } }, "traced"),
  };
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const folder = mkdtempSync(join(tmpdir(), "arqon-features-"));
  const peers = new Peers(log);
  try {
    if (!peers.has("arqon")) return;
    if (!peers.hasTls) log("no headers of OpenSSL (libssl-dev): the row of TLS is left out");
    const tls = peers.hasTls ? await certificateIn(folder) : undefined;
    const all = features(tls, join(folder, "spans.json"));
    const task: Task = {
      protocol: "arqon",
      exact: true,
      readers: 1,
      window: 4_096,
      warmMs: quick ? 300 : 600,
      runMs: quick ? 300 : 800,
    };
    const sides = Object.entries(all).map(([each, feature]) => {
      const run = async (): Promise<number> => (await peers.run({ ...task, ...feature.task })).cpuUs;
      return [each, run] as const;
    });
    const values = await interleave(
      Object.fromEntries(sides),
      quick ? 1 : 3,
      log,
      (us) => `${us.toFixed(3)} us`,
    );
    for (const [each, { base }] of Object.entries(all)) {
      const [ours, theirs] = [values.get(each), values.get(base)];
      if (ours === undefined || (base !== "" && theirs === undefined)) continue;
      yield benchRow({
        bench: "bus",
        case: `features/${each}`,
        metric: "cpu_us",
        unit: "us",
        values: ours,
        ...(theirs && { peer: { name: base, values: theirs } }),
      });
    }
  } finally {
    peers.close();
    rmSync(folder, { recursive: true });
  }
}
