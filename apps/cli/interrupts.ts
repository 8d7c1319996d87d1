/** Ctrl-C and its kin: the first asks to finish, a later one insists. */
import { systemClock } from "@arqon/core/base";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** A terminal and the starter of this process may both pass the same signal on. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Calls once with the first signal's name; a second signal, a second or more later, ends the process.
 * Returns the way to stop listening; what was interrupted goes on listening, so that it can tidy up.
 */
export function onInterrupt(call: (signal: string) => void): () => void {
  let firstMs: number | undefined;
  const listen = (signal: string): void => {
    const nowMs = systemClock.monotonicMs();
    if (firstMs === undefined) {
      firstMs = nowMs;
      call(signal);
    } else if (nowMs - firstMs > SAME_SIGNAL_MS) process.exit(130);
  };
  for (const signal of SIGNALS) process.on(signal, listen);
  return () => {
    if (firstMs === undefined) for (const signal of SIGNALS) process.off(signal, listen);
  };
}
