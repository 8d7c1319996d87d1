/** What an idle connection costs: resident memory of the server, beside nats-server. */
import { interleave } from "./bus-lab/interleave.ts";
import { Peers } from "./bus-lab/peers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "idle";

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const peers = new Peers(log);
  try {
    if (!peers.has("arqon")) return;
    const connections = quick ? 500 : 5_000;
    const protocols = (["arqon", "nats-ws"] as const).filter((each) => peers.has(each));
    const values = await interleave(
      Object.fromEntries(
        protocols.map((each) => [each, async () => (await peers.idle(each, connections)) / 1024]),
      ),
      quick ? 1 : 5,
      log,
      (kb) => `${kb.toFixed(1)} KB`,
    );
    const [ours, theirs] = [values.get("arqon"), values.get("nats-ws")];
    if (ours === undefined) return;
    yield benchRow({
      bench: name,
      case: "connection",
      metric: "rss_kb",
      unit: "KB",
      values: ours,
      ...(theirs && { peer: { name: "nats-ws", values: theirs }, target: 0.35 }),
    });
  } finally {
    peers.close();
  }
}
