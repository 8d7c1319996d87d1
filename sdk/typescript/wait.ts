/** Waiting with an end: every wait of the SDK has a bound and can be cancelled. */
import { ArqonError, type Cancel, type Timer } from "@arqon/core/base";

/** How long to wait, and what may end the wait early. */
export interface WaitOptions {
  /** Milliseconds after which the wait fails with `DEADLINE_EXCEEDED`. */
  readonly timeoutMs?: number;
  /** Aborting it ends the wait with `CANCELLED`. */
  readonly signal?: AbortSignal;
}

/** The error of an aborted signal: its reason when that is an ArqonError, `CANCELLED` otherwise. */
export function abortError(signal: AbortSignal, what: string): ArqonError {
  return signal.reason instanceof ArqonError
    ? signal.reason
    : new ArqonError("CANCELLED", `${what} was cancelled`, { cause: signal.reason });
}

/**
 * The outcome of `promise`, unless time or the signal end the wait first.
 * @throws ArqonError `DEADLINE_EXCEEDED`, `CANCELLED`, or what `promise` rejects with.
 */
export function bounded<T>(
  timer: Timer,
  promise: Promise<T>,
  options: WaitOptions & { readonly timeoutMs: number },
  what: string,
): Promise<T> {
  const { timeoutMs, signal } = options;
  const { promise: outcome, resolve, reject } = Promise.withResolvers<T>();
  let cancel: Cancel = () => {};
  const onAbort = (): void => {
    if (signal) reject(abortError(signal, what));
  };
  if (signal?.aborted) onAbort();
  else {
    signal?.addEventListener("abort", onAbort, { once: true });
    if (Number.isFinite(timeoutMs))
      cancel = timer.after(timeoutMs, () => {
        reject(new ArqonError("DEADLINE_EXCEEDED", `${what} took longer than ${timeoutMs} ms`));
      });
  }
  promise.then(resolve, reject);
  return outcome.finally(() => {
    cancel();
    signal?.removeEventListener("abort", onAbort);
  });
}

/** Waits `delayMs`. @throws ArqonError `CANCELLED` when the signal ends it. */
export async function pause(timer: Timer, delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = timer.after(delayMs, resolve);
  const wait = { timeoutMs: Number.POSITIVE_INFINITY, ...(signal && { signal }) };
  await bounded(timer, promise, wait, "the pause").finally(cancel);
}
