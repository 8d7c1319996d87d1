/** Stamps a message in the place where it is stored: fields are appended, nothing is encoded anew. */

/** Most bytes of a varint and its tag. */
const FIELD_BYTES = 11;

/** Room that a stamped message needs at most. */
export function stampedBytes(envelope: Uint8Array, constant: Uint8Array, clock?: Uint8Array): number {
  return envelope.length + constant.length + 2 * FIELD_BYTES + (clock?.length ?? 0);
}

/**
 * Writes the stamped message to `out` from `at` on. Returns where it ends.
 * @param constant  producer and Reality as bytes; see `constantStamp`
 * @param clock  field 12 as bytes, with its tag, where the order of the Reality is partial
 */
export function putStamped(
  out: Uint8Array,
  at: number,
  envelope: Uint8Array,
  sequence: number,
  constant: Uint8Array,
  timestampUnixUs: number,
  clock?: Uint8Array,
): number {
  out.set(envelope, at);
  let end = putField(out, at + envelope.length, 0x10, sequence);
  out.set(constant, end);
  end = putField(out, end + constant.length, 0x50, timestampUnixUs);
  if (clock !== undefined) {
    out.set(clock, end);
    end += clock.length;
  }
  return end;
}

function putField(out: Uint8Array, from: number, tag: number, value: number): number {
  let at = from;
  out[at++] = tag;
  let rest = value;
  for (; rest >= 0x1000_0000; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) + 128;
  for (; rest >= 128; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80;
  out[at++] = rest;
  return at;
}
