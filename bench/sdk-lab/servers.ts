/** The servers the SDK bench talks to, each in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../bus-lab/servers.ts";

/** A running server and where it is reached. */
export interface Served {
  readonly ws: string;
  readonly tcp: string;
  stop(): Promise<void>;
}

/** Starts the bus. */
export async function serveBus(): Promise<Served> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "bus.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) {
    const { ws, tcp } = JSON.parse(line) as { ws: string; tcp: string };
    return { ws, tcp, stop: () => stop(child) };
  }
  throw new Error("the bus of the bench did not start");
}

/** Starts nats-server from `ARQON_PEERS` or the PATH; `undefined` where there is none. */
export async function serveNats(): Promise<Served | undefined> {
  const folders = [process.env["ARQON_PEERS"], ...(process.env["PATH"] ?? "").split(delimiter)];
  const program = folders
    .map((folder) => join(folder || ".", "nats-server"))
    .find((file) => existsSync(file));
  if (program === undefined) return undefined;
  const [tcp, ws] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), "arqon-sdk-bench-"));
  const file = join(folder, "nats.conf");
  writeFileSync(
    file,
    `listen: "127.0.0.1:${tcp}"\nwebsocket { listen: "127.0.0.1:${ws}", no_tls: true }\nauthorization { token: "bench" }\n`,
  );
  const child = spawn(program, ["-c", file], { stdio: ["pipe", "ignore", "pipe"] });
  for await (const line of createInterface(child.stderr as NodeJS.ReadableStream))
    if (line.includes("Server is ready")) break;
  child.stderr?.resume();
  const end = async (): Promise<void> => {
    await stop(child);
    rmSync(folder, { recursive: true });
  };
  return { ws: `ws://127.0.0.1:${ws}`, tcp: `nats://127.0.0.1:${tcp}`, stop: end };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
