/** Observations counted in fixed buckets. */

/** A histogram whose bounds never change. */
export class Histogram {
  /** Upper bounds, inclusive, rising; above the last one is "+Inf". */
  readonly bounds: readonly number[];
  /** Observations of each bucket alone; one more than there are bounds. */
  readonly counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  get sum(): number {
    return this.#sum;
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    counts[at] = (counts[at] as number) + 1;
    this.#sum += value;
  }
}
