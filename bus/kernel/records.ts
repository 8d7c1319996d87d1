/** Messages behind their lengths: how they travel on TCP, and inside packed WebSocket messages. */
import { ArqonError } from "@arqon/core/base";
import { giveBack, grown } from "./bodies.ts";

/** Longest length, as a varint: more than any frame may hold. */
const LENGTH_BYTES = 4;
const EMPTY: Buffer<ArrayBufferLike> = Buffer.alloc(0);

/** Cuts a stream of bytes into messages; those that lie whole in a chunk are not copied. */
export class RecordReader {
  /** Largest message. May be raised at any time. */
  maxMessageBytes: number;
  readonly #message: (bytes: Uint8Array) => void;
  #stopped = false;
  /** The length so far, and its bytes. */
  #length = 0;
  #lengthBytes = 0;
  /** Payload bytes still to come; 0 between messages. */
  #missing = 0;
  #body = EMPTY;
  #filled = 0;

  /** @param message  is given each message, valid during the call only. */
  constructor(maxMessageBytes: number, message: (bytes: Uint8Array) => void) {
    this.maxMessageBytes = maxMessageBytes;
    this.#message = message;
  }

  /** Whether the next byte is the first of a length. */
  get isBetween(): boolean {
    return this.#missing === 0 && this.#lengthBytes === 0;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.#stopped = true;
    this.#body = EMPTY;
  }

  /** Takes the next bytes. @throws ArqonError `WIRE_PROTOCOL`, `WIRE_TOO_LARGE`; the reader is then spent. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#stopped; )
      at += this.pushOne(at === 0 ? chunk : chunk.subarray(at));
  }

  /** As {@link push}, up to the end of the first message. Returns how many bytes were taken. */
  pushOne(chunk: Uint8Array): number {
    let at = 0;
    if (this.#missing === 0) {
      at = this.#readLength(chunk);
      if (this.#lengthBytes !== 0) return at;
      if (chunk.length - at >= this.#length) {
        this.#message(chunk.subarray(at, at + this.#length));
        return at + this.#length;
      }
      this.#missing = this.#length;
    }
    const count = Math.min(this.#missing, chunk.length - at);
    this.#reserve(count);
    this.#body.set(chunk.subarray(at, at + count), this.#filled);
    this.#filled += count;
    this.#missing -= count;
    if (this.#missing === 0) {
      const body = this.#body;
      const whole = body.subarray(0, this.#filled);
      this.#body = EMPTY;
      this.#filled = 0;
      this.#message(whole);
      giveBack(body);
    }
    return at + count;
  }

  /** Leaves `#lengthBytes` at 0 once the length is whole. Returns where the message begins. */
  #readLength(chunk: Uint8Array): number {
    if (this.#lengthBytes === 0) this.#length = 0;
    let at = 0;
    while (at < chunk.length) {
      const byte = chunk[at++] as number;
      if (this.#lengthBytes === LENGTH_BYTES)
        throw new ArqonError("WIRE_PROTOCOL", `a length of more than ${LENGTH_BYTES} bytes`, {
          details: { close: 1002 },
        });
      this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes++;
      if (byte >= 0x80) continue;
      this.#lengthBytes = 0;
      if (this.#length > this.maxMessageBytes)
        throw new ArqonError(
          "WIRE_TOO_LARGE",
          `message of ${this.#length} bytes, limit ${this.maxMessageBytes}`,
          {
            details: { close: 1009 },
          },
        );
      break;
    }
    return at;
  }

  #reserve(count: number): void {
    const needed = this.#filled + count;
    if (needed > this.#body.length) this.#body = grown(this.#body, this.#filled, needed);
  }
}
