/**
 * Threads that simulate, so that the thread with the bus connection stays free for heartbeats, leases and cancellation.
 * A cancelled simulation loses its thread: synchronous work cannot be asked to stop.
 */
import { Worker } from "node:worker_threads";
import { ArqonError } from "@arqon/core/base";
import {
  fromWireError,
  type OffThread,
  type SimulationAnswer,
  type SimulationReply,
  type SimulationRequest,
} from "./simulation.ts";

/** The little of a thread that the pool uses. */
export interface SimulationThread<Request = SimulationRequest, Answer = SimulationAnswer> {
  post(request: Request): void;
  /** Told every reply, and why the thread ended if it does. */
  listen(onReply: (reply: SimulationReply<Answer>) => void, onEnd: (why: string) => void): void;
  terminate(): Promise<unknown>;
}

/** The module that simulates circuits. */
const CIRCUITS = new URL("./simulation-thread.ts", import.meta.url);

/** Starts a thread of this machine. @param module  what runs in it; see `serveThread`. */
export function startSimulationThread<Request, Answer>(
  module: URL = CIRCUITS,
): SimulationThread<Request, Answer> {
  const worker = new Worker(module);
  worker.unref();
  return {
    post: (request) => worker.postMessage(request),
    listen: (onReply, onEnd) => {
      worker.removeAllListeners();
      worker.on("message", onReply);
      worker.on("error", (error) => onEnd(String(error)));
      worker.on("exit", (code) => onEnd(`the simulating thread ended with code ${code}`));
    },
    terminate: () => worker.terminate(),
  };
}

/** Runs at most `size` simulations at a time; others wait in order. Threads are kept warm. */
export class SimulationPool<Request = SimulationRequest, Answer = SimulationAnswer> {
  readonly #start: () => SimulationThread<Request, Answer>;
  readonly #idle: SimulationThread<Request, Answer>[] = [];
  readonly #all = new Set<SimulationThread<Request, Answer>>();
  /** Each takes the turn of one that ended; the first came first. */
  readonly #waiting = new Set<() => void>();
  #free: number;
  #closed = false;

  constructor(size = 1, start: () => SimulationThread<Request, Answer> = () => startSimulationThread()) {
    this.#free = size;
    this.#start = start;
  }

  /** Runs one request, when its turn has come. */
  readonly simulate: OffThread<Request, Answer> = async (request, { signal, progress }) => {
    await this.#turn(signal);
    try {
      return await this.#run(request, signal, progress);
    } finally {
      this.#passOn();
    }
  };

  /** Starts a thread ahead of the first simulation. */
  warm(): void {
    const thread = this.#start();
    this.#all.add(thread);
    this.#idle.push(thread);
    thread.listen(
      () => {},
      () => this.#forget(thread),
    );
  }

  /** Ends every thread; what runs fails with `SHUTTING_DOWN`. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((thread) => thread.terminate()));
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = (): void => {
      this.#waiting.delete(resolve);
      reject(new ArqonError("CANCELLED", "cancelled while it waited for its turn"));
    };
    if (signal.aborted) cancel();
    else this.#waiting.add(resolve);
    signal.addEventListener("abort", cancel, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", cancel));
  }

  #passOn(): void {
    const [next] = this.#waiting;
    if (!next) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }

  #run(
    request: Request,
    signal: AbortSignal,
    progress: (fraction: number, note: string) => void,
  ): Promise<Answer> {
    if (this.#closed) throw new ArqonError("SHUTTING_DOWN", "the simulator is shutting down");
    if (signal.aborted) throw new ArqonError("CANCELLED", "cancelled before it began");
    const thread = this.#idle.pop() ?? this.#start();
    this.#all.add(thread);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    let cancelled: ArqonError | undefined;
    const cancel = (): void => {
      cancelled = new ArqonError("CANCELLED", "the simulation was cancelled");
      void thread.terminate();
    };
    signal.addEventListener("abort", cancel, { once: true });
    thread.listen(
      (reply) => {
        if (cancelled) return;
        if (reply.kind === "progress") return progress(reply.fraction, reply.note);
        this.#idle.push(thread);
        if (reply.kind === "answer") resolve(reply.answer);
        else reject(fromWireError(reply.error));
      },
      // A cancelled simulation ends here too: its turn is over when its memory is free again.
      (why) => {
        this.#forget(thread);
        reject(cancelled ?? new ArqonError(this.#closed ? "SHUTTING_DOWN" : "EXECUTION_FAILED", why));
      },
    );
    thread.post(request);
    return promise.finally(() => signal.removeEventListener("abort", cancel));
  }

  #forget(thread: SimulationThread<Request, Answer>): void {
    this.#all.delete(thread);
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
