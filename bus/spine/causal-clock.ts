/** The one place where a message gets its vector clock, in a Reality whose order is partial. */
import { CausalActor, encodeVectorClock, type HybridTime, tick } from "@arqon/core/wire";
import { type Ordering, partitionsOf } from "./laws.ts";

/** Field 12 of a message with this number on this topic, with its tag; `undefined` where the sequence says everything. */
export type CausalClock = (sequence: number, topic: string) => Uint8Array | undefined;

const FIELD = 0x62;

/**
 * The clock of an ordering. A partition is an actor, and the sequence its counter: numbers are skipped, never given twice,
 * also after a restart. Two messages of different partitions are concurrent.
 */
export function causalClock(ordering: Ordering, nowUs: () => number): CausalClock {
  const partitions = partitionsOf(ordering);
  if (partitions === 0) return () => undefined;
  const actors = Array.from({ length: partitions }, (_, actor) => new CausalActor(actor));
  let time: HybridTime = 0n;
  return (sequence, topic) => {
    const actor = actors[partitionOf(topic, partitions)] as CausalActor;
    time = tick(time, nowUs() / 1000);
    const clock = encodeVectorClock({ ...actor.stamp({ entries: [], truncated: false }, sequence), time });
    if (clock.length > 127) throw new TypeError(`a vector clock of ${clock.length} bytes`);
    const field = new Uint8Array(2 + clock.length);
    field[0] = FIELD;
    field[1] = clock.length;
    field.set(clock, 2);
    return field;
  };
}

/** The partition of a topic: the same in every process. @source FNV-1a, 32 bits */
export function partitionOf(topic: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < topic.length; i++) hash = Math.imul(hash ^ topic.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}
