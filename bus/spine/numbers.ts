/** The numbers of a Reality in the order of asking: whoever found none is served first when there are some again. */
import type { ArqonError } from "@arqon/core/base";
import type { Sequencer } from "./sequencer.ts";

/** A {@link Sequencer} that nobody overtakes those who wait for. */
export class Numbers {
  readonly #sequencer: Sequencer;
  #waiting: (() => void)[] = [];

  constructor(sequencer: Sequencer) {
    this.#sequencer = sequencer;
    sequencer.onReady = () => this.#resume();
  }

  /** Why there are none now, if that is known; waiting does not help then. */
  get failure(): ArqonError | undefined {
    return this.#sequencer.failure;
  }

  /** How many can be had at once; 0 while anybody waits. */
  get left(): number {
    return this.#waiting.length > 0 ? 0 : this.#sequencer.left;
  }

  /** The next one, or 0 when there is none yet or anybody waits. */
  take(): number {
    return this.#waiting.length > 0 ? 0 : this.#sequencer.take();
  }

  /** Calls when there may be numbers again, after all who have waited longer. */
  wait(call: () => void): void {
    this.#waiting.push(call);
  }

  #resume(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call();
  }
}
