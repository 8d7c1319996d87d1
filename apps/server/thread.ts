/** Worker threads as the server starts and stops them: each says when it is ready, or why it is not. */
import { type Transferable, Worker } from "node:worker_threads";
import { ArqonError, type ErrorCode } from "@arqon/core/base";
import type { TlsNews } from "./tls.ts";

/** What a service makes and drops at once: by default V8 lets it grow to three times as much in each thread, and never gives it back. */
const YOUNG_MB = 8;

/** An error as it crosses between threads. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** What a thread says once, after it has started. */
export type ThreadReply =
  | { readonly ready: true; readonly url?: string; readonly secureUrl?: string | undefined }
  | { readonly failed: Failure };

/** What a thread says while it runs. */
export interface ThreadMessage {
  readonly error?: Failure;
  /** A remark for people. */
  readonly note?: string;
  readonly tls?: TlsNews;
  /** A question of the gateway: the key of whom client certificates with these URIs speak for. */
  readonly keyOf?: { readonly ask: number; readonly identities: readonly string[] };
}

/** A running thread. */
export interface Thread {
  readonly name: string;
  /** Where it listens, if it does. */
  readonly url: string | undefined;
  /** Where it listens with TLS, if it does. */
  readonly secureUrl: string | undefined;
  tell(order: unknown, transfer?: readonly Transferable[]): void;
  /** Resolves when the thread has ended; with the error it died of, unless it was asked to stop. */
  readonly ended: Promise<ArqonError | undefined>;
  /** Asks it to stop, and ends it if it has not after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Starts a thread; resolves when it is ready. @throws ArqonError what the thread says, or `INTERNAL` when it dies. */
export async function startThread(
  name: string,
  file: URL,
  workerData: unknown,
  transferList: readonly Transferable[],
  after: (delayMs: number, call: () => void) => () => void,
  onMessage: (message: ThreadMessage) => void = () => {},
): Promise<Thread> {
  const worker = new Worker(file, {
    name,
    workerData,
    transferList: [...transferList],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  let stopping = false;
  let death: ArqonError | undefined;
  const ended = new Promise<ArqonError | undefined>((resolve) => {
    worker.once("error", (cause) => {
      death = new ArqonError("INTERNAL", `${name} died: ${(cause as Error).message}`, { cause });
    });
    worker.once("exit", (code) =>
      resolve(
        stopping ? undefined : (death ?? new ArqonError("INTERNAL", `${name} ended with code ${code}`)),
      ),
    );
  });
  const reply = await Promise.race([
    new Promise<ThreadReply>((resolve) => worker.once("message", resolve)),
    ended.then((error): ThreadReply => ({ failed: { ...failure(error, name) } })),
  ]);
  if ("failed" in reply) {
    stopping = true;
    await worker.terminate();
    throw new ArqonError(reply.failed.code, reply.failed.message, { remedy: reply.failed.remedy });
  }
  worker.on("message", onMessage);
  return {
    name,
    url: reply.url,
    secureUrl: reply.secureUrl,
    ended,
    tell: (order, transfer = []) => worker.postMessage(order, [...transfer]),
    stop: async (graceMs) => {
      stopping = true;
      worker.postMessage({ stop: true });
      const cancel = after(graceMs, () => void worker.terminate());
      await ended;
      cancel();
    },
  };
}

function failure(error: ArqonError | undefined, name: string): Failure {
  const { code, message, remedy } = error ?? new ArqonError("INTERNAL", `${name} ended before it was ready`);
  return { code, message, remedy };
}
