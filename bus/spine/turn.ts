/** The end of the present turn of the event loop: what was gathered during it is done there, once. */

import type { Clock } from "@arqon/core/base";

/** Calls back after the present turn. */
export type Defer = (call: () => void) => void;

/** The time of a turn: it stands still within one, and never goes back. */
export class TurnClock {
  readonly #clock: Clock;
  readonly #turn: Turn;
  #lastUs = 0;
  #turnUs = 0;

  constructor(clock: Clock, turn: Turn) {
    this.#clock = clock;
    this.#turn = turn;
  }

  /** UTC microseconds. */
  nowUs(): number {
    if (this.#turnUs === 0) {
      this.#lastUs = Math.max(this.#lastUs, this.#clock.nowUs());
      this.#turnUs = this.#lastUs;
      this.#turn.atEnd(() => {
        this.#turnUs = 0;
      });
    }
    return this.#turnUs;
  }

  /** Time does not go below `unixUs` from now on. */
  passed(unixUs: number): void {
    this.#lastUs = Math.max(this.#lastUs, unixUs);
  }
}

/** Work gathered for the end of the turn, in the order it was added. */
export class Turn {
  readonly #defer: Defer;
  #work: (() => void)[] = [];

  constructor(defer: Defer) {
    this.#defer = defer;
  }

  /** Calls once at the end of this turn. Work added while the turn ends is done in the same end. */
  atEnd(call: () => void): void {
    this.#work.push(call);
    if (this.#work.length === 1) this.#defer(() => this.#run());
  }

  #run(): void {
    for (let i = 0; i < this.#work.length; i++) (this.#work[i] as () => void)();
    this.#work = [];
  }
}
