/** The operations of one connection that are under way. */
import { ArqonError } from "@arqon/core/base";
import type { Port } from "../spine/index.ts";
import type { InTurn } from "./operations.ts";

/** Operations of one connection that may be under way at once. */
const MAX_ASKING = 16;

/** Keeps a client from asking faster than it is answered: each question may read from the log. */
export class Questions {
  readonly #port: Pick<Port, "pause" | "resume">;
  readonly #isOpen: () => boolean;
  #asking = 0;
  #reads: Promise<unknown> = Promise.resolve();

  constructor(port: Pick<Port, "pause" | "resume">, isOpen: () => boolean) {
    this.#port = port;
    this.#isOpen = isOpen;
  }

  /** Lets a question be answered; the connection is not read from while too many are. */
  ask(answer: () => Promise<void>): void {
    if (++this.#asking === MAX_ASKING) this.#port.pause();
    answer().finally(() => {
      if (this.#asking-- === MAX_ASKING) this.#port.resume();
    });
  }

  /** One chunk may hold hundreds of questions for history, each of which takes memory. */
  readonly inTurn: InTurn = (read) => {
    const done = this.#reads.then(() => {
      if (!this.#isOpen()) throw new ArqonError("CONNECTION_LOST", "nobody waits for the answer");
      return read();
    });
    this.#reads = done.catch(() => {});
    return done;
  };
}
