/** The duplicate window: ids of logged messages, remembered for a while. */

interface Seen {
  readonly id: string;
  /** 0 while the append is under way. */
  sequence: number;
  readonly atUs: number;
  /** Who else waits for the outcome. */
  waiting: ((sequence: number) => void)[] | undefined;
}

/** How long an id is remembered, microseconds. */
export const RECENT_AGE_US = 120_000_000;

/** Ids of the last `maxIds` logged messages that are younger than `maxAgeUs`. */
export class RecentIds {
  readonly #seen = new Map<string, Seen>();
  /** From `#oldest` on, in the order they were added: to find its first entry a map walks over all it ever deleted. */
  #order: Seen[] = [];
  #oldest = 0;
  readonly #maxIds: number;
  readonly #maxAgeUs: number;

  constructor(maxIds = 100_000, maxAgeUs: number = RECENT_AGE_US) {
    this.#maxIds = maxIds;
    this.#maxAgeUs = maxAgeUs;
  }

  get size(): number {
    return this.#seen.size;
  }

  /**
   * Whether the id is known. Calls `known` with the original's sequence, at once or when its append is done; with 0
   * when that append failed.
   */
  check(id: string, nowUs: number, known: (sequence: number) => void): boolean {
    this.#trim(nowUs);
    const seen = this.#seen.get(id);
    if (seen === undefined) return false;
    if (seen.sequence > 0) known(seen.sequence);
    else {
      seen.waiting ??= [];
      seen.waiting.push(known);
    }
    return true;
  }

  /** Notes an id whose append begins, or (with a sequence) one that was read from the log. */
  add(id: string, nowUs: number, sequence = 0): void {
    const seen: Seen = { id, sequence, atUs: nowUs, waiting: undefined };
    this.#seen.set(id, seen);
    this.#order.push(seen);
    this.#trim(nowUs);
  }

  /** The append is done; sequence 0: it failed, and the id may be used again. */
  settle(id: string, sequence: number): void {
    const seen = this.#seen.get(id);
    if (seen === undefined) return;
    if (sequence === 0) this.#seen.delete(id);
    seen.sequence = sequence;
    const waiting = seen.waiting ?? [];
    seen.waiting = undefined;
    for (const call of waiting) call(sequence);
  }

  #trim(nowUs: number): void {
    for (;;) {
      const seen = this.#order[this.#oldest];
      if (seen === undefined) break;
      const isKnown = this.#seen.get(seen.id) === seen;
      const isYoung = nowUs - seen.atUs <= this.#maxAgeUs;
      if (isYoung && this.#order.length - this.#oldest <= this.#maxIds) break;
      if (isKnown && seen.sequence === 0) break;
      if (isKnown) this.#seen.delete(seen.id);
      this.#oldest++;
    }
    if (this.#oldest < 1_024 || this.#oldest * 2 < this.#order.length) return;
    this.#order = this.#order.slice(this.#oldest);
    this.#oldest = 0;
  }
}
