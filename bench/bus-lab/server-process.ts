/** Starts a server of the bench and asks it for its usage. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Usage } from "./questions.ts";

/** A server in a process of its own. */
export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @param file  name of the server's source in this folder. @throws Error when it ends instead. */
  static async start(file: string, ...words: readonly string[]): Promise<ServerProcess> {
    const child = fork(join(import.meta.dirname, file), words, {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: ["--expose-gc"],
    });
    const { port } = await said<{ port: number }>(child);
    return new ServerProcess(child, port);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async usage(question: "usage" | "collect" = "usage"): Promise<Usage> {
    this.#child.send(question);
    return said<Usage>(this.#child);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    if (this.#child.connected) this.#child.disconnect();
    await ended;
  }
}

/** What a child says next. */
function said<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error("a server of the bench ended"));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message as T);
    });
  });
}
