/** One operator handling one message: the same in a live run and in a replay, but for whom it asks. */
import { createRandom, formatSeed, type Json, type Random, sha256, utf8 } from "@arqon/core/base";
import { type ArqonMessage, filterMatches, requireToken, requireTopic } from "@arqon/core/wire";
import type { ReplayInput } from "./input.ts";
import { first64 } from "./journal.ts";
import { type DeterministicOperator, filtersOf, type Handler, type ReplayContext } from "./operator.ts";
import { eventOf, outputId } from "./output.ts";

/** What a live run and a replay do differently. */
export interface Surroundings {
  /** The answer of the world. */
  external(name: string, cause: string, index: number, ask: () => Json | Promise<Json>): Promise<Json>;
  wake(name: string, cause: ReplayInput, index: number, delayMs: number): void;
}

/** A started operator. */
export class Step {
  readonly operator: DeterministicOperator;
  readonly filters: readonly string[];
  readonly #surroundings: Surroundings;
  readonly #key: bigint;
  readonly #handle: Handler;

  constructor(operator: DeterministicOperator, seed: bigint, surroundings: Surroundings) {
    this.operator = operator;
    this.filters = filtersOf(operator);
    this.#surroundings = surroundings;
    this.#key = first64(sha256(utf8(`arqon.replay.v1\n${formatSeed(seed)}\n${operator.id}`)));
    this.#handle = operator.start();
  }

  listens(topic: string): boolean {
    return this.filters.some((filter) => filterMatches(filter, topic));
  }

  /** What the operator gives for a message, in order. Nothing, when it throws; then so does this. */
  async handle(input: ReplayInput): Promise<readonly ArqonMessage[]> {
    const { id } = this.operator;
    const outputs: ArqonMessage[] = [];
    let random: Random | undefined;
    let calls = 0;
    let timers = 0;
    let isOver = false;
    const open = (): void => {
      if (isOver) throw new TypeError(`${id} used the context of a message after it was handled`);
    };
    const draw = (): Random => {
      open();
      random ??= createRandom(this.#key, first64(sha256(utf8(input.id))));
      return random;
    };
    const context: ReplayContext = {
      now: () => input.timeUs,
      random: () => draw().nextDouble(),
      randomInt: (bound) => draw().nextInt(bound),
      publish: (topic, payload, schema = "") => {
        open();
        requireTopic(topic);
        if (this.listens(topic)) throw new TypeError(`${id} listens to ${topic} and would answer itself`);
        const cause = input.id;
        outputs.push(eventOf({ id: outputId(id, cause, outputs.length), topic, cause, schema }, payload));
      },
      external: (name, ask) => {
        open();
        requireToken(`journal of ${id}`, name);
        return this.#surroundings.external(name, input.id, calls++, ask);
      },
      wake: (name, delayMs) => {
        open();
        if (!this.operator.timers) throw new TypeError(`${id} uses timers and does not say so`);
        requireToken(`timer of ${id}`, name);
        this.#surroundings.wake(name, input, timers++, delayMs);
      },
    };
    try {
      await this.#handle(input, context);
    } finally {
      isOver = true;
    }
    return outputs;
  }
}
