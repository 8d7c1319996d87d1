/** Server CPU per delivered 1 KB message: the bus with keys, wildcards and sequence beside a bare `ws` relay. */
import { Load } from "./bus-lab/load.ts";
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

/** Repetitions are interleaved, so that both sides see the same machine. */
export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
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
