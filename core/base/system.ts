/** The machine's own clock, timers and entropy: the only file that may touch them. */
import type { Clock, Timer } from "./clock.ts";

const startUs = Math.round((performance.timeOrigin + performance.now()) * 1000);
const startMs = performance.now();

/** The clock of this machine. Microsecond resolution within a process, adjusted when the system clock is set. */
export const systemClock: Clock = {
  nowUs: () => {
    const smooth = startUs + Math.round((performance.now() - startMs) * 1000);
    const wall = Date.now() * 1000;
    return Math.abs(smooth - wall) < 2_000_000 ? smooth : wall;
  },
  monotonicMs: () => performance.now(),
};

/** Timers of this process. They do not keep it alive on their own unless `hold` is set. */
export function systemTimer(options: { readonly hold?: boolean } = {}): Timer {
  return {
    after(delayMs, call) {
      const handle = setTimeout(call, delayMs) as unknown as { unref?: () => void };
      if (!options.hold) handle.unref?.();
      return () => clearTimeout(handle as never);
    },
  };
}

/** A source of unpredictable bytes. */
export type Entropy = (bytes: number) => Uint8Array<ArrayBuffer>;

/** Unpredictable bytes from the operating system. */
export const systemEntropy: Entropy = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));
