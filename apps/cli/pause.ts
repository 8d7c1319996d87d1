/** Waiting, for commands that watch something. */
import { systemTimer } from "@arqon/core/base";

const timer = systemTimer({ hold: true });

/** Resolves after `ms` milliseconds. Rejects at once, with its reason, when the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  const cancel = timer.after(ms, resolve);
  return promise.finally(() => {
    cancel();
    signal?.removeEventListener("abort", abort);
  });
}
