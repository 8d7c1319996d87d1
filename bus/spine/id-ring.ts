/** Ids in the order they came, in memory that is used in turns: no object for any of them. */
import type { IdWords } from "./uuid-words.ts";

/** How long an id is remembered, microseconds. */
export const RECENT_AGE_US = 120_000_000;
/** Ids kept of one principal; beyond, the oldest are forgotten before their time. */
export const RECENT_IDS = 262_144;

/** Called with the sequence of the original; 0 when its append failed. */
export type Known = (sequence: number) => void;

const FIRST_CAPACITY = 64;

/**
 * Ids of the last messages that are younger than `maxAgeUs`. Places are counted and never given twice, so that one
 * which was given out stays valid. How an id is found is left to those who extend this.
 */
export abstract class IdRing {
  readonly #maxIds: number;
  readonly #maxAgeUs: number;
  protected capacity: number = FIRST_CAPACITY;
  protected ids: Uint32Array = new Uint32Array(4 * FIRST_CAPACITY);
  /** 0: the append is under way; -1: it failed, and the id is free again. */
  protected sequences: Float64Array = new Float64Array(FIRST_CAPACITY);
  #timesUs = new Float64Array(FIRST_CAPACITY);
  protected oldest = 0;
  protected next = 0;
  #size = 0;
  /** Who else waits for the outcome of an append, by place. */
  readonly #waiting = new Map<number, Known[]>();

  constructor(maxIds: number = RECENT_IDS, maxAgeUs: number = RECENT_AGE_US) {
    this.#maxIds = maxIds;
    this.#maxAgeUs = maxAgeUs;
  }

  get size(): number {
    return this.#size;
  }

  /** The place of an id; -1 when it is not known. */
  abstract find(id: IdWords, nowUs: number): number;
  /** An id was put at this position. */
  protected abstract placed(at: number): void;
  /** The id at this position is not known any more. */
  protected abstract removed(at: number): void;
  /** Every position is another one now. */
  protected abstract moved(): void;

  /** Calls with the sequence of the original, at once or when its append is done; with 0 when that failed. */
  tell(place: number, known: Known): void {
    const sequence = this.sequences[place & (this.capacity - 1)] as number;
    if (sequence > 0) known(sequence);
    else {
      const waiting = this.#waiting.get(place);
      if (waiting) waiting.push(known);
      else this.#waiting.set(place, [known]);
    }
  }

  /** Notes an id that is not known and whose append begins, or (with a sequence) is done. Returns its place. */
  add(id: IdWords, nowUs: number, sequence = 0): number {
    this.trim(nowUs);
    if (this.next - this.oldest === this.capacity) this.#grow();
    const place = this.next++;
    const at = place & (this.capacity - 1);
    for (let i = 0; i < 4; i++) this.ids[4 * at + i] = id[i] as number;
    this.sequences[at] = sequence;
    this.#timesUs[at] = nowUs;
    this.placed(at);
    this.#size++;
    return place;
  }

  /** The append of an id is done; sequence 0: it failed, and the id may be used again. */
  settle(place: number, sequence: number): void {
    const at = place & (this.capacity - 1);
    if (sequence === 0) this.#remove(at);
    this.sequences[at] = sequence === 0 ? -1 : sequence;
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting.get(place);
    this.#waiting.delete(place);
    for (const call of waiting ?? []) call(sequence);
  }

  /** Every id whose append is done, oldest first. */
  *entries(): Generator<{ readonly id: Uint32Array; readonly atUs: number; readonly sequence: number }> {
    for (let place = this.oldest; place < this.next; place++) {
      const at = place & (this.capacity - 1);
      const sequence = this.sequences[at] as number;
      if (sequence > 0)
        yield { id: this.ids.subarray(4 * at, 4 * at + 4), atUs: this.#timesUs[at] as number, sequence };
    }
  }

  /** Forgets what is too old or too much. What is under way is kept, and what came after it. */
  protected trim(nowUs: number): void {
    const mask = this.capacity - 1;
    while (this.oldest < this.next) {
      const at = this.oldest & mask;
      const sequence = this.sequences[at] as number;
      if (sequence >= 0) {
        const isYoung = nowUs - (this.#timesUs[at] as number) <= this.#maxAgeUs;
        if (sequence === 0 || (isYoung && this.#size <= this.#maxIds)) return;
        this.#remove(at);
      }
      this.oldest++;
    }
  }

  #remove(at: number): void {
    this.removed(at);
    this.#size--;
  }

  #grow(): void {
    const { capacity } = this;
    const ids = new Uint32Array(8 * capacity);
    const sequences = new Float64Array(2 * capacity);
    const timesUs = new Float64Array(2 * capacity);
    for (let place = this.oldest; place < this.next; place++) {
      const from = place & (capacity - 1);
      const to = place & (2 * capacity - 1);
      ids.set(this.ids.subarray(4 * from, 4 * from + 4), 4 * to);
      sequences[to] = this.sequences[from] as number;
      timesUs[to] = this.#timesUs[from] as number;
    }
    this.ids = ids;
    this.sequences = sequences;
    this.#timesUs = timesUs;
    this.capacity = 2 * capacity;
    this.moved();
  }
}
