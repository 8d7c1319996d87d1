/** Stamps of partial order as they stand in field `vector_clock`. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ArqonError } from "../base/index.ts";
import { type CausalStamp, type Dot, MAX_PAST_ENTRIES } from "./causality.ts";
import { type VectorClock_Entry, VectorClockSchema } from "./gen/arqon/v1/message_pb.ts";
import type { HybridTime } from "./hybrid-clock.ts";

/** A stamp and its time. */
export interface VectorStamp extends CausalStamp {
  readonly time: HybridTime;
}

/** Bytes of the longest clock: an entry takes at most 18, what stands around them fewer than 64. */
const MAX_BYTES = 18 * MAX_PAST_ENTRIES + 64;

const malformed = (why: string): ArqonError => new ArqonError("WIRE_MALFORMED", `vector clock: ${why}`);

/** The bytes of a stamp. */
export function encodeVectorClock({ dot, entries, truncated, time }: VectorStamp): Uint8Array<ArrayBuffer> {
  return toBinary(
    VectorClockSchema,
    create(VectorClockSchema, {
      dot: wire(dot),
      entries: entries.map(wire),
      truncated,
      hybridLogicalClock: time,
    }),
  );
}

/**
 * Reads a stamp.
 * @throws ArqonError `WIRE_MALFORMED` unless it has a dot, and at most 64 other actors in strict order, each with a
 *   counter in [1, 2^53).
 */
export function decodeVectorClock(bytes: Uint8Array): VectorStamp {
  if (bytes.length > MAX_BYTES) throw malformed(`${bytes.length} bytes, limit ${MAX_BYTES}`);
  let clock: ReturnType<typeof create<typeof VectorClockSchema>>;
  try {
    clock = fromBinary(VectorClockSchema, bytes);
  } catch (cause) {
    throw malformed((cause as Error).message);
  }
  if (clock.dot === undefined) throw malformed("no dot");
  if (clock.entries.length > MAX_PAST_ENTRIES)
    throw malformed(`${clock.entries.length} entries, limit ${MAX_PAST_ENTRIES}`);
  const dot = read(clock.dot);
  let last = -1;
  const entries = clock.entries.map((entry) => {
    if (entry.actor <= last) throw malformed(`actor ${entry.actor} after ${last}`);
    if (entry.actor === dot.actor) throw malformed(`actor ${dot.actor} is that of the dot`);
    last = entry.actor;
    return read(entry);
  });
  return { dot, entries, truncated: clock.truncated, time: clock.hybridLogicalClock };
}

function wire({ actor, counter }: Dot): { actor: number; counter: bigint } {
  return { actor, counter: BigInt(counter) };
}

function read({ actor, counter }: VectorClock_Entry): Dot {
  if (counter < 1n || counter > BigInt(Number.MAX_SAFE_INTEGER))
    throw malformed(`counter ${counter} of actor ${actor} is not in [1, 2^53)`);
  return { actor, counter: Number(counter) };
}
