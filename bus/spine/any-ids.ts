/** Ids in any order, found in a table of open addresses. */
import { IdRing } from "./id-ring.ts";
import type { IdWords } from "./uuid-words.ts";

/** The ids of a window that did not come in their own order. */
export class AnyIds extends IdRing {
  /** Position in the ring plus one; 0 is empty. Twice as long as the ring. */
  #table = new Int32Array(2 * this.capacity);

  find(id: IdWords, nowUs: number): number {
    this.trim(nowUs);
    const at = (this.#table[this.#slotOf(id, 0)] as number) - 1;
    if (at < 0) return -1;
    const first = this.oldest & (this.capacity - 1);
    return this.oldest + ((at - first + this.capacity) & (this.capacity - 1));
  }

  protected placed(at: number): void {
    this.#table[this.#slotOf(this.ids, 4 * at)] = at + 1;
  }

  /** Those behind it that belong further in front move up. */
  protected removed(at: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let hole = hash(this.ids, 4 * at) & mask;
    while (table[hole] !== at + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const home = hash(this.ids, 4 * ((table[slot] as number) - 1)) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      table[hole] = table[slot] as number;
      hole = slot;
    }
    table[hole] = 0;
  }

  protected moved(): void {
    this.#table = new Int32Array(2 * this.capacity);
    for (let place = this.oldest; place < this.next; place++) {
      const at = place & (this.capacity - 1);
      if ((this.sequences[at] as number) >= 0) this.placed(at);
    }
  }

  /** Where in the table the id at `from` of `words` is, or would be. */
  #slotOf(words: Uint32Array, from: number): number {
    const table = this.#table;
    const { ids } = this;
    const mask = table.length - 1;
    let slot = hash(words, from) & mask;
    for (;;) {
      const at = ((table[slot] as number) - 1) * 4;
      if (at < 0 || isSame(ids, at, words, from)) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

function isSame(a: Uint32Array, i: number, b: Uint32Array, j: number): boolean {
  return a[i + 3] === b[j + 3] && a[i + 2] === b[j + 2] && a[i + 1] === b[j + 1] && a[i] === b[j];
}

function hash(words: Uint32Array, at: number): number {
  let mixed =
    Math.imul(words[at + 3] as number, 0x9e3779b1) ^
    Math.imul(words[at + 2] as number, 0x85ebca6b) ^
    Math.imul(words[at + 1] as number, 0xc2b2ae35) ^
    (words[at] as number);
  mixed ^= mixed >>> 15;
  return Math.imul(mixed, 0x2c1b3c6d) >>> 7;
}
