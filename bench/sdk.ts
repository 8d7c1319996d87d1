/**
 * CPU of a client for a 1 KB message that it publishes and receives again, publisher and subscriber in one process:
 * our SDKs beside NATS's, each at its own server. What is received is published anew, 2,048 messages on the way.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { interleave } from "./bus-lab/interleave.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";
import { type Served, serveBus, serveNats } from "./sdk-lab/servers.ts";

export const name = "sdk";

const WINDOW = 2_048;
const LAB = join(import.meta.dirname, "sdk-lab");
const ROOT = join(import.meta.dirname, "..");

/** A client library and the way it goes. */
interface Side {
  readonly library: string;
  readonly python?: string;
  readonly url: string;
}

interface Case {
  readonly case: string;
  readonly ours: Side;
  readonly peer?: { readonly name: string; readonly side: Side };
  readonly target?: number;
  readonly messages: number;
}

/** A Python that has a package; `ARQON_PEERS_PYTHON` goes first. */
function pythonWith(module: string): string | undefined {
  const candidates = [process.env["ARQON_PEERS_PYTHON"], join(ROOT, ".venv/bin/python")];
  return candidates.find(
    (python) => python && existsSync(python) && spawnSync(python, ["-c", `import ${module}`]).status === 0,
  );
}

function casesOf(bus: Served, nats: Served | undefined, log: BenchOptions["log"]): Case[] {
  const peer = (library: string): Pick<Case, "peer"> =>
    nats ? { peer: { name: "nats-core-ws", side: { library, url: nats.ws } } } : {};
  const cases: Case[] = [
    // Messages taken in a loop, as both libraries teach it.
    {
      case: "typescript",
      ours: { library: "arqon-iterate", url: bus.ws },
      ...peer("nats-iterate"),
      target: 0.5,
      messages: 60_000,
    },
    // Messages given to a function, the cheapest way of both.
    {
      case: "typescript-callback",
      ours: { library: "arqon", url: bus.ws },
      ...peer("nats"),
      messages: 60_000,
    },
    { case: "typescript-tcp", ours: { library: "arqon", url: bus.tcp }, messages: 60_000 },
    {
      case: "typescript-packed",
      ours: { library: "arqon-browser", url: bus.ws },
      ...peer("nats"),
      messages: 60_000,
    },
  ];
  const [ours, theirs] = [pythonWith("arqon"), pythonWith("nats")];
  if (!ours) log(".venv/bin/python cannot import arqon: the Python SDK is left out");
  if (!theirs)
    log("no Python with nats-py (pip install nats-py; ARQON_PEERS_PYTHON names one): it is left out");
  if (ours)
    cases.push({
      case: "python",
      ours: { library: "arqon", python: ours, url: bus.tcp },
      ...(theirs &&
        nats && { peer: { name: "nats-py", side: { library: "nats", python: theirs, url: nats.tcp } } }),
      target: 0.5,
      messages: 20_000,
    });
  return cases;
}

function measure({ library, python, url }: Side, messages: number): number {
  const args = [
    join(LAB, python ? "client.py" : "client.ts"),
    library,
    url,
    String(messages),
    String(WINDOW),
  ];
  const said = execFileSync(python ?? process.execPath, args, {
    encoding: "utf8",
    cwd: ROOT,
    timeout: 120_000,
  });
  return (JSON.parse(said) as { cpuUs: number }).cpuUs;
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const bus = await serveBus();
  const nats = await serveNats();
  if (!nats) log("no nats-server on the PATH or in ARQON_PEERS: it is left out");
  try {
    for (const { case: name_, ours, peer, target, messages } of casesOf(bus, nats, log)) {
      const size = quick ? messages / 5 : messages;
      const outcomes = await interleave(
        {
          ours: async () => measure(ours, size),
          ...(peer && { [peer.name]: async () => measure(peer.side, size) }),
        },
        quick ? 2 : 5,
        (line) => log(`${name_}: ${line}`),
        (us) => `${us.toFixed(2)} us`,
      );
      const [values, peers] = [outcomes.get("ours"), outcomes.get(peer?.name ?? "")];
      if (values === undefined) continue;
      yield benchRow({
        bench: name,
        case: name_,
        metric: "cpu_us",
        unit: "us",
        values,
        ...(peer && peers && { peer: { name: peer.name, values: peers } }),
        ...(peers && target !== undefined && { target, floor: 1 }),
      });
    }
  } finally {
    await bus.stop();
    await nats?.stop();
  }
}
