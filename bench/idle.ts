/** What an idle connection costs: resident memory of the server, beside nats-server and a bare `ws` server. */
import { interleave } from "./bus-lab/interleave.ts";
import { Peers } from "./bus-lab/peers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "idle";

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const peers = new Peers(log);
  try {
    if (!peers.has("arqon")) return;
    const connections = quick ? 500 : 2_000;
    const protocols = (["arqon", "nats-ws", "ws"] as const).filter((each) => peers.has(each));
    const values = await interleave(
      Object.fromEntries(
        protocols.map((each) => [each, async () => (await peers.idle(each, connections)) / 1024]),
      ),
      quick ? 1 : 5,
      log,
      (kb) => `${kb.toFixed(1)} KB`,
    );
    const ours = values.get("arqon");
    for (const [peer, target] of [["nats-ws", 0.35] as const, ["ws", 1] as const]) {
      const theirs = values.get(peer);
      if (ours === undefined || theirs === undefined) continue;
      yield benchRow({
        bench: name,
        case: "connection",
        metric: "rss_kb",
        unit: "KB",
        values: ours,
        peer: { name: peer, values: theirs },
        target,
      });
    }
  } finally {
    peers.close();
  }
}
