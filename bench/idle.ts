/** What an idle connection costs: resident memory of the server, beside a bare `ws` server and nats-server. */
import type { Socket } from "node:net";
import { join } from "./bus-lab/load.ts";
import { Peers } from "./bus-lab/peers.ts";
import { ServerProcess } from "./bus-lab/server-process.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "idle";

/** Bytes of resident memory per connection that is open, known and silent. */
async function measure(file: string, isBus: boolean, connections: number): Promise<number> {
  const server = await ServerProcess.start(file);
  const sockets: Socket[] = [];
  try {
    for (let i = 0; i < 200; i++) sockets.push(await join(server.port, "/read", isBus));
    const before = await server.usage("collect");
    for (let i = 0; i < connections; i++) sockets.push(await join(server.port, "/read", isBus));
    await server.usage("collect");
    const after = await server.usage("collect");
    return (after.rssBytes - before.rssBytes) / connections;
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const ours: number[] = [];
  const peers: number[] = [];
  for (let i = 0; i < (quick ? 1 : 5); i++) {
    ours.push((await measure("bus-server.ts", true, quick ? 500 : 2_000)) / 1024);
    peers.push((await measure("ws-server.ts", false, quick ? 500 : 2_000)) / 1024);
    log(`${i + 1}: bus ${ours.at(-1)?.toFixed(1)} KB, ws ${peers.at(-1)?.toFixed(1)} KB`);
  }
  yield benchRow({
    bench: name,
    case: "connection",
    metric: "rss_kb",
    unit: "KB",
    values: ours,
    peer: { name: "ws", values: peers },
    floor: 2,
    target: 1,
  });
  const others = new Peers(log);
  try {
    if (others.has("nats-ws")) yield await besideNats(others, { quick, log });
  } finally {
    others.close();
  }
}

async function besideNats(peers: Peers, { quick, log }: BenchOptions): Promise<BenchRow> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < (quick ? 1 : 5); i++) {
    ours.push((await peers.idle("arqon", quick ? 500 : 2_000)) / 1024);
    theirs.push((await peers.idle("nats-ws", quick ? 500 : 2_000)) / 1024);
    log(`${i + 1}: bus ${ours.at(-1)?.toFixed(1)} KB, nats-ws ${theirs.at(-1)?.toFixed(1)} KB`);
  }
  return benchRow({
    bench: name,
    case: "connection",
    metric: "rss_kb",
    unit: "KB",
    values: ours,
    peer: { name: "nats-ws", values: theirs },
    target: 0.35,
  });
}
