/** Keeps a thread running: one that dies is started again, after a pause that grows while it keeps dying. */
import { ArqonError, type Cancel, type Clock, type Timer } from "@arqon/core/base";
import type { Thread } from "./thread.ts";

/** First and longest pause before a start. */
const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** A thread that lived this long is taken for healthy: the next pause is the first again. */
const HEALTHY_MS = 60_000;

/** A thread that comes back. */
export interface Supervised {
  /** Tells the thread that runs now, if one does; one that is started later has to know by itself. */
  tell(order: unknown): void;
  /** Ends it for good. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a thread and keeps it running.
 * @param tell  told of every death, and of every start that failed.
 * @throws ArqonError what the first start fails with; later ones are tried again.
 */
export async function supervise(
  name: string,
  start: () => Promise<Thread>,
  time: Clock & Timer,
  tell: (line: string) => void,
): Promise<Supervised> {
  let thread: Thread | undefined = await start();
  let stopping = false;
  let grace = 0;
  let cancelPause: Cancel = () => {};
  let endPause = (): void => {};

  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      endPause = resolve;
      cancelPause = time.after(delayMs, resolve);
    });

  async function keep(): Promise<void> {
    for (let deaths = 0; ; deaths++) {
      const startedMs = time.monotonicMs();
      const error = await thread?.ended;
      if (stopping) return;
      if (time.monotonicMs() - startedMs > HEALTHY_MS) deaths = 0;
      const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** deaths);
      if (thread) tell(`${name}: ${error?.message ?? "it ended"}; it is started again in ${delayMs} ms`);
      await pause(delayMs);
      if (stopping) return;
      thread = await start().catch((thrown) => {
        tell(`${name}: it could not be started again: ${ArqonError.from(thrown).message}`);
        return undefined;
      });
      // Whoever asked for the end while it started had nothing to stop yet.
      if (stopping) return thread?.stop(grace);
    }
  }
  const kept = keep();

  return {
    tell: (order) => thread?.tell(order),
    stop: async (graceMs) => {
      stopping = true;
      grace = graceMs;
      cancelPause();
      endPause();
      await thread?.stop(graceMs);
      await kept;
    },
  };
}
