/** What happened before what, where there is no one order: dotted version vectors. */

/** One event: a number given by one actor, 1, 2, 3 ... */
export interface Dot {
  /** 32 bits. */
  readonly actor: number;
  /** At most 2^53 - 1. */
  readonly counter: number;
}

/** What is known to have happened: of each actor everything up to its counter. */
export interface Past {
  /** Sorted by actor. */
  readonly entries: readonly Dot[];
  /** Entries were left out. */
  readonly truncated: boolean;
}

/** Where an event stands. Of its own actor it knows everything before it. */
export interface CausalStamp extends Past {
  readonly dot: Dot;
}

/** Most entries of a past. */
export const MAX_PAST_ENTRIES = 64;

/** How two events stand to each other. */
export type CausalOrder = "before" | "after" | "equal" | "concurrent";

/** Whether `dot` belongs to a past. @cost O(log entries) */
export function covers({ entries }: Past, dot: Dot): boolean {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as Dot).actor < dot.actor) low = middle + 1;
    else high = middle;
  }
  const entry = entries[low];
  return entry !== undefined && entry.actor === dot.actor && dot.counter <= entry.counter;
}

/** Whether the event of `dot` happened before `stamp`. Of what was left out of a stamp this is not known: false. */
export function happenedBefore(dot: Dot, stamp: CausalStamp): boolean {
  return dot.actor === stamp.dot.actor ? dot.counter < stamp.dot.counter : covers(stamp, dot);
}

/** How `a` stands to `b`. An order that is told is true; a truncated stamp may hide one. */
export function compareStamps(a: CausalStamp, b: CausalStamp): CausalOrder {
  if (a.dot.actor === b.dot.actor && a.dot.counter === b.dot.counter) return "equal";
  if (happenedBefore(a.dot, b)) return "before";
  return happenedBefore(b.dot, a) ? "after" : "concurrent";
}

/**
 * A past that grows: that of an actor, or of a client which has seen what was delivered to it. At most `maxEntries`
 * actors are kept; the one that advanced longest ago is left out first.
 */
export class CausalContext {
  /** In the order in which they last advanced. */
  readonly #counters = new Map<number, number>();
  readonly #maxEntries: number;
  #truncated = false;

  constructor(maxEntries: number = MAX_PAST_ENTRIES) {
    this.#maxEntries = maxEntries;
  }

  /** Takes over another past: the larger counter of each actor. */
  merge({ entries, truncated }: Past): void {
    for (const entry of entries) this.#advance(entry);
    this.#truncated ||= truncated;
  }

  /** Takes over an event and everything before it. */
  observe(stamp: CausalStamp): void {
    this.merge(stamp);
    this.#advance(stamp.dot);
  }

  /** Leaves out what everybody has seen, e.g. of actors that are gone. */
  prune(stable: Past): void {
    for (const { actor, counter } of stable.entries)
      if ((this.#counters.get(actor) ?? Number.POSITIVE_INFINITY) <= counter) this.#leaveOut(actor);
  }

  /** What is known now. */
  past(): Past {
    const entries = Array.from(this.#counters, ([actor, counter]) => ({ actor, counter }));
    return { entries: entries.sort((a, b) => a.actor - b.actor), truncated: this.#truncated };
  }

  #advance({ actor, counter }: Dot): void {
    const known = this.#counters.get(actor) ?? 0;
    if (counter <= known) return;
    this.#counters.delete(actor);
    this.#counters.set(actor, counter);
    if (this.#counters.size > this.#maxEntries)
      for (const oldest of this.#counters.keys()) {
        this.#leaveOut(oldest);
        break;
      }
  }

  #leaveOut(actor: number): void {
    this.#counters.delete(actor);
    this.#truncated = true;
  }
}

/** Someone who numbers events: one after the other, each knowing all before it. */
export class CausalActor {
  readonly #actor: number;
  readonly #context: CausalContext;
  #counter: number;

  /**
   * @param counter  number last given out; numbers in between may be skipped, never given twice.
   * @param past     of the event that had it.
   */
  constructor(actor: number, counter = 0, past: Past = { entries: [], truncated: false }) {
    this.#actor = actor;
    this.#counter = counter;
    // Its own entry is never written, so it takes no room.
    this.#context = new CausalContext();
    this.#context.merge(past);
  }

  /** Number last given out. */
  get counter(): number {
    return this.#counter;
  }

  /**
   * Stamps the next event.
   * @param seen     what its author had seen.
   * @param counter  its number, larger than the last; by default one more.
   */
  stamp(seen: Past, counter: number = this.#counter + 1): CausalStamp {
    if (counter <= this.#counter) throw new TypeError(`event ${counter} after ${this.#counter}`);
    const entries = seen.entries.filter(({ actor }) => actor !== this.#actor);
    this.#context.merge({ entries, truncated: seen.truncated });
    this.#counter = counter;
    return { dot: { actor: this.#actor, counter }, ...this.#context.past() };
  }
}
