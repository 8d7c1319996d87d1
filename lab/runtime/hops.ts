/** A stopwatch for the hops that people see. */
import type { Clock } from "@arqon/core/base";
import type { WorkHop } from "./work.ts";

/** Collects hops from the moment it is made. */
export class HopWatch {
  readonly hops: WorkHop[] = [];
  readonly #clock: Clock;
  readonly #startMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
  }

  /** Milliseconds since the start. */
  elapsedMs(): number {
    return this.#clock.monotonicMs() - this.#startMs;
  }

  /** Times a call, also one that fails. */
  async hop<T>(name: string, call: () => T | Promise<T>): Promise<T> {
    const startMs = this.elapsedMs();
    try {
      return await call();
    } finally {
      this.hops.push({ name, startMs, durationMs: this.elapsedMs() - startMs });
    }
  }

  /** Takes over hops that another measured from its own start. */
  adopt(hops: readonly WorkHop[], offsetMs: number): void {
    for (const { name, startMs, durationMs } of hops)
      this.hops.push({ name, startMs: startMs + offsetMs, durationMs, isAdopted: true });
  }
}
