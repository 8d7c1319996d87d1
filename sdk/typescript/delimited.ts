/** Messages with their length before each: what a TCP connection carries, and a WebSocket message where packing was agreed. */
import { ArqonError } from "@arqon/core/base";
import { MAX_MESSAGE_BYTES } from "./pipe.ts";

/** Told of each message, which is `bytes[from, to)`. */
export type Take = (bytes: Uint8Array, from: number, to: number) => void;

/** Where a run of messages stopped. */
export interface Stop {
  /** Everything before this was taken. */
  readonly at: number;
  /** Bytes that the next message takes in all, its length included; 0 when not even that is known. */
  readonly need: number;
}

/**
 * Takes the whole messages of `bytes[from, end)`.
 * @throws ArqonError `WIRE_TOO_LARGE` for a message above 16 MiB, `WIRE_MALFORMED` for a length that is none.
 */
export function takeDelimited(bytes: Uint8Array, from: number, end: number, take: Take): Stop {
  let at = from;
  while (at < end) {
    let length = 0;
    let scale = 1;
    let head = at;
    let byte = 0x80;
    while (head < end && byte >= 0x80) {
      if (head - at === 5)
        throw new ArqonError("WIRE_MALFORMED", "the length of a message has more than five bytes");
      byte = bytes[head++] as number;
      length += (byte & 0x7f) * scale;
      scale *= 128;
    }
    if (byte >= 0x80) return { at, need: 0 };
    if (length > MAX_MESSAGE_BYTES)
      throw new ArqonError("WIRE_TOO_LARGE", `a message of ${length} bytes, limit ${MAX_MESSAGE_BYTES}`);
    if (length > end - head) return { at, need: head - at + length };
    take(bytes, head, head + length);
    at = head + length;
  }
  return { at, need: 0 };
}
