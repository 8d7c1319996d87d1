/** Starts an agent and speaks the conformance protocol with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Json, JsonObject } from "@arqon/core/base";

/** An error an agent answered. */
export class AgentError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** One running agent. */
export class Agent {
  /** The SDK it drives. */
  name = "";
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<JsonObject>>();
  readonly #gone: Promise<void>;
  #last = 0;

  private constructor(child: ChildProcess, ready: PromiseWithResolvers<void>) {
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      child.once("close", (code) => {
        const error = new Error(`the agent is gone (exit code ${code})`);
        ready.reject(error);
        for (const { reject } of this.#waiting.values()) reject(error);
        resolve();
      });
    });
    if (!child.stdout) throw new TypeError("the agent needs a stdout");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const answer = JSON.parse(line) as JsonObject;
      if (answer["ready"]) {
        this.name = String(answer["sdk"]);
        ready.resolve();
      } else this.#answered(answer);
    });
  }

  /** Starts `command` in `folder` and waits until it is ready. */
  static async start(command: readonly string[], folder: string): Promise<Agent> {
    const [program = "", ...args] = command;
    const env = { ...process.env, ARQON_HOME: "/nonexistent", ARQON_URL: "", ARQON_API_KEY: "" };
    const child = spawn(program, args, { cwd: folder, env, stdio: ["pipe", "pipe", "inherit"] });
    const ready = Promise.withResolvers<void>();
    child.once("error", ready.reject);
    const agent = new Agent(child, ready);
    await ready.promise;
    return agent;
  }

  /** Sends a command. @throws AgentError with the code the agent answered. */
  async call<T extends Json = JsonObject>(cmd: string, args: JsonObject): Promise<T> {
    const id = ++this.#last;
    const answer = Promise.withResolvers<JsonObject>();
    this.#waiting.set(id, answer);
    this.#child.stdin?.write(`${JSON.stringify({ id, cmd, args })}\n`);
    const { ok, value, error } = await answer.promise;
    if (ok) return value as T;
    const { code, message } = error as { code: string; message: string };
    throw new AgentError(code, message);
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#gone;
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#gone;
  }

  #answered(answer: JsonObject): void {
    const id = answer["id"] as number;
    this.#waiting.get(id)?.resolve(answer);
    this.#waiting.delete(id);
  }
}
