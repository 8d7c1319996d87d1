/**
 * 50,000 connections that are known, have one subscription and are silent, held at once on one machine: by one server process where the limit of open
 * files allows, else by as many as it takes. The load comes from several addresses of the loopback.
 */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Peers } from "./bus-lab/peers.ts";
import type { Running } from "./bus-lab/servers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "hold";

const CONNECTIONS = 50_000;
/** Open files of a process that are no connections. */
const OTHER_FILES = 500;
/** Connections that are there before counting begins. */
const FIRST = 100;
/** How long they are held before memory is taken again: two heartbeats and a bit. */
const HELD_MS = 13_000;

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const peers = new Peers(log);
  const servers: Running[] = [];
  const loads: ChildProcess[] = [];
  try {
    if (!peers.has("arqon")) return;
    const count = quick ? 2_000 : CONNECTIONS;
    const processes = quick ? 2 : Math.ceil(count / (openFiles() - OTHER_FILES));
    const each = Math.ceil(count / processes);
    log(`${processes} server processes, ${each} connections each`);
    for (let i = 0; i < processes; i++) servers.push(await peers.serve({ protocol: "arqon" }));
    for (const server of servers) loads.push(await peers.hold("arqon", server, FIRST));
    const before = await rssOf(servers);
    const began = performance.now();
    loads.push(
      ...(await Promise.all(
        servers.map((server, i) => peers.hold("arqon", server, each, { source: i + 1 })),
      )),
    );
    const openedS = (performance.now() - began) / 1_000;
    log(`${each * processes} connections open after ${openedS.toFixed(1)} s`);
    const busy = servers.map(({ pid }) => cpuMs(pid));
    const silent = performance.now();
    await pause(quick ? HELD_MS / 4 : HELD_MS);
    const heldMs = performance.now() - silent;
    const percents = servers.map(({ pid }, i) => (100 * (cpuMs(pid) - (busy[i] as number))) / heldMs);
    for (const load of loads)
      if (load.exitCode !== null || load.signalCode !== null) throw new Error("a connection was lost");
    const after = await rssOf(servers);
    const row = (metric: string, unit: string, values: number[], target?: number): BenchRow =>
      benchRow({
        bench: "idle",
        case: String(count),
        metric,
        unit,
        values,
        ...(target !== undefined && { target }),
      });
    yield row("held", "connections", [each * processes], CONNECTIONS);
    yield row("processes", "server processes", [processes]);
    yield row(
      "rss_kb",
      "KB/connection",
      after.map((bytes, i) => (bytes - (before[i] as number)) / each / 1024),
    );
    yield row("rss_mb", "MB in all", [after.reduce((sum, bytes) => sum + bytes, 0) / 2 ** 20]);
    // Heartbeats, on all processes together.
    yield row("cpu_percent", "% of a core", [percents.reduce((sum, each) => sum + each, 0)]);
    yield row("accepted", "connections/s", [(each * processes) / openedS]);
  } finally {
    for (const load of loads) load.kill("SIGKILL");
    await Promise.all(servers.map((server) => server.stop()));
    peers.close();
  }
}

async function rssOf(servers: readonly Running[]): Promise<number[]> {
  const all: number[] = [];
  for (const server of servers) all.push(await server.rss());
  return all;
}

/** CPU time of all threads of a process. */
function cpuMs(pid: number): number {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  return ns / 1e6;
}

/** Files a process may have open at once; Node raises its own limit to the hard one. */
function openFiles(): number {
  const limit = /Max open files\s+\S+\s+(\S+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return limit === "unlimited" || limit === undefined ? CONNECTIONS * 2 : Number(limit);
}
