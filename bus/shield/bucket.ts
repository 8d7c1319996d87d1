/** A token bucket: a rate with some room for bursts. */

/** Allows `ratePerS` on average and one second's worth at once. */
export class Bucket {
  readonly #ratePerS: number;
  #tokens: number;
  #atMs: number;

  constructor(ratePerS: number, nowMs: number) {
    this.#ratePerS = ratePerS;
    this.#tokens = ratePerS;
    this.#atMs = nowMs;
  }

  /** What is there without waiting. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Takes `count` tokens if they are there. */
  take(count: number, nowMs: number): boolean {
    if (this.#tokens < count) {
      this.#tokens = Math.min(this.#ratePerS, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#ratePerS);
      this.#atMs = nowMs;
      if (this.#tokens < count) return false;
    }
    this.#tokens -= count;
    return true;
  }
}
