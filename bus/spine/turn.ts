/** The end of the present turn of the event loop: what was gathered during it is done there, once. */

/** Calls back after the present turn. */
export type Defer = (call: () => void) => void;

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
