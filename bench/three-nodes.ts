/**
 * What three nodes would do, computed from kept rows: `node bench/three-nodes.ts` prints the tables of docs/bench/three-nodes.md,
 * `--write` puts them there. The model and its assumptions are in that page; nothing here was measured on three nodes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type KeptRow, newestRows } from "./results.ts";

const PAGE = join(import.meta.dirname, "../docs/bench/three-nodes.md");
const MESSAGES_PER_S = 100_000;
const READERS = 3;
const NODES = 3;
/** Bytes of a 1 KB message with its envelope and its frame. */
const WIRE_BYTES = 1_200;
/** One way between two nodes of one room. */
const HALF_TRIP_MS = 0.1;
/** Most messages that one read brings. */
const TURN_MESSAGES = 262_144 / WIRE_BYTES;

const kept = new Map(newestRows().map((row) => [row.id, row]));
function row(start: string): KeptRow {
  const found = [...kept.values()].find(({ id }) => id.startsWith(start));
  if (found === undefined) throw new Error(`no kept row ${start}`);
  return found;
}

const inputs = {
  m: {
    row: row("bus/curves/connections/2000/cpu_us"),
    says: "a message in, and out to one reader, over 2,000 connections, 16 at a time",
  },
  s: {
    row: row("bus/curves/burst/1/cpu_us"),
    says: "the same over 1,000 connections, each message a read of its own",
  },
  b: { row: row("bus/one-to-one/cpu_us"), says: "the same on one busy connection, as between two nodes" },
  f: { row: row("bus/one-to-hundred/cpu_us"), says: "one more reader" },
  w: { row: row("bus/wss-one-to-one/cpu_us"), says: "as b, with TLS 1.3 on both sides" },
  q: { row: row("agent/10ms/neighbours/inside_p99_ms"), says: "inside a server that is hardly busy, p99" },
  k: { row: row("idle/50000/rss_kb"), says: "memory of a silent connection" },
  h: { row: row("idle/50000/cpu_percent"), says: "heartbeats of 50,000 silent connections" },
};
const of = (name: keyof typeof inputs): number => inputs[name].row.value;
/** CPU of a logged message over all threads, from profiles: docs/bench/bus.md. */
const LOGGED_US = 4.4;

/** CPU of all nodes for one message, microseconds. */
function cpuUs(incoming: number, isLogged: boolean): number {
  const hop = of("w");
  const forwarded = ((NODES - 1) / NODES) * hop;
  const copies = (NODES - 1) * hop;
  return incoming + forwarded + copies + (READERS - 1) * of("f") + (isLogged ? NODES * LOGGED_US : 0);
}

/**
 * Waiting for the thread of one node at p99: an M/D/1 queue of turns, whose tail falls by e at each mean wait. A turn is what
 * one millisecond brings, or one read.
 *
 * @param usPerMessage  CPU of this node for one message.
 */
function waitMs(load: number, usPerMessage: number): number {
  if (load >= 1) return Number.POSITIVE_INFINITY;
  const turnMs = (Math.min(TURN_MESSAGES, MESSAGES_PER_S / 1_000) * usPerMessage) / 1_000;
  return of("q") + Math.log(100) * (load / (2 * (1 - load))) * turnMs;
}

const show = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "no end";

function inputTable(): string[] {
  return [
    "| | Input | Value | Row |",
    "|---|---|---|---|",
    ...Object.entries(inputs).map(
      ([
        name,
        {
          row: { id, value, unit },
          says,
        },
      ]) => `| ${name} | ${says} | ${show(value)} ${unit} | \`${id}\` |`,
    ),
    `| L | a logged message, all threads of one node | ${LOGGED_US} us | profile in [bus.md](bus.md) |`,
  ];
}

function resultTable(): string[] {
  const cases = [
    ["not logged, 16 at a time", of("m"), false],
    ["not logged, one at a time", of("s"), false],
    ["logged by all three, 16 at a time", of("m"), true],
    ["logged by all three, one at a time", of("s"), true],
  ] as const;
  return [
    "| 100,000 messages/s of 1 KB | CPU, all nodes, µs a message | Cores busy in a node | Most messages/s, one thread a node | Waiting in a node, p99 ms | End to end, p99 ms |",
    "|---|---|---|---|---|---|",
    ...cases.map(([name, incoming, isLogged]) => {
      const us = cpuUs(incoming, isLogged);
      const load = (us * MESSAGES_PER_S) / NODES / 1e6;
      const wait = waitMs(load, us / NODES);
      // In at one node, on to the leader, to a second node and back, out at a third.
      const endToEnd = (isLogged ? 4 : 3) * wait + (isLogged ? 6 : 4) * HALF_TRIP_MS;
      return `| ${name} | ${show(us)} | ${show(load)} | ${Math.round((NODES * 1e6) / us).toLocaleString("en-US")} | ${show(wait)} | ${show(endToEnd)} |`;
    }),
  ];
}

const wireMBs = (MESSAGES_PER_S * WIRE_BYTES) / 1e6;
const between = ((NODES - 1) / NODES + (NODES - 1)) * wireMBs;
const text = [
  ...inputTable(),
  "",
  ...resultTable(),
  "",
  `Each node sends ${Math.round(between / NODES)} MB/s to the others and ${Math.round((READERS * wireMBs) / NODES)} MB/s to readers; ` +
    `each writes ${Math.round(wireMBs)} MB/s where messages are logged. 50,000 silent connections on a node take ` +
    `${Math.round((50_000 * of("k")) / 1_024)} MB and ${show(of("h"))} % of a core.`,
].join("\n");

if (process.argv.includes("--write")) {
  const page = readFileSync(PAGE, "utf8");
  writeFileSync(PAGE, page.replace(/(<!-- computed -->\n)[\s\S]*?(<!-- end -->)/, `$1\n${text}\n\n$2`));
} else console.log(text);
