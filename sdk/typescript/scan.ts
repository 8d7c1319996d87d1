/** Reading protobuf fields from bytes, for what is needed of every message. */
import { malformedMessage } from "@arqon/core/wire";

/** Where {@link varint} stopped. */
export let cursor = 0;

/** A number up to 2^64, exact up to 2^53. @throws ArqonError `WIRE_MALFORMED` */
export function varint(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  let scale = 1;
  cursor = from;
  for (let i = 0; i < 10; i++) {
    if (cursor >= end) throw malformedMessage("truncated varint", cursor);
    const byte = bytes[cursor++] as number;
    if (byte < 0x80) return value + byte * scale;
    value += (byte & 0x7f) * scale;
    scale *= 128;
  }
  throw malformedMessage("varint of more than ten bytes", cursor);
}

/**
 * The value of an Any at `bytes[from, end)` when it is exactly `type_url` and `value`, in this order, and the type is the
 * one whose encoded field is `typeUrl`. Its inner message must have one field, number 1, as text or bytes.
 * Returns that field's bytes, or `undefined` when anything else is found: then the general decoder is to be asked.
 */
export function wrappedValue(
  bytes: Uint8Array,
  from: number,
  end: number,
  typeUrl: Uint8Array,
): Uint8Array | undefined {
  let at = from;
  if (from < 0 || end - from < typeUrl.length) return undefined;
  for (let i = 0; i < typeUrl.length; i++) if (bytes[at++] !== typeUrl[i]) return undefined;
  if (at === end) return bytes.subarray(end, end);
  for (const tag of [0x12, 0x0a]) {
    if (at === end || bytes[at] !== tag) return undefined;
    const length = varint(bytes, at + 1, end);
    at = cursor;
    if (length !== end - at) return undefined;
  }
  return bytes.subarray(at, end);
}
