/** The one place where a message gets its vector clock, in a Reality whose order is partial. */
import { ArqonError } from "@arqon/core/base";
import {
  CausalActor,
  CausalContext,
  decodeMessage,
  decodeVectorClock,
  encodeVectorClock,
  type HybridTime,
  tick,
} from "@arqon/core/wire";
import { type Ordering, partitionsOf } from "./laws.ts";
import type { Port } from "./port.ts";

const FIELD = 0x62;

/**
 * The clocks of an ordering. A partition is an actor, and the sequence its counter: numbers are skipped, never given
 * twice, also after a restart. A message follows from all before it in its partition, from what its connection published
 * before, and from what its author says it has seen.
 */
export class CausalClocks {
  readonly #actors: readonly CausalActor[];
  readonly #seen = new WeakMap<Port, CausalContext>();
  readonly #nowUs: () => number;
  readonly #lastSequence: () => number;
  #time: HybridTime = 0n;

  /** @param lastSequence  number last given out. */
  constructor(ordering: Ordering, nowUs: () => number, lastSequence: () => number) {
    // What an earlier process knew is left out.
    const past = { entries: [], truncated: lastSequence() > 0 };
    this.#actors = Array.from(
      { length: partitionsOf(ordering) },
      (_, actor) => new CausalActor(actor, 0, past),
    );
    this.#nowUs = nowUs;
    this.#lastSequence = lastSequence;
  }

  /** Whether messages need clocks at all. */
  get isPartial(): boolean {
    return this.#actors.length > 0;
  }

  /** Takes note of what the author of a message has seen. @throws ArqonError `WIRE_MALFORMED` when it cannot have. */
  admit(port: Port, bytes: Uint8Array): void {
    const { seenClock } = decodeMessage(bytes);
    if (seenClock.length === 0) return;
    const seen = decodeVectorClock(seenClock);
    for (const { actor, counter } of [seen.dot, ...seen.entries])
      if (actor >= this.#actors.length || counter > this.#lastSequence())
        throw new ArqonError(
          "WIRE_MALFORMED",
          `seen_clock: message ${counter} of partition ${actor} has not been given out`,
        );
    this.#contextOf(port).observe(seen);
  }

  /** Field 12 of a message, with its tag; `undefined` where the sequence says everything. */
  stamp(sequence: number, topic: string, port: Port | undefined): Uint8Array | undefined {
    if (!this.isPartial) return undefined;
    const actor = this.#actors[partitionOf(topic, this.#actors.length)] as CausalActor;
    const context = port ? this.#contextOf(port) : new CausalContext();
    const stamp = actor.stamp(context.past(), sequence);
    context.observe(stamp);
    this.#time = tick(this.#time, this.#nowUs() / 1000);
    const clock = encodeVectorClock({ ...stamp, time: this.#time });
    const head = clock.length < 128 ? [clock.length] : [(clock.length % 128) + 128, clock.length >> 7];
    return Uint8Array.from([FIELD, ...head, ...clock]);
  }

  #contextOf(port: Port): CausalContext {
    const known = this.#seen.get(port) ?? new CausalContext();
    this.#seen.set(port, known);
    return known;
  }
}

/** The partition of a topic: the same in every process. @source FNV-1a, 32 bits */
export function partitionOf(topic: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < topic.length; i++) hash = Math.imul(hash ^ topic.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}
