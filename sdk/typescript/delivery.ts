/** A message as it came: its header is read at once, the rest stays in bytes until somebody asks. */
import { type ArqonMessage, decodeMessage, malformedMessage, topicText } from "@arqon/core/wire";
import type { ReceiveWindow } from "./credit.ts";
import { cursor, varint } from "./scan.ts";

/** One delivery, `bytes[from, to)`. */
export class Delivery {
  topic = "";
  sequence = 0;
  /** Number of a MessageType. */
  type = 0;
  /** Number of a Durability. */
  durability = 0;
  attempt = 0;
  /** Messages left out before this one. */
  dropped = 0;
  /** 0 for a broadcast. */
  subscription = 0;
  timestampUs = 0;
  /** The payload's Any is `bytes[payloadFrom, payloadTo)`; -1 where it is absent, or stands there more than once. */
  payloadFrom: number = -1;
  payloadTo: number = -1;
  readonly bytes: Uint8Array;
  /** Granted anew when nobody holds the message any more. */
  window: ReceiveWindow | undefined;
  #holders = 0;
  readonly #from: number;
  readonly #to: number;
  #envelope: ArqonMessage | undefined;

  /**
   * Scans the top-level fields.
   * @throws ArqonError `WIRE_MALFORMED`
   * @cost O(fields): length-delimited fields are skipped by their length.
   */
  constructor(bytes: Uint8Array, from = 0, to: number = bytes.length) {
    this.bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#scan(bytes, from, to);
  }

  /** The envelope as the proto defines it. @throws ArqonError `WIRE_MALFORMED` */
  get envelope(): ArqonMessage {
    this.#envelope ??= decodeMessage(this.bytes.subarray(this.#from, this.#to));
    return this.#envelope;
  }

  /** Whether somebody keeps it for later. */
  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /** Keeps it for later. */
  hold(): void {
    this.#holders++;
  }

  /** One of those who kept it needs it no more. */
  release(): void {
    if (--this.#holders === 0) this.consumed();
  }

  /** Nobody keeps it. */
  consumed(): void {
    this.window?.consumed(this.#to - this.#from);
  }

  #scan(bytes: Uint8Array, from: number, end: number): void {
    let at = from;
    let payloads = 0;
    while (at < end) {
      const tagAt = at;
      let tag = bytes[at++] as number;
      if (tag >= 0x80) {
        tag = varint(bytes, tagAt, end);
        at = cursor;
      }
      const wire = tag & 7;
      const field = Math.floor(tag / 8);
      if (field === 0 || field > 536_870_911) throw malformedMessage("field number out of range", tagAt);
      if (wire === 2) {
        let length = at < end ? (bytes[at++] as number) : varint(bytes, at, end);
        if (length >= 0x80) {
          length = varint(bytes, at - 1, end);
          at = cursor;
        }
        if (length > end - at) throw malformedMessage(`field ${field} is longer than the message`, tagAt);
        if (field === 3) this.topic = topicText(bytes, at, at + length);
        else if (field === 8) {
          this.payloadFrom = payloads++ === 0 ? at : -1;
          this.payloadTo = at + length;
        }
        at += length;
      } else if (wire === 0) {
        const value = varint(bytes, at, end);
        at = cursor;
        if (field === 2) this.sequence = value;
        else if (field === 9) this.type = value;
        else if (field === 10) this.timestampUs = value;
        else if (field === 13) this.attempt = value;
        else if (field === 14) this.durability = value;
        else if (field === 15) this.dropped = value;
        else if (field === 18) this.subscription = value;
      } else if (wire === 1 || wire === 5) {
        at += wire === 1 ? 8 : 4;
        if (at > end) throw malformedMessage("truncated fixed-width field", tagAt);
      } else throw malformedMessage(`wire type ${wire} is not used`, tagAt);
    }
  }
}
