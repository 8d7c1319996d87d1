/** Reading protobuf fields from bytes, for what is needed of every message. */
import { ArqonError } from "@arqon/core/base";

/** Topics kept, a power of two. */
const KEPT_TOPICS = 1_024;
const kept: ({ readonly bytes: Uint8Array; readonly topic: string } | undefined)[] = [];
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The text of a topic: one seen before is found by its bytes, and is the same string object. */
export function topicText(bytes: Uint8Array, from: number, to: number): string {
  let hash = to - from;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  const slot = (hash ^ (hash >>> 15)) & (KEPT_TOPICS - 1);
  const known = kept[slot];
  if (known !== undefined && known.bytes.length === to - from) {
    const other = known.bytes;
    let i = 0;
    while (i < other.length && other[i] === bytes[from + i]) i++;
    if (i === other.length) return known.topic;
  }
  let topic: string;
  try {
    topic = decoder.decode(bytes.subarray(from, to));
  } catch (cause) {
    throw new ArqonError("WIRE_MALFORMED", `not an ArqonMessage: topic is not UTF-8 at byte ${from}`, {
      cause,
    });
  }
  kept[slot] = { bytes: bytes.slice(from, to), topic };
  return topic;
}

export const malformed = (why: string, at: number): ArqonError =>
  new ArqonError("WIRE_MALFORMED", `not an ArqonMessage: ${why} at byte ${at}`);

/** Where {@link varint} stopped. */
export let cursor = 0;

/** A number up to 2^64, exact up to 2^53. @throws ArqonError `WIRE_MALFORMED` */
export function varint(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  let scale = 1;
  cursor = from;
  for (let i = 0; i < 10; i++) {
    if (cursor >= end) throw malformed("truncated varint", cursor);
    const byte = bytes[cursor++] as number;
    if (byte < 0x80) return value + byte * scale;
    value += (byte & 0x7f) * scale;
    scale *= 128;
  }
  throw malformed("varint of more than ten bytes", cursor);
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
