/** What the scenarios run in: a real bus on segment files, and agents of every SDK there is. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessTable, type Bus, hashApiKey, nodeNet, startBus } from "@arqon/bus";
import { type Engine, nodeDisk, openSegmentEngine } from "@arqon/bus/engine";
import { type JsonObject, systemClock, systemEntropy, systemTimer, uuidv7Generator } from "@arqon/core/base";
import { freePort } from "../../vault/testing/services.ts";
import { Agent } from "./driver.ts";
import { type FragileWire, startProxy } from "./proxy.ts";

const ROOT = join(import.meta.dirname, "../..");

/** How to start the agent of an SDK. */
export interface Sdk {
  readonly name: string;
  readonly command: readonly string[];
  /** Why it cannot be tested here. */
  readonly missing?: string;
}

function pythonSdk(): Sdk {
  const python = join(ROOT, ".venv/bin/python");
  const agent = join(ROOT, "sdk/python/tests/conformance_agent.py");
  const sdk = { name: "Python", command: [python, agent] };
  if (!existsSync(python)) return { ...sdk, missing: ".venv/bin/python does not exist" };
  if (!existsSync(agent)) return { ...sdk, missing: "sdk/python/tests/conformance_agent.py does not exist" };
  const probe = spawnSync(python, ["-c", "import arqon"], { cwd: ROOT, encoding: "utf8" });
  return probe.status === 0 ? sdk : { ...sdk, missing: `import arqon fails: ${probe.stderr.trim()}` };
}

/** Every SDK the suite knows, also those that cannot run here. */
export const SDKS: readonly Sdk[] = [
  { name: "TypeScript", command: [process.execPath, join(import.meta.dirname, "agent.ts")] },
  pythonSdk(),
];

/** Starts an agent. */
export function startAgent(sdk: Sdk): Promise<Agent> {
  return Agent.start(sdk.command, ROOT);
}

const ALL = ["can_publish:>", "can_subscribe:>", "can_execute:>"];
const PRINCIPALS = {
  // Who may make Realities, as some scenarios need one of their own.
  alice: { trusted: false, capabilities: [...ALL, "can_publish:sys.reality.create"] },
  bob: { trusted: false, capabilities: ALL },
  guest: { trusted: false, capabilities: ["can_publish:guest.>", "can_subscribe:guest.>"] },
  sealer: { trusted: true, capabilities: ALL },
};

/** Those who may connect; the API key of each is "key-" and the name. */
export type Who = keyof typeof PRINCIPALS;

interface Running {
  readonly bus: Bus;
  readonly engine: Engine;
}

/** Starts a bus on what is stored in `home`. */
async function start(home: string, port: number): Promise<Running> {
  const timer = systemTimer();
  const entropy = systemEntropy;
  const engine = await openSegmentEngine({ disk: nodeDisk(home), timer, entropy });
  const entries = Object.entries(PRINCIPALS).map(([id, rest]) => ({
    principal: { id, tenant: "lab", ...rest },
    keyHashes: [hashApiKey(`key-${id}`)],
  }));
  const bus = await startBus({
    engine,
    net: nodeNet,
    port,
    tcp: { port: 0 },
    clock: systemClock,
    timer,
    entropy,
    access: new AccessTable(entries),
    limits: { jobs: { backoffMs: [20, 20], cancelGraceMs: 2_000 } },
  });
  return { bus, engine };
}

/** The bus of a suite. */
export class World {
  readonly newId: () => string = uuidv7Generator(systemClock, systemEntropy);
  readonly #home: string;
  readonly #closers: (() => Promise<unknown>)[] = [];
  #running: Running;
  #names = 0;

  private constructor(home: string, running: Running) {
    this.#home = home;
    this.#running = running;
  }

  static async start(): Promise<World> {
    const home = await mkdtemp(join(tmpdir(), "arqon-conformance-"));
    return new World(home, await start(home, await freePort()));
  }

  get bus(): Bus {
    return this.#running.bus;
  }

  /** Stops the bus and starts another on the same port and the same files. */
  async restart(): Promise<void> {
    const { port } = this.bus;
    await this.#stop();
    this.#running = await start(this.#home, port);
  }

  async #stop(): Promise<void> {
    await this.bus.close();
    await this.#running.engine.close();
  }

  /** A name nobody used before; also one token of a topic. */
  name(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  /** Connects a client of an agent. Returns its name. */
  async connect(agent: Agent, who: Who = "alice", more: JsonObject = {}): Promise<string> {
    const client = this.name("client");
    await agent.call("connect", { client, url: this.bus.url, apiKey: `key-${who}`, ...more });
    return client;
  }

  /** A proxy in front of the bus, and its url. */
  async proxy(): Promise<FragileWire & { readonly url: string }> {
    const proxy = await startProxy(this.bus.port);
    this.#closers.push(() => proxy.close());
    return Object.assign(proxy, { url: `ws://127.0.0.1:${proxy.port}` });
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    await this.#stop();
    await rm(this.#home, { recursive: true, force: true });
  }
}

/** A message as an agent shows it. */
export interface Shown {
  readonly id: string;
  readonly topic: string;
  readonly sequence: number;
  readonly payload: JsonObject;
  readonly type: string;
  readonly timestampUs: number;
}

/** Takes what has arrived on a subscription; waits for `count` of them. */
export async function receive(
  agent: Agent,
  sub: string,
  count: number,
  timeoutMs = 30_000,
): Promise<Shown[]> {
  const { messages } = await agent.call("receive", { sub, count, timeoutMs });
  return messages as unknown as Shown[];
}

/** Takes all that has arrived once both sides have flushed; nothing more is on its way then. */
export async function receiveAll(agent: Agent, client: string, sub: string): Promise<Shown[]> {
  await agent.call("flush", { client });
  return receive(agent, sub, 10_000, 100);
}
