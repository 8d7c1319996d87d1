/** The speed of a replay: recorded time against the time of this machine. */
import { ArqonError, type Clock, type Timer } from "@arqon/core/base";

/** Waits until a recorded moment is due. */
export class Pace {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #speed: number | undefined;
  readonly #signal: AbortSignal | undefined;
  #start: { readonly recordedUs: number; readonly nowMs: number } | undefined;

  /** @param speed  how many times faster than recorded; `undefined` never waits. */
  constructor(clock: Clock, timer: Timer, speed: number | undefined, signal: AbortSignal | undefined) {
    if (speed !== undefined && !(speed > 0 && speed <= 1e6))
      throw new ArqonError("USAGE", `speed ${speed}: needs more than 0 and at most 1e6`);
    this.#clock = clock;
    this.#timer = timer;
    this.#speed = speed;
    this.#signal = signal;
  }

  /** Resolves when the recorded moment is due; the first one is due at once. */
  async until(recordedUs: number): Promise<void> {
    this.#signal?.throwIfAborted();
    if (this.#speed === undefined) return;
    this.#start ??= { recordedUs, nowMs: this.#clock.monotonicMs() };
    const dueMs = this.#start.nowMs + (recordedUs - this.#start.recordedUs) / 1000 / this.#speed;
    const waitMs = dueMs - this.#clock.monotonicMs();
    if (waitMs <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#timer.after(waitMs, resolve);
    this.#signal?.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    cancel();
    this.#signal?.throwIfAborted();
  }
}
