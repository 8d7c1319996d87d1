/** Server CPU per delivered message against connections, topics, subscriptions and payload size, beside nats-server. */
import { interleave } from "./bus-lab/interleave.ts";
import { Peers, type Task } from "./bus-lab/peers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "curves";

/** Bytes on their way at most: less than what may wait for a reader before something is left out. */
const MOST_BYTES = 4 << 20;
const MOST_MESSAGES = 4_096;
/** A connection may have a thousand. */
const SUBSCRIPTIONS_EACH = 500;

interface Curve {
  readonly along: string;
  readonly at: readonly number[];
  task(value: number): Partial<Task>;
}

const CURVES: readonly Curve[] = [
  {
    // Half of them publish, each on a topic of its own that one of the others reads; 16 messages at a time.
    along: "connections",
    at: [10, 50, 200, 500, 1_000, 2_000],
    task: (n) => ({ mode: "pairs", numbered: "pairs", readers: n / 2, load: { burst: 16 } }),
  },
  {
    // What each of 500 publishers writes at once: with 1 every read of the server brings one message.
    along: "burst",
    at: [1, 4, 16, 64],
    task: (burst) => ({ mode: "pairs", numbered: "pairs", readers: 500, load: { burst } }),
  },
  {
    // One publisher goes round through them, so that each is as long ago as it can be when it comes again.
    along: "topics",
    at: [1, 10, 100, 1_000, 3_000, 10_000],
    task: (n) => ({ numbered: "topics", load: { topics: n } }),
  },
  {
    // Filters with wildcards of other connections that part from the topic at its last token, and one that matches.
    along: "subscriptions",
    at: [1, 10, 100, 1_000, 10_000],
    task: (n) => {
      const bystanders = Math.ceil(n / SUBSCRIPTIONS_EACH);
      return { numbered: "topics", standing: Math.round(n / bystanders), load: { topics: 100, bystanders } };
    },
  },
  {
    along: "payload",
    at: [16, 256, 1_024, 4_096, 16_384, 65_536, 262_144],
    task: (payloadBytes) => ({
      payloadBytes,
      window: Math.min(MOST_MESSAGES, Math.floor(MOST_BYTES / payloadBytes)),
    }),
  },
];

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const peers = new Peers(log);
  try {
    if (!peers.has("arqon")) return;
    const hasNats = peers.has("nats-ws");
    for (const { along, at, task } of CURVES)
      for (const value of quick ? at.filter((_, i) => i % 2 === 0) : at) {
        const common = {
          readers: 1,
          window: MOST_MESSAGES,
          warmMs: quick ? 300 : 600,
          runMs: quick ? 300 : 800,
          ...task(value),
        };
        const outcomes = await interleave(
          {
            arqon: () => peers.run({ ...common, protocol: "arqon" }),
            ...(hasNats && { "nats-ws": () => peers.run({ ...common, protocol: "nats-ws" }) }),
          },
          quick ? 1 : 3,
          (line) => log(`${along} ${value}: ${line}`),
          ({ cpuUs, perSecond }) => `${cpuUs.toFixed(3)} us, ${Math.round(perSecond)} deliveries/s`,
        );
        const [ours, theirs] = ["arqon", "nats-ws"].map((side) =>
          outcomes.get(side)?.map(({ cpuUs }) => cpuUs),
        );
        if (ours === undefined) continue;
        yield benchRow({
          bench: "bus",
          case: `curves/${along}/${value}`,
          metric: "cpu_us",
          unit: "us",
          values: ours,
          ...(theirs && { peer: { name: "nats-ws", values: theirs } }),
        });
      }
  } finally {
    peers.close();
  }
}
