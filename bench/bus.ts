/** Server CPU per delivered 1 KB message: the bus with keys, wildcards and sequence beside relays and other brokers. */
import { interleave } from "./bus-lab/interleave.ts";
import { Peers } from "./bus-lab/peers.ts";
import type { Protocol } from "./bus-lab/script.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "bus";

interface Bounds {
  readonly target?: number;
  readonly floor?: number;
}

/** Name of a peer in a row, and what speaks for it. */
const PEERS: readonly (readonly [peer: string, protocol: Protocol])[] = [
  ["nats-ws", "nats-ws"],
  ["nats-tcp", "nats-tcp"],
  ["c-relay", "relay"],
  ["redis", "redis"],
  ["mosquitto-ws", "mosquitto-ws"],
  ["ws", "ws"],
  ["socket.io", "socket.io"],
];

const CASES: readonly {
  readonly case: string;
  readonly readers: number;
  readonly window: number;
  readonly bounds: Readonly<Record<string, Bounds>>;
}[] = [
  { case: "one-to-one", readers: 1, window: 4_096, bounds: { "nats-ws": { target: 0.5, floor: 0.67 } } },
  {
    case: "one-to-hundred",
    readers: 100,
    window: 256,
    bounds: { "nats-ws": { target: 0.4 }, "c-relay": { target: 1.15 } },
  },
];

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const peers = new Peers(log);
  try {
    if (!peers.has("arqon")) return;
    const present = PEERS.filter(([, protocol]) => peers.has(protocol));
    for (const { case: name_, readers, window, bounds } of CASES) {
      const task = { readers, window, warmMs: quick ? 400 : 500, runMs: quick ? 400 : 600 };
      const sides = Object.fromEntries(
        [["arqon", "arqon"] as const, ...present].map(([side, protocol]) => [
          side,
          () => peers.run({ ...task, protocol }),
        ]),
      );
      const values = await interleave(
        sides,
        quick ? 2 : 5,
        (line) => log(`${name_}: ${line}`),
        ({ cpuUs, perSecond }) => `${cpuUs.toFixed(3)} us, ${Math.round(perSecond)} deliveries/s`,
        new Set(
          present.map(([peer]) => peer).filter((peer) => bounds[peer] === undefined && peer !== "c-relay"),
        ),
      );
      const cpuOf = (side: string): number[] | undefined => values.get(side)?.map(({ cpuUs }) => cpuUs);
      const ours = cpuOf("arqon");
      if (ours === undefined) continue;
      for (const [peer] of present) {
        const theirs = cpuOf(peer);
        if (theirs === undefined) continue;
        yield benchRow({
          bench: name,
          case: name_,
          metric: "cpu_us",
          unit: "us",
          values: ours,
          peer: { name: peer, values: theirs },
          ...bounds[peer],
        });
      }
    }
  } finally {
    peers.close();
  }
}
