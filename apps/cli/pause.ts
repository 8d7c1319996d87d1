/** Waiting, for commands that watch something. */
import { systemTimer } from "@arqon/core/base";

const timer = systemTimer({ hold: true });

/** Resolves after `ms` milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => timer.after(ms, resolve));
}
