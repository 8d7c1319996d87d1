/** Figures that cost something to gather, and that anyone may ask for as often as they like. */
import type { Clock } from "@arqon/core/base";

/** Gathers anew as long as it is asked for less than `perS` times a second; above that it answers with what it has. */
export class Paced<T> {
  readonly #clock: Clock;
  readonly #perS: number;
  readonly #gather: () => T;
  #last: { readonly value: T } | undefined;
  #left: number;
  #atMs: number;

  constructor(clock: Clock, perS: number, gather: () => T) {
    this.#clock = clock;
    this.#perS = perS;
    this.#gather = gather;
    this.#left = perS;
    this.#atMs = clock.monotonicMs();
  }

  /** The figures, at most a second old. */
  get(): T {
    const nowMs = this.#clock.monotonicMs();
    this.#left = Math.min(this.#perS, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perS);
    this.#atMs = nowMs;
    if (this.#last !== undefined && this.#left < 1) return this.#last.value;
    this.#left = Math.max(0, this.#left - 1);
    this.#last = { value: this.#gather() };
    return this.#last.value;
  }
}
