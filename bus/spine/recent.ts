/** The duplicate window: ids of logged messages, remembered for a while. */

interface Seen {
  /** 0 while the append is under way. */
  sequence: number;
  readonly atUs: number;
  /** Who else waits for the outcome. */
  waiting: ((sequence: number) => void)[] | undefined;
}

/** Ids of the last `maxIds` logged messages that are younger than `maxAgeUs`. */
export class RecentIds {
  readonly #seen = new Map<string, Seen>();
  readonly #maxIds: number;
  readonly #maxAgeUs: number;

  constructor(maxIds = 100_000, maxAgeUs = 120_000_000) {
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
    this.#seen.set(id, { sequence, atUs: nowUs, waiting: undefined });
    if (this.#seen.size > this.#maxIds) this.#trim(nowUs);
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
    for (const [id, seen] of this.#seen) {
      if (this.#seen.size <= this.#maxIds && nowUs - seen.atUs <= this.#maxAgeUs) return;
      if (seen.sequence === 0) return;
      this.#seen.delete(id);
    }
  }
}
