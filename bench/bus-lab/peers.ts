/** Runs of the C load against servers that are compared, each a fresh process on the loopback. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { BusTraits } from "./bus-traits.ts";
import type { Quantiles } from "./queueing.ts";
import { type Protocol, type ScriptTraits, writeScript } from "./script.ts";
import { ServerProcess } from "./server-process.ts";
import {
  firstLine,
  newFolder,
  ofChild,
  ofProcess,
  type PeerCertificate,
  PeerPrograms,
  PROGRAMS,
  type Running,
  startPeer,
} from "./servers.ts";

/** What is asked of the load, and of the server it is put on. */
export interface Task extends ScriptTraits {
  readonly protocol: Protocol;
  /** What the load does; left out: "ack" when something is kept, else "fan". See load.c. */
  readonly mode?: "fan" | "pairs" | "pace" | "ack";
  /** TLS 1.3 on both sides, with this certificate. */
  readonly tls?: PeerCertificate;
  readonly readers: number;
  readonly window: number;
  readonly warmMs: number;
  readonly runMs: number;
  /** Options of the load, by their names there. */
  readonly load?: Readonly<Record<string, number>>;
  /** How our server is set up. */
  readonly bus?: BusTraits;
}

/** What one run of the load gave. */
export interface Outcome {
  /** Deliveries, or acknowledgements. */
  readonly received: number;
  readonly perSecond: number;
  /** Server CPU per one of them, all threads, microseconds. */
  readonly cpuUs: number;
  /** At a pace: how late messages were, microseconds. */
  readonly p50Us?: number;
  readonly p99Us?: number;
  /** How long messages were inside our server, where that is timed. */
  readonly queueing?: Quantiles | undefined;
}

/** How late the machine wakes a program that sleeps. */
export interface Floor {
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Longest a run may take beyond its own time. */
const PATIENCE_MS = 60_000;

/** Connections that are there before counting begins: what the first few cost is paid once. */
const FIRST_CONNECTIONS = 200;

/** Compiled programs and the binaries of peers. Made once a bench, and closed. */
export class Peers {
  readonly #folder = mkdtempSync(join(tmpdir(), "arqon-peers-"));
  readonly #log: (line: string) => void;
  readonly #hasLoad: boolean;
  readonly #programs: PeerPrograms;
  readonly #named = new Set<string>();
  #hasTls: boolean | undefined;
  #folders = 0;

  /** @param log  where it is said which peers are left out. */
  constructor(log: (line: string) => void) {
    this.#log = log;
    this.#hasLoad = ["load", "relay"].every((program) => this.#compile(program));
    if (!this.#hasLoad) log("no C compiler (gcc or cc): everything measured with the C load is left out");
    this.#programs = new PeerPrograms(log);
  }

  /** Whether a protocol can be measured on this machine; what cannot is named once. */
  has(protocol: Protocol): boolean {
    const program = PROGRAMS[protocol];
    const isHere = program === undefined || this.#programs.of(protocol) !== undefined;
    if (!isHere && !this.#named.has(protocol)) {
      this.#named.add(protocol);
      this.#log(`no ${program} on the PATH or in ARQON_PEERS: ${protocol} is left out`);
    }
    return this.#hasLoad && isHere;
  }

  /** One run against a fresh server. CPU is measured with the server on one core and the load on another. */
  async run(task: Task): Promise<Outcome> {
    const server = await this.#start(task);
    try {
      const isPinned = task.kept === undefined && pin(server.pid, 0);
      const load = this.#load(task, server, task.mode ?? (task.kept ? "ack" : "fan"), isPinned);
      const patience = setTimeout(() => load.kill("SIGKILL"), task.warmMs + task.runMs + PATIENCE_MS);
      const outcome = JSON.parse(await firstLine(load, task.protocol)) as Outcome;
      clearTimeout(patience);
      return { ...outcome, queueing: await server.queueing?.() };
    } finally {
      await server.stop();
    }
  }

  /** How late this machine wakes a program that sleeps 10 ms again and again. */
  async floor(runMs: number): Promise<Floor> {
    const words = ["arqon", "floor", "0", "0", "0", "0", "0", String(runMs), "."];
    const child = spawn(join(this.#folder, "load"), words, { stdio: ["ignore", "pipe", "inherit"] });
    return JSON.parse(await firstLine(child, "floor")) as Floor;
  }

  /** Resident memory of the server for each of `connections` that are known and silent, bytes. */
  async idle(protocol: Protocol, connections: number): Promise<number> {
    const server = await this.serve({ protocol });
    const loads: ChildProcess[] = [];
    try {
      loads.push(await this.hold(protocol, server, FIRST_CONNECTIONS));
      const before = await server.rss();
      loads.push(await this.hold(protocol, server, connections));
      return ((await server.rss()) - before) / connections;
    } finally {
      for (const load of loads) load.kill("SIGKILL");
      await server.stop();
    }
  }

  /** A server that stays until it is stopped. */
  serve(task: Pick<Task, "protocol" | "bus">): Promise<Running> {
    return this.#start(task);
  }

  /** Opens connections that say hello and then nothing; resolves when all are open. Ends with a signal. */
  async hold(
    protocol: Protocol,
    server: Running,
    connections: number,
    load: Task["load"] = {},
  ): Promise<ChildProcess> {
    const task = { protocol, readers: connections, window: 0, warmMs: 0, runMs: 0, load };
    const child = this.#load(task, server, "idle", false);
    await firstLine(child, protocol);
    return child;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** Whether the load speaks TLS: there is a compiler, and the headers of OpenSSL. */
  get hasTls(): boolean {
    this.#hasTls ??= this.#compile("load", "load-tls", ["-DLOAD_TLS"], ["-lssl", "-lcrypto"]);
    return this.#hasTls;
  }

  #compile(
    program: string,
    output = program,
    before: readonly string[] = [],
    after: readonly string[] = [],
  ): boolean {
    const words = [
      "-O2",
      ...before,
      "-o",
      join(this.#folder, output),
      join(import.meta.dirname, `${program}.c`),
    ];
    return ["gcc", "cc"].some((compiler) => spawnSync(compiler, [...words, ...after]).status === 0);
  }

  #newFolder(): string {
    return newFolder(this.#folder, String(this.#folders++));
  }

  #load(task: Task, server: Running, mode: string, isPinned: boolean): ChildProcess {
    const script = this.#newFolder();
    writeScript(script, task.protocol, task);
    const numbers = [server.port, server.pid, task.readers, task.window, task.warmMs, task.runMs];
    const words = [
      join(this.#folder, task.tls ? "load-tls" : "load"),
      task.protocol,
      mode,
      ...numbers.map(String),
      script,
      ...Object.entries(task.load ?? {}).map(([name, value]) => `${name}=${value}`),
    ];
    if (isPinned) words.unshift("taskset", "-c", "1");
    return spawn(words[0] as string, words.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  }

  async #start(
    task: Pick<Task, "protocol" | "kept" | "tls" | "bus">,
  ): Promise<Running & { queueing?: () => Promise<Quantiles | undefined> }> {
    const { protocol, kept, tls } = task;
    const folder = this.#newFolder();
    if (protocol === "relay") {
      const child = spawn(join(this.#folder, "relay"), { stdio: ["ignore", "pipe", "inherit"] });
      return ofChild(child, Number(await firstLine(child, protocol)));
    }
    if (protocol === "ws") return ofProcess(await ServerProcess.start("ws-server.ts"));
    if (PROGRAMS[protocol] !== undefined)
      return startPeer(protocol, this.#programs.of(protocol) as string, { folder, kept, tls });
    const traits: BusTraits = {
      ...task.bus,
      ...(kept && { folder }),
      ...(tls && { tls }),
      ...(protocol === "arqon-tcp" && { tcp: true }),
    };
    const server = await ServerProcess.start("bus-server.ts", JSON.stringify(traits));
    return { ...ofProcess(server), queueing: async () => (await server.usage()).queueing };
  }
}

/** Puts all threads of a process on one core. Returns whether it could. */
function pin(pid: number, core: number): boolean {
  if (availableParallelism() < 2) return false;
  return spawnSync("taskset", ["-acp", String(core), String(pid)]).status === 0;
}
