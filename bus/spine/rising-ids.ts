/** Ids that came in their own order, as those of one publisher do: each is larger than the one before. */
import { IdRing } from "./id-ring.ts";
import type { IdWords } from "./uuid-words.ts";

/** The ids of a window that rise. One that is larger than all is known to be new without a search. */
export class RisingIds extends IdRing {
  readonly #largest: IdWords = new Uint32Array(4);

  /** Whether an id is larger than every one that was ever added. */
  isAbove(id: IdWords): boolean {
    return compare(id, this.#largest, 0) > 0;
  }

  find(id: IdWords, nowUs: number): number {
    this.trim(nowUs);
    const mask = this.capacity - 1;
    let low = this.oldest;
    let high = this.next;
    while (low < high) {
      const middle = low + ((high - low) >> 1);
      if (compare(id, this.ids, 4 * (middle & mask)) > 0) low = middle + 1;
      else high = middle;
    }
    if (low === this.next || compare(id, this.ids, 4 * (low & mask)) !== 0) return -1;
    return (this.sequences[low & mask] as number) < 0 ? -1 : low;
  }

  protected placed(at: number): void {
    this.#largest.set(this.ids.subarray(4 * at, 4 * at + 4));
  }

  protected removed(): void {}
  protected moved(): void {}
}

/** Sign of `id` minus the id at `at` of `ids`. */
function compare(id: IdWords, ids: Uint32Array, at: number): number {
  for (let i = 0; i < 4; i++) {
    const difference = (id[i] as number) - (ids[at + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
