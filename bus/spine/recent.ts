/** The duplicate window of one principal: ids of logged messages, remembered for a while. */
import { AnyIds } from "./any-ids.ts";
import { type Known, RECENT_AGE_US, RECENT_IDS } from "./id-ring.ts";
import { RisingIds } from "./rising-ids.ts";
import type { IdWords } from "./uuid-words.ts";

/**
 * The last ids that are younger than `maxAgeUs`: at most `maxIds` that rose, as UUIDs of version 7 do, and as many that
 * did not. A place is even among the first and odd among the others.
 */
export class RecentIds {
  readonly #rising: RisingIds;
  readonly #others: AnyIds;

  constructor(maxIds: number = RECENT_IDS, maxAgeUs: number = RECENT_AGE_US) {
    this.#rising = new RisingIds(maxIds, maxAgeUs);
    this.#others = new AnyIds(maxIds, maxAgeUs);
  }

  get size(): number {
    return this.#rising.size + this.#others.size;
  }

  /** The place of an id; -1 when it is not known. @cost one comparison for an id larger than all before */
  find(id: IdWords, nowUs: number): number {
    if (this.#rising.isAbove(id)) return -1;
    const rising = this.#rising.find(id, nowUs);
    if (rising >= 0) return 2 * rising;
    const other = this.#others.find(id, nowUs);
    return other >= 0 ? 2 * other + 1 : -1;
  }

  /** Calls with the sequence of the original, at once or when its append is done; with 0 when that failed. */
  tell(place: number, known: Known): void {
    this.#of(place).tell(Math.floor(place / 2), known);
  }

  /** Notes an id that is not known and whose append begins, or (with a sequence) is done. Returns its place. */
  add(id: IdWords, nowUs: number, sequence = 0): number {
    return this.#rising.isAbove(id)
      ? 2 * this.#rising.add(id, nowUs, sequence)
      : 2 * this.#others.add(id, nowUs, sequence) + 1;
  }

  /** The append of an id is done; sequence 0: it failed, and the id may be used again. */
  settle(place: number, sequence: number): void {
    this.#of(place).settle(Math.floor(place / 2), sequence);
  }

  #of(place: number): RisingIds | AnyIds {
    return place % 2 === 0 ? this.#rising : this.#others;
  }
}
