/** Where to start reading: a sparse index of one segment, in memory. */
import { MARK_SPACING_BYTES, type Mark } from "./batch.ts";

/** Points of one segment by sequence and by time, at least {@link MARK_SPACING_BYTES} apart. */
export class SegmentIndex {
  readonly #sequences: number[] = [];
  readonly #offsets: number[] = [];
  readonly #timesBefore: number[] = [];
  #latestTime: number;

  /** @param latestTime  of every record in earlier segments. */
  constructor(latestTime: number) {
    this.#latestTime = latestTime;
  }

  /** Latest time of every record so far, also in earlier segments. */
  get latestTime(): number {
    return this.#latestTime;
  }

  /** Takes the marks of a batch that was written at `offset`. */
  addBatch(offset: number, marks: readonly Mark[], latestTime: number): void {
    for (const { sequence, at, timeBefore } of marks) {
      const last = this.#offsets.at(-1);
      if (last !== undefined && offset + at - last < MARK_SPACING_BYTES) continue;
      this.#sequences.push(sequence);
      this.#offsets.push(offset + at);
      this.#timesBefore.push(Math.max(this.#latestTime, timeBefore));
    }
    this.#latestTime = Math.max(this.#latestTime, latestTime);
  }

  /** Offset of a record at or before the first one with at least this sequence; `undefined` when empty. */
  offsetOfSequence(sequence: number): number | undefined {
    return this.#before(this.#sequences, (value) => value <= sequence);
  }

  /** Offset of a record at or before the first one stamped at or after `unixUs`; `undefined` when empty. */
  offsetOfTime(unixUs: number): number | undefined {
    return this.#before(this.#timesBefore, (value) => value < unixUs);
  }

  #before(values: readonly number[], holds: (value: number) => boolean): number | undefined {
    let low = 0;
    let high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(values[middle] as number)) low = middle + 1;
      else high = middle;
    }
    return this.#offsets[Math.max(0, low - 1)];
  }
}
