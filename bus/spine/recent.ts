/** The duplicate window: ids of logged messages, remembered for a while, without an object for any of them. */

/** How long an id is remembered, microseconds. */
export const RECENT_AGE_US = 120_000_000;
/** Ids kept of one principal; beyond, the oldest are forgotten before their time. */
export const RECENT_IDS = 262_144;

/** Called with the sequence of the original; 0 when its append failed. */
type Known = (sequence: number) => void;

/** Digits of a UUID by their character code; 255: none. */
const DIGIT = new Uint8Array(128).fill(255);
for (let i = 0; i < 16; i++) {
  DIGIT["0123456789abcdef".charCodeAt(i)] = i;
  DIGIT["0123456789ABCDEF".charCodeAt(i)] = i;
}

const DASH = 0x2d;

/** Four words of an id: what {@link RecentIds} looks for. */
export type IdWords = Uint32Array;

/** Reads the UUID whose 36 characters `id` is. Returns false when it is none. */
export function readId(id: string, into: IdWords): boolean {
  if (id.length !== 36) return false;
  let digits = 0;
  let word = 0;
  for (let at = 0; at < 36; at++) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (id.charCodeAt(at) !== DASH) return false;
      continue;
    }
    const digit = DIGIT[id.charCodeAt(at)] ?? 255;
    if (digit === 255) return false;
    word = (word << 4) | digit;
    if ((++digits & 7) === 0) into[(digits >> 3) - 1] = word;
  }
  return true;
}

/**
 * Ids of the last messages that are younger than `maxAgeUs`, in a ring in the order they came; a table of open addresses
 * finds them. Places in the ring are counted and never reused, so one that was given out stays valid.
 */
export class RecentIds {
  readonly #maxIds: number;
  readonly #maxAgeUs: number;
  #capacity = 64;
  #ids = new Uint32Array(4 * 64);
  /** 0: the append is under way; -1: it failed, and the id is free again. */
  #sequences = new Float64Array(64);
  #timesUs = new Float64Array(64);
  /** Position in the ring plus one; 0 is empty. */
  #table = new Int32Array(2 * 64);
  #oldest = 0;
  #next = 0;
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
  find(id: IdWords, nowUs: number): number {
    this.#trim(nowUs);
    const at = (this.#table[this.#slotOf(id)] as number) - 1;
    return at < 0 ? -1 : this.#placeOf(at);
  }

  /** Calls with the sequence of the original, at once or when its append is done; with 0 when that failed. */
  tell(place: number, known: Known): void {
    const sequence = this.#sequences[place & (this.#capacity - 1)] as number;
    if (sequence > 0) known(sequence);
    else {
      const waiting = this.#waiting.get(place);
      if (waiting) waiting.push(known);
      else this.#waiting.set(place, [known]);
    }
  }

  /** Notes an id that is not known and whose append begins, or (with a sequence) is done. Returns its place. */
  add(id: IdWords, nowUs: number, sequence = 0): number {
    this.#trim(nowUs);
    if (this.#next - this.#oldest === this.#capacity) this.#grow();
    const place = this.#next++;
    const at = place & (this.#capacity - 1);
    for (let i = 0; i < 4; i++) this.#ids[4 * at + i] = id[i] as number;
    this.#sequences[at] = sequence;
    this.#timesUs[at] = nowUs;
    this.#table[this.#slotOf(id)] = at + 1;
    this.#size++;
    return place;
  }

  /** The append of an id is done; sequence 0: it failed, and the id may be used again. */
  settle(place: number, sequence: number): void {
    const at = place & (this.#capacity - 1);
    if (sequence === 0) this.#remove(at);
    this.#sequences[at] = sequence === 0 ? -1 : sequence;
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting.get(place);
    this.#waiting.delete(place);
    for (const call of waiting ?? []) call(sequence);
  }

  /** Every id whose append is done, oldest first. */
  *entries(): Generator<{ readonly id: Uint32Array; readonly atUs: number; readonly sequence: number }> {
    for (let place = this.#oldest; place < this.#next; place++) {
      const at = place & (this.#capacity - 1);
      const sequence = this.#sequences[at] as number;
      if (sequence > 0)
        yield { id: this.#ids.subarray(4 * at, 4 * at + 4), atUs: this.#timesUs[at] as number, sequence };
    }
  }

  #trim(nowUs: number): void {
    const mask = this.#capacity - 1;
    while (this.#oldest < this.#next) {
      const at = this.#oldest & mask;
      const sequence = this.#sequences[at] as number;
      if (sequence >= 0) {
        const isYoung = nowUs - (this.#timesUs[at] as number) <= this.#maxAgeUs;
        if (sequence === 0 || (isYoung && this.#size <= this.#maxIds)) return;
        this.#remove(at);
      }
      this.#oldest++;
    }
  }

  #placeOf(at: number): number {
    const first = this.#oldest & (this.#capacity - 1);
    return this.#oldest + ((at - first + this.#capacity) & (this.#capacity - 1));
  }

  #hash(ids: Uint32Array, at: number): number {
    let hash =
      Math.imul(ids[at + 3] as number, 0x9e3779b1) ^
      Math.imul(ids[at + 2] as number, 0x85ebca6b) ^
      Math.imul(ids[at + 1] as number, 0xc2b2ae35) ^
      (ids[at] as number);
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x2c1b3c6d) >>> 7;
  }

  /** Where in the table the id is, or would be. */
  #slotOf(id: IdWords): number {
    const table = this.#table;
    const ids = this.#ids;
    const mask = table.length - 1;
    let slot = this.#hash(id, 0) & mask;
    for (;;) {
      const at = ((table[slot] as number) - 1) * 4;
      if (at < 0) return slot;
      if (ids[at + 3] === id[3] && ids[at + 2] === id[2] && ids[at + 1] === id[1] && ids[at] === id[0])
        return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Takes a position out of the table and moves up those behind it that belong further in front. */
  #remove(at: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let hole = this.#hash(this.#ids, 4 * at) & mask;
    while (table[hole] !== at + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hash(this.#ids, 4 * ((table[slot] as number) - 1)) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      table[hole] = table[slot] as number;
      hole = slot;
    }
    table[hole] = 0;
    this.#size--;
  }

  #grow(): void {
    const { length } = this.#sequences;
    const capacity = 2 * length;
    const ids = new Uint32Array(4 * capacity);
    const sequences = new Float64Array(capacity);
    const timesUs = new Float64Array(capacity);
    for (let place = this.#oldest; place < this.#next; place++) {
      const from = place & (length - 1);
      const to = place & (capacity - 1);
      ids.set(this.#ids.subarray(4 * from, 4 * from + 4), 4 * to);
      sequences[to] = this.#sequences[from] as number;
      timesUs[to] = this.#timesUs[from] as number;
    }
    this.#ids = ids;
    this.#sequences = sequences;
    this.#timesUs = timesUs;
    this.#capacity = capacity;
    this.#table = new Int32Array(2 * capacity);
    for (let place = this.#oldest; place < this.#next; place++) {
      const at = place & (capacity - 1);
      if ((sequences[at] as number) >= 0)
        this.#table[this.#slotOf(ids.subarray(4 * at, 4 * at + 4))] = at + 1;
    }
  }
}
