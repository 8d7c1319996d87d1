/** Server CPU per delivered 1 KB message: the bus with keys, wildcards and sequence beside relays and nats-server. */
import { Load } from "./bus-lab/load.ts";
import { Peers } from "./bus-lab/peers.ts";
import type { Protocol } from "./bus-lab/script.ts";
import { ServerProcess } from "./bus-lab/server-process.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "bus";

const CASES = [
  { case: "one-to-one", readers: 1, window: 2_048, messages: 100_000, target: 0.5 },
  { case: "one-to-hundred", readers: 100, window: 256, messages: 3_200, target: 0.2 },
] as const;

/** CPU microseconds of the server per delivery, in a process of its own. */
async function measure(
  file: string,
  isBus: boolean,
  readers: number,
  window: number,
  messages: number,
): Promise<number> {
  const server = await ServerProcess.start(file);
  try {
    const load = await Load.connect(server.port, readers, isBus, window);
    await load.run(Math.ceil(messages / 4));
    const before = await server.usage();
    const { deliveries } = await load.run(messages);
    const after = await server.usage();
    load.close();
    return (after.cpuUs - before.cpuUs) / deliveries;
  } finally {
    await server.stop();
  }
}

/** Driven by the load in C, which costs less than any of the servers. Bounds of the ratios: `[peer, target, floor]`. */
const C_CASES: readonly {
  readonly case: string;
  readonly readers: number;
  readonly window: number;
  readonly bounds: readonly (readonly [
    peer: string,
    target: number | undefined,
    floor: number | undefined,
  ])[];
}[] = [
  {
    case: "one-to-one",
    readers: 1,
    window: 4_096,
    bounds: [
      ["nats-ws", 0.5, 0.67],
      ["nats-tcp", undefined, undefined],
      ["c-relay", undefined, undefined],
    ],
  },
  {
    case: "one-to-hundred",
    readers: 100,
    window: 256,
    bounds: [
      ["nats-ws", 0.4, undefined],
      ["nats-tcp", undefined, undefined],
      ["c-relay", 1.15, undefined],
    ],
  },
];

export async function* rows(options: BenchOptions): AsyncGenerator<BenchRow> {
  yield* wsRows(options);
  const peers = new Peers(options.log);
  try {
    if (peers.has("arqon")) yield* cRows(peers, options);
  } finally {
    peers.close();
  }
}

async function* cRows(peers: Peers, { quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  for (const { case: name_, readers, window, bounds } of C_CASES) {
    const protocolOf = (peer: string): Protocol => (peer === "c-relay" ? "relay" : (peer as Protocol));
    const sides = ["arqon", ...bounds.map(([peer]) => peer)].filter((side) => peers.has(protocolOf(side)));
    const values = new Map<string, number[]>(sides.map((side) => [side, []]));
    for (let i = 0; i < (quick ? 2 : 5); i++) {
      for (const side of sides) {
        const task = {
          protocol: protocolOf(side),
          readers,
          window,
          warmMs: 1_000,
          runMs: quick ? 500 : 2_000,
        };
        const { cpuUs, perSecond } = await peers.run(task);
        values.get(side)?.push(cpuUs);
        log(`${name_} ${i + 1}: ${side} ${cpuUs.toFixed(3)} us, ${Math.round(perSecond)} deliveries/s`);
      }
    }
    for (const [peer, target, floor] of bounds) {
      const theirs = values.get(peer);
      if (theirs === undefined) continue;
      yield benchRow({
        bench: name,
        case: name_,
        metric: "cpu_us",
        unit: "us",
        values: values.get("arqon") as number[],
        peer: { name: peer, values: theirs },
        ...(target === undefined ? {} : { target }),
        ...(floor === undefined ? {} : { floor }),
      });
    }
  }
}

/** Repetitions are interleaved, so that both sides see the same machine. */
async function* wsRows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  for (const { case: name_, readers, window, messages, target } of CASES) {
    const ours: number[] = [];
    const peers: number[] = [];
    const size = quick ? messages / 4 : messages;
    for (let i = 0; i < (quick ? 2 : 5); i++) {
      ours.push(await measure("bus-server.ts", true, readers, window, size));
      peers.push(await measure("ws-server.ts", false, readers, window, size));
      log(`${name_} ${i + 1}: bus ${ours.at(-1)?.toFixed(2)} us, ws ${peers.at(-1)?.toFixed(2)} us`);
    }
    yield benchRow({
      bench: name,
      case: name_,
      metric: "cpu_us",
      unit: "us",
      values: ours,
      peer: { name: "ws", values: peers },
      floor: 1,
      target,
    });
  }
}
