/** The servers that are compared, each a fresh process on the loopback, and the C load that drives them all. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { KEY, type Protocol, writeScript } from "./script.ts";
import { ServerProcess } from "./server-process.ts";

/** What is asked of the load. */
export interface Task {
  readonly protocol: Protocol;
  /** A log with this durability, and acknowledgements; left out: delivery to `readers`. */
  readonly kept?: "logged" | "synced";
  /** TLS 1.3 on both sides, with this certificate. */
  readonly tls?: PeerCertificate;
  readonly readers: number;
  readonly window: number;
  readonly warmMs: number;
  readonly runMs: number;
}

/** A certificate and its private key, PEM. */
export interface PeerCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What one run of the load gave. */
export interface Outcome {
  /** Deliveries, or acknowledgements. */
  readonly received: number;
  readonly perSecond: number;
  /** Server CPU per one of them, all threads, microseconds. */
  readonly cpuUs: number;
}

interface Running {
  readonly pid: number;
  readonly port: number;
  /** Resident bytes now. */
  rss(): Promise<number>;
  stop(): Promise<void>;
}

/** Connections that are there before counting begins: what the first few cost is paid once. */
const FIRST_CONNECTIONS = 200;

/** Compiled programs and the binaries of peers. Made once a bench, and closed. */
export class Peers {
  readonly #folder = mkdtempSync(join(tmpdir(), "arqon-peers-"));
  readonly #hasLoad: boolean;
  readonly #nats: string | undefined;
  #folders = 0;

  /** @param log  where it is said which peers are left out. */
  constructor(log: (line: string) => void) {
    this.#hasLoad = ["load", "relay"].every((program) => this.#compile(program));
    if (!this.#hasLoad) log("no C compiler (gcc or cc): everything measured with the C load is left out");
    this.#nats = findNats(log);
  }

  /** Whether a protocol can be measured on this machine. */
  has(protocol: Protocol): boolean {
    return this.#hasLoad && (!protocol.startsWith("nats") || this.#nats !== undefined);
  }

  /** One run against a fresh server. CPU is measured with the server on one core and the load on another. */
  async run(task: Task): Promise<Outcome> {
    const server = await this.#start(task.protocol, task.kept, task.tls);
    try {
      const pinned = task.kept === undefined && pin(server.pid, 0);
      const load = this.#load(task, server, task.kept ? "ack" : "fan", pinned);
      return JSON.parse(await firstLine(load, task.protocol)) as Outcome;
    } finally {
      await server.stop();
    }
  }

  /** Resident memory of the server for each of `connections` that are known and silent, bytes. */
  async idle(protocol: Protocol, connections: number): Promise<number> {
    const server = await this.#start(protocol);
    const hold = async (readers: number): Promise<ChildProcess> => {
      const task = { protocol, readers, window: 0, warmMs: 0, runMs: 0 };
      const load = this.#load(task, server, "idle", false);
      await firstLine(load, protocol);
      return load;
    };
    const loads: ChildProcess[] = [];
    try {
      loads.push(await hold(FIRST_CONNECTIONS));
      const before = await server.rss();
      loads.push(await hold(connections));
      return ((await server.rss()) - before) / connections;
    } finally {
      for (const load of loads) load.stdin?.end("\n");
      await server.stop();
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** Whether the load speaks TLS: there is a compiler, and the headers of OpenSSL. */
  get hasTls(): boolean {
    return this.#compile("load", "load-tls", ["-DLOAD_TLS"], ["-lssl", "-lcrypto"]);
  }

  #compile(
    program: string,
    output = program,
    before: readonly string[] = [],
    after: readonly string[] = [],
  ): boolean {
    const source = join(import.meta.dirname, `${program}.c`);
    return ["gcc", "cc"].some((compiler) => {
      const made = spawnSync(compiler, [
        "-O2",
        ...before,
        "-o",
        join(this.#folder, output),
        source,
        ...after,
      ]);
      return made.status === 0;
    });
  }

  #newFolder(): string {
    const folder = join(this.#folder, String(this.#folders++));
    mkdirSync(folder);
    return folder;
  }

  #load(task: Task, server: Running, mode: string, pinned: boolean): ChildProcess {
    const script = this.#newFolder();
    writeScript(script, task.protocol, task.kept);
    const numbers = [server.port, server.pid, task.readers, task.window, task.warmMs, task.runMs];
    const words = [
      join(this.#folder, task.tls ? "load-tls" : "load"),
      task.protocol,
      mode,
      ...numbers.map(String),
      script,
    ];
    if (pinned) words.unshift("taskset", "-c", "1");
    return spawn(words[0] as string, words.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  }

  async #start(protocol: Protocol, kept?: "logged" | "synced", tls?: PeerCertificate): Promise<Running> {
    if (protocol === "relay") return this.#startRelay(protocol);
    const folder = this.#newFolder();
    if (protocol !== "arqon") return startNats(this.#nats as string, folder, protocol, kept, tls);
    const words = tls ? [kept ? folder : "", tls.certFile, tls.keyFile] : kept ? [folder] : [];
    const server = await ServerProcess.start("bus-server.ts", ...words);
    return {
      pid: server.pid,
      port: server.port,
      rss: async () => {
        await server.usage("collect");
        return (await server.usage("collect")).rssBytes;
      },
      stop: () => server.stop(),
    };
  }

  async #startRelay(protocol: Protocol): Promise<Running> {
    const child = spawn(join(this.#folder, "relay"), { stdio: ["ignore", "pipe", "inherit"] });
    return running(child, Number(await firstLine(child, protocol)));
  }
}

/** The first thing a program says. */
async function firstLine({ stdout }: ChildProcess, protocol: Protocol): Promise<string> {
  for await (const line of createInterface(stdout as NodeJS.ReadableStream)) return line;
  throw new Error(`a program of the bench ended early (${protocol})`);
}

function running(child: ChildProcess, port: number): Running {
  const pid = child.pid as number;
  return {
    pid,
    port,
    rss: async () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]),
    stop: async () => {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** nats-server 2.12 or newer, from `ARQON_PEERS` or the PATH. */
function findNats(log: (line: string) => void): string | undefined {
  const folders = [process.env["ARQON_PEERS"], ...(process.env["PATH"] ?? "").split(delimiter)];
  const found = folders.map((folder) => join(folder || ".", "nats-server")).find((file) => existsSync(file));
  if (found === undefined) {
    log("no nats-server on the PATH or in ARQON_PEERS: it is left out");
    return undefined;
  }
  const version = execFileSync(found, ["--version"], { encoding: "utf8" }).trim();
  const [major, minor] = /(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [0, 0];
  if ((major as number) * 1000 + (minor as number) < 2012) {
    log(`${version} is older than 2.12: it is left out`);
    return undefined;
  }
  log(version);
  return found;
}

async function startNats(
  program: string,
  folder: string,
  protocol: Protocol,
  kept?: "logged" | "synced",
  tls?: PeerCertificate,
): Promise<Running> {
  const [tcp, ws] = await Promise.all([freePort(), freePort()]);
  const sync = kept === "synced" ? "sync_interval: always" : "";
  const jetstream = kept ? `jetstream { store_dir: "${folder}", ${sync} }` : "";
  const secure = tls ? `tls { cert_file: "${tls.certFile}", key_file: "${tls.keyFile}" }` : "no_tls: true";
  const file = join(folder, "nats.conf");
  writeFileSync(
    file,
    `listen: "127.0.0.1:${tcp}"
websocket { listen: "127.0.0.1:${ws}", ${secure} }
authorization { token: "${KEY}" }
${jetstream}
`,
  );
  const child = spawn(program, ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  await new Promise<void>((ready, failed) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("Server is ready")) ready();
    });
    child.once("exit", () => failed(new Error(`nats-server ended: ${said}`)));
  });
  return running(child, protocol === "nats-ws" ? ws : tcp);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Puts all threads of a process on one core. Returns whether it could. */
function pin(pid: number, core: number): boolean {
  if (availableParallelism() < 2) return false;
  return spawnSync("taskset", ["-acp", String(core), String(pid)]).status === 0;
}
