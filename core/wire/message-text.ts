/** Text in the bytes of an ArqonMessage. */
import { ArqonError } from "../base/index.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The refusal of bytes that are no ArqonMessage. */
export const malformedMessage = (why: string, at: number): ArqonError =>
  new ArqonError("WIRE_MALFORMED", `not an ArqonMessage: ${why} at byte ${at}`, { details: { offset: at } });

/** The text of `bytes[from, to)`; `what` names it. @throws ArqonError `WIRE_MALFORMED` when it is not UTF-8. */
export function utf8Text(bytes: Uint8Array, from: number, to: number, what: string): string {
  try {
    return decoder.decode(bytes.subarray(from, to));
  } catch {
    throw malformedMessage(`${what} is not UTF-8`, from);
  }
}

/** Topics kept, a power of two. */
const KEPT_TOPICS = 1_024;
const kept: ({ readonly bytes: Uint8Array; readonly topic: string } | undefined)[] = [];

/**
 * The text of a topic. Messages repeat their topics: one seen before is found by its bytes, and being the same string
 * object it is found at once in every map it is a key of. @throws ArqonError `WIRE_MALFORMED`
 */
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
  const topic = utf8Text(bytes, from, to, "topic");
  kept[slot] = { bytes: Uint8Array.from(bytes.subarray(from, to)), topic };
  return topic;
}
