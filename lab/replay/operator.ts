/** What a deterministic operator is: all it knows is what it was told, and what it asks for is written down. */
import type { Json } from "@arqon/core/base";
import { requireFilter, requireToken } from "@arqon/core/wire";
import type { ReplayInput } from "./input.ts";

/** Bytes and text as they are, everything else as JSON. */
export type OutputPayload = Json | Uint8Array;

/** All an operator may use while it handles one message. Nothing of it depends on when or where it runs. */
export interface ReplayContext {
  /** UTC microseconds: when the bus took the message that is handled. */
  now(): number;
  /** The next random number in [0, 1), drawn from the seed of the run, the operator's id and the message's. */
  random(): number;
  /** The next random integer in [0, bound). */
  randomInt(bound: number): number;
  /** Publishes, once the message is handled. @throws TypeError when the operator listens to `topic` itself. */
  publish(topic: string, payload: OutputPayload, schema?: string): void;
  /**
   * Asks the world. The answer is logged before it is used; a replay gives the logged answer and does not ask.
   * @param name  one topic token.
   * @throws ArqonError `REPLAY_NOT_RECORDED` when a replay asks what the recorded run did not.
   */
  external(name: string, ask: () => Json | Promise<Json>): Promise<Json>;
  /** Has a message sent to the operator on `timer.<operator id>.<name>` after at least `delayMs`; needs `timers`. */
  wake(name: string, delayMs: number): void;
}

/** Handles one message. State lives in its closure. */
export type Handler = (input: ReplayInput, context: ReplayContext) => void | Promise<void>;

/** An operator that does the same again when it is told the same again. */
export interface DeterministicOperator {
  /** One topic token; names its random numbers and its journal. */
  readonly id: string;
  /** Topics it listens to. It gets their logged messages, in the order of the log, one at a time. */
  readonly inputs: readonly string[];
  /** Whether it uses timers. */
  readonly timers?: boolean;
  /** Makes a handler with fresh state. */
  start(): Handler;
}

/** Everything an operator listens to. @throws ArqonError `TOPIC_INVALID` */
export function filtersOf({ id, inputs, timers = false }: DeterministicOperator): readonly string[] {
  requireToken(`operator ${id}`, id);
  for (const filter of inputs) requireFilter(filter);
  return timers ? [...inputs, `timer.${id}.>`] : inputs;
}
