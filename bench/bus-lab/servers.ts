/** The servers the bus is compared with: where they are found, and how each is started. Those that are absent are left out. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { KEY, type Protocol } from "./script.ts";
import { ServerProcess } from "./server-process.ts";

/** A certificate and its private key, PEM. */
export interface PeerCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A server, and how to ask and end it. */
export interface Running {
  readonly pid: number;
  readonly port: number;
  /** Resident bytes now. */
  rss(): Promise<number>;
  stop(): Promise<void>;
}

/** Oldest versions that count, as numbers that compare. */
const OLDEST_NATS = 2_012;
const READY_MS = 10_000;

/** Finds a program in `ARQON_PEERS` or on the PATH. */
function find(program: string): string | undefined {
  const folders = [process.env["ARQON_PEERS"], ...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];
  return folders.map((folder) => join(folder || ".", program)).find((file) => existsSync(file));
}

/** Which peers there are on this machine. Looked for once a bench. */
export class PeerPrograms {
  readonly #found: ReadonlyMap<string, string>;

  /** @param log  where the versions are said. */
  constructor(log: (line: string) => void) {
    const library = join(process.env["ARQON_PEERS"] ?? ".", "node_modules/socket.io/package.json");
    const found = new Map<string, string>();
    for (const program of ["nats-server", "redis-server", "mosquitto"]) {
      const file = find(program);
      if (file === undefined) continue;
      const version = versionOf(program, file);
      log(version);
      const [major, minor] = /(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [0, 0];
      if (program !== "nats-server" || (major as number) * 1000 + (minor as number) >= OLDEST_NATS)
        found.set(program, file);
    }
    if (existsSync(library)) {
      log(`socket.io ${(JSON.parse(readFileSync(library, "utf8")) as { version: string }).version}`);
      found.set("socket.io", process.env["ARQON_PEERS"] as string);
    }
    this.#found = found;
  }

  /** The file of the server of a protocol, or its folder. */
  of(protocol: Protocol): string | undefined {
    return this.#found.get(PROGRAMS[protocol] ?? "");
  }
}

/** What speaks a protocol, where that is not ours. */
export const PROGRAMS: Partial<Record<Protocol, string>> = {
  "nats-ws": "nats-server",
  "nats-tcp": "nats-server",
  redis: "redis-server",
  "mosquitto-ws": "mosquitto",
  "socket.io": "socket.io",
};

function versionOf(program: string, file: string): string {
  // Mosquitto has no such question, and answers it with its usage.
  const [flag] = program === "mosquitto" ? ["-h"] : ["--version"];
  const said = spawnSync(file, [flag as string], { encoding: "utf8" });
  return `${said.stdout}${said.stderr}`.trim().split("\n")[0] ?? program;
}

/** How a server is set up. */
export interface PeerSetup {
  /** A folder of its own, empty. */
  readonly folder: string;
  readonly kept?: "logged" | "synced" | undefined;
  readonly tls?: PeerCertificate | undefined;
}

/** Starts a peer. @param file  what {@link PeerPrograms} found. */
export async function startPeer(protocol: Protocol, file: string, setup: PeerSetup): Promise<Running> {
  if (protocol === "redis") return startRedis(file);
  if (protocol === "mosquitto-ws") return startMosquitto(file, setup.folder);
  if (protocol === "socket.io") return ofProcess(await ServerProcess.start("socket-io-server.ts", file));
  return startNats(file, protocol, setup);
}

/** A server of ours, which answers questions. */
export function ofProcess(server: ServerProcess): Running {
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

/** A program that is ended by a signal. */
export function ofChild(child: ChildProcess, port: number): Running {
  const pid = child.pid as number;
  return {
    pid,
    port,
    rss: async () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The first thing a program says. @throws Error when it ends without. */
export async function firstLine({ stdout }: ChildProcess, who: string): Promise<string> {
  for await (const line of createInterface(stdout as NodeJS.ReadableStream)) return line;
  throw new Error(`a program of the bench ended early (${who})`);
}

async function startNats(
  program: string,
  protocol: Protocol,
  { folder, kept, tls }: PeerSetup,
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
      if (said.length < 100_000) said += text;
      if (said.includes("Server is ready")) ready();
    });
    child.once("exit", () => failed(new Error(`nats-server ended: ${said}`)));
  });
  return ofChild(child, protocol === "nats-ws" ? ws : tcp);
}

async function startRedis(program: string): Promise<Running> {
  const port = await freePort();
  const settings = [
    ["--port", String(port)],
    ["--bind", "127.0.0.1"],
    ["--save", ""],
    ["--appendonly", "no"],
    ["--requirepass", KEY],
    ["--client-output-buffer-limit", "pubsub 0 0 0"],
  ];
  const child = spawn(program, settings.flat(), { stdio: "ignore" });
  return listening(child, port);
}

async function startMosquitto(program: string, folder: string): Promise<Running> {
  // Version 2.0.11 does not start with a listener for WebSocket alone.
  const [port, tcp] = [await freePort(), await freePort()];
  const [file, passwords] = [join(folder, "mosquitto.conf"), join(folder, "passwords")];
  execFileSync("mosquitto_passwd", ["-b", "-c", passwords, KEY, KEY], { stdio: "ignore" });
  writeFileSync(
    file,
    `user root
listener ${tcp} 127.0.0.1
listener ${port} 127.0.0.1
protocol websockets
socket_domain ipv4
allow_anonymous false
password_file ${passwords}
max_queued_messages 0
persistence false
set_tcp_nodelay true
log_type none
`,
  );
  const child = spawn(program, ["-c", file], { stdio: "ignore" });
  return listening(child, port);
}

/** Waits until a program takes connections. */
async function listening(child: ChildProcess, port: number): Promise<Running> {
  for (const since = performance.now(); performance.now() - since < READY_MS; ) {
    if (child.exitCode !== null) throw new Error(`a server ended with ${child.exitCode}`);
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise<boolean>((done) => {
      socket.once("connect", () => done(true)).once("error", () => done(false));
    });
    socket.destroy();
    if (isOpen) return ofChild(child, port);
    await new Promise((done) => setTimeout(done, 20));
  }
  child.kill("SIGKILL");
  throw new Error(`a server does not listen on ${port}`);
}

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** An empty folder below another. */
export function newFolder(root: string, name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
}
