/** Starts the CLI as a user would: another process, its own ARQON_HOME. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const MAIN = resolve(import.meta.dirname, "../../apps/cli/bin/arqon.mjs");

/** What a finished command left. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON. */
  json<T>(): T;
}

/** A directory of state that is gone at the end of a test. */
export interface Home extends Disposable {
  readonly path: string;
  /** A path inside a scratch folder beside the state. */
  file(name: string): string;
  /** A command that is still running. */
  start(args: readonly string[]): ChildProcessWithoutNullStreams;
  arqon(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** A server as a child process; resolves when it says that it is ready. */
  serve(env?: Readonly<Record<string, string>>, port?: number, more?: readonly string[]): Promise<Serving>;
}

/** A running server. */
export interface Serving {
  readonly url: string;
  readonly httpUrl: string;
  /** Absent without --tls. */
  readonly secureUrl?: string;
  readonly secureHttpUrl?: string;
  readonly secureTcpUrl?: string;
  readonly apiKey: string;
  readonly process: ChildProcess;
  /** What it has said for people. */
  stderr(): string;
  /** Ends it as Ctrl-C would; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/** A fresh home. */
export function newHome(): Home {
  const scratch = mkdtempSync(join(tmpdir(), "arqon-test-"));
  const path = join(scratch, "home");
  const children = new Set<ChildProcess>();
  const kept = <T extends ChildProcess>(child: T): T => {
    children.add(child);
    child.once("close", () => children.delete(child));
    return child;
  };
  const environment = (env: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
    const { ARQON_URL: _url, ARQON_API_KEY: _key, ...rest } = process.env;
    return { ...rest, ARQON_HOME: path, ...env };
  };
  return {
    path,
    file: (name) => join(scratch, name),
    start: (args) => kept(spawn(process.execPath, [MAIN, ...args], { env: environment({}), cwd: scratch })),
    arqon: (args, env = {}) =>
      finished(kept(spawn(process.execPath, [MAIN, ...args], { env: environment(env), cwd: scratch }))),
    serve: (env = {}, port = 0, more = []) =>
      serving(
        kept(
          spawn(process.execPath, [MAIN, "serve", "--port", String(port), "--json", ...more], {
            env: environment(env),
          }),
        ),
      ),
    [Symbol.dispose]: () => {
      // A test that failed has left them running.
      for (const child of children) child.kill("SIGKILL");
      rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function finished(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (data) => {
    stdout += data;
  });
  child.stderr?.on("data", (data) => {
    stderr += data;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) }));
  });
}

async function serving(child: ChildProcess): Promise<Serving> {
  if (!child.stdout) throw new TypeError("no stdout");
  let text = "";
  let stderr = "";
  child.stderr?.on("data", (data) => {
    stderr += data;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    text += line;
    if (line === "}") break;
  }
  if (!text.endsWith("}")) throw new Error(`serve ended before it was ready: ${stderr}`);
  const said = JSON.parse(text) as Pick<
    Serving,
    "url" | "httpUrl" | "apiKey" | "secureUrl" | "secureHttpUrl" | "secureTcpUrl"
  >;
  return {
    ...said,
    process: child,
    stderr: () => stderr,
    stop: () => {
      child.kill("SIGINT");
      return ended;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
