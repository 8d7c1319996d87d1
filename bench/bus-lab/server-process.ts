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

  /** @param file  name of the server's source in this folder. */
  static async start(file: string, ...words: readonly string[]): Promise<ServerProcess> {
    const child = fork(join(import.meta.dirname, file), words, {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: ["--expose-gc"],
    });
    const [{ port }] = (await once(child, "message")) as [{ port: number }];
    return new ServerProcess(child, port);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async usage(question: "usage" | "collect" = "usage"): Promise<Usage> {
    this.#child.send(question);
    const [usage] = (await once(this.#child, "message")) as [Usage];
    return usage;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}
