/** Time as an argument: nothing outside `system.ts` reads a clock of the machine. */

/** A source of time. */
export interface Clock {
  /** UTC, microseconds since 1970-01-01T00:00:00Z. May jump when the machine's clock is set. */
  nowUs(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
}

/** Something that can be undone, e.g. a timer. */
export type Cancel = () => void;

/** A source of later calls. */
export interface Timer {
  /** Calls once after at least `delayMs`. */
  after(delayMs: number, call: () => void): Cancel;
}

/** A clock and timer moved by hand, for tests and simulations. */
export class ManualTime implements Clock, Timer {
  #nowMs = 0;
  #order = 0;
  readonly #epochUs: number;
  readonly #due: { atMs: number; order: number; call: () => void }[] = [];

  /** @param epochUs  UTC microseconds at monotonic 0. */
  constructor(epochUs = 1_767_225_600_000_000) {
    this.#epochUs = epochUs;
  }

  nowUs(): number {
    return this.#epochUs + Math.round(this.#nowMs * 1000);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void): Cancel {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, call };
    this.#due.push(entry);
    return () => {
      const at = this.#due.indexOf(entry);
      if (at >= 0) this.#due.splice(at, 1);
    };
  }

  /** Moves time forward and makes the calls that fall due, in order of their time. */
  advance(byMs: number): void {
    const end = this.#nowMs + byMs;
    for (;;) {
      let next = -1;
      for (let i = 0; i < this.#due.length; i++) {
        const a = this.#due[i];
        const b = this.#due[next];
        if (a && a.atMs <= end && (!b || a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)))
          next = i;
      }
      const [entry] = next < 0 ? [] : this.#due.splice(next, 1);
      if (!entry) break;
      this.#nowMs = Math.max(this.#nowMs, entry.atMs);
      entry.call();
    }
    this.#nowMs = end;
  }

  /** Milliseconds until the next call falls due, or `undefined` when none waits. */
  nextDueMs(): number | undefined {
    let least: number | undefined;
    for (const { atMs } of this.#due) if (least === undefined || atMs < least) least = atMs;
    return least === undefined ? undefined : Math.max(0, least - this.#nowMs);
  }
}
