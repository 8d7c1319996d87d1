/** Client frames in, whole messages out: the receiving half of RFC 6455 on a server. */
import { isUtf8 } from "node:buffer";
import type { ArqonError } from "@arqon/core/base";
import { giveBack, grown } from "./bodies.ts";
import { frameFault, MAX_CONTROL_BYTES, OPCODE } from "./frames.ts";
import { unmask } from "./mask.ts";
import { Utf8Check } from "./utf8.ts";

/** Who is told what arrived. Bytes are valid during the call only. */
export interface FrameHandler {
  message(bytes: Uint8Array, text: boolean): void;
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** The peer's close frame; 1005 when it named no code. Nothing is reported after it. */
  close(code: number, reason: string): void;
}

const CLOSE_CODES = new Set([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]);
const EMPTY = new Uint8Array(0);

/**
 * An incremental parser. Frames complete within one chunk are unmasked in place and handed on without a copy, so the
 * chunk's memory is overwritten.
 */
export class Deframer {
  /** Largest message, in bytes, over all its fragments. May be raised at any time. */
  maxMessageBytes: number;
  readonly #handler: FrameHandler;
  #stopped = false;

  /** Header bytes of a frame whose header was split between chunks. */
  #header: Uint8Array | undefined;
  #headerFilled = 0;

  #opcode = 0;
  #final = false;
  #length = 0;
  #key = 0;

  /** Payload bytes of the present frame still to come; 0 between frames. */
  #missing = 0;
  /** The message being put together: fragments so far, then the present frame. */
  #body: Buffer = EMPTY as Buffer;
  #bodyFilled = 0;
  /** Opcode of the fragmented message in progress; 0 when none. */
  #fragmented = 0;
  #control: Buffer = EMPTY as Buffer;
  /** Made for the first text that comes in pieces. */
  #utf8: Utf8Check | undefined;

  constructor(maxMessageBytes: number, handler: FrameHandler) {
    this.maxMessageBytes = maxMessageBytes;
    this.#handler = handler;
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.#stopped = true;
    this.#body = EMPTY as Buffer;
  }

  /**
   * Takes the next bytes.
   * @throws ArqonError with `details.close` 1002 (protocol), 1007 (UTF-8) or 1009 (too large); the parser is then spent.
   */
  push(chunk: Uint8Array): void {
    this.#take(chunk, false);
  }

  /** As {@link push}, up to the end of the first frame. Returns how many bytes were taken. */
  pushOne(chunk: Uint8Array): number {
    return this.#take(chunk, true);
  }

  /** Whether the next byte is the first of a message, or of a control frame between messages. */
  get isBetween(): boolean {
    return this.#missing === 0 && this.#header === undefined && this.#fragmented === 0;
  }

  /** Whether everything is ignored. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  #take(chunk: Uint8Array, one: boolean): number {
    const end = chunk.length;
    const view = new DataView(chunk.buffer, chunk.byteOffset, end);
    let at = 0;
    while (at < end && !this.#stopped) {
      if (this.#missing > 0) {
        at += this.#takePart(chunk, at);
        if (one && this.#missing === 0) break;
        continue;
      }
      if (this.#header !== undefined) {
        if (!this.#fillHeader(chunk[at++] as number)) continue;
      } else {
        const size = end - at < 2 ? 0 : headerSize(chunk[at + 1] as number);
        if (size === 0 || end - at < size) {
          this.#header = new Uint8Array(14);
          this.#headerFilled = 0;
          continue;
        }
        this.#begin(chunk, at);
        at += size;
      }
      const to = at + this.#length;
      if (to <= end) {
        unmask(chunk, view, at, to, this.#key);
        this.#finish(chunk.subarray(at, to));
        at = to;
        if (one) break;
      } else this.#startPartial();
    }
    return at;
  }

  #fillHeader(byte: number): boolean {
    const header = this.#header as Uint8Array;
    header[this.#headerFilled++] = byte;
    if (this.#headerFilled === 2) check(header[0] as number, header[1] as number, this.#fragmented);
    if (this.#headerFilled < 2 || this.#headerFilled < headerSize(header[1] as number)) return false;
    this.#header = undefined;
    this.#begin(header, 0);
    return true;
  }

  #begin(bytes: Uint8Array, at: number): void {
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    check(first, second, this.#fragmented);
    let length = second & 0x7f;
    let keyAt = at + 2;
    if (length === 126) {
      length = (bytes[at + 2] as number) * 256 + (bytes[at + 3] as number);
      if (length < 126) throw frameFault(1002, `frame length ${length} is not in its shortest form`);
      keyAt = at + 4;
    } else if (length === 127) {
      length = 0;
      for (let i = 2; i < 10; i++) length = length * 256 + (bytes[at + i] as number);
      if (length < 65_536) throw frameFault(1002, `frame length ${length} is not in its shortest form`);
      keyAt = at + 10;
    }
    this.#opcode = first & 0x0f;
    this.#final = first >= 0x80;
    this.#length = length;
    this.#key =
      (bytes[keyAt] as number) |
      ((bytes[keyAt + 1] as number) << 8) |
      ((bytes[keyAt + 2] as number) << 16) |
      ((bytes[keyAt + 3] as number) << 24);
    const before = this.#opcode === OPCODE.continuation ? this.#bodyFilled : 0;
    if (this.#opcode < 8 && before + length > this.maxMessageBytes)
      throw frameFault(1009, `message of ${before + length} bytes, limit ${this.maxMessageBytes}`);
  }

  #startPartial(): void {
    this.#missing = this.#length;
    if (this.#opcode >= 8) this.#control = Buffer.allocUnsafe(this.#length);
  }

  /** Copies payload bytes of a frame that did not fit in one chunk. Returns how many were taken. */
  #takePart(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#missing, chunk.length - at);
    const phase = this.#length - this.#missing;
    let target: Buffer;
    let from: number;
    if (this.#opcode >= 8) {
      target = this.#control;
      from = phase;
    } else {
      this.#reserve(count);
      target = this.#body;
      from = this.#bodyFilled;
      this.#bodyFilled += count;
    }
    target.set(chunk.subarray(at, at + count), from);
    const view = new DataView(target.buffer, target.byteOffset, target.length);
    unmask(target, view, from, from + count, this.#key, phase);
    if (this.#opcode < 8) this.#checkText(target.subarray(from, from + count));
    this.#missing -= count;
    if (this.#missing === 0) {
      if (this.#opcode >= 8) this.#controlFrame(this.#control);
      else this.#frameInBody();
    }
    return count;
  }

  #reserve(count: number): void {
    const needed = this.#bodyFilled + count;
    if (needed > this.#body.length) this.#body = grown(this.#body, this.#bodyFilled, needed);
  }

  /** A frame whose unmasked payload lies whole in the chunk. */
  #finish(payload: Uint8Array): void {
    if (this.#opcode >= 8) this.#controlFrame(payload);
    else if (this.#final && this.#fragmented === 0) this.#message(payload, this.#opcode);
    else {
      this.#reserve(payload.length);
      this.#body.set(payload, this.#bodyFilled);
      this.#bodyFilled += payload.length;
      this.#checkText(payload);
      this.#frameInBody();
    }
  }

  /** A piece of a data frame: text is refused as soon as it cannot be UTF-8, not when it is whole. */
  #checkText(piece: Uint8Array): void {
    if ((this.#fragmented || this.#opcode) !== OPCODE.text) return;
    this.#utf8 ??= new Utf8Check();
    if (!this.#utf8.feed(piece)) throw notText();
  }

  /** A data frame whose payload was appended to the body. */
  #frameInBody(): void {
    if (this.#opcode !== OPCODE.continuation) this.#fragmented = this.#opcode;
    if (!this.#final) return;
    const opcode = this.#fragmented;
    const body = this.#body;
    const whole = body.subarray(0, this.#bodyFilled);
    this.#body = EMPTY as Buffer;
    this.#bodyFilled = 0;
    this.#fragmented = 0;
    if (opcode === OPCODE.text && this.#utf8?.end() === false) throw notText();
    this.#handler.message(whole, opcode === OPCODE.text);
    giveBack(body);
  }

  #message(bytes: Uint8Array, opcode: number): void {
    const text = opcode === OPCODE.text;
    if (text && !isUtf8(bytes)) throw notText();
    this.#handler.message(bytes, text);
  }

  #controlFrame(payload: Uint8Array): void {
    if (this.#opcode === OPCODE.ping) this.#handler.ping(payload);
    else if (this.#opcode === OPCODE.pong) this.#handler.pong(payload);
    else {
      const code = payload.length === 0 ? 1005 : (payload[0] as number) * 256 + (payload[1] ?? 0);
      if (payload.length === 1) throw frameFault(1002, "a close frame has one byte of payload");
      if (code !== 1005 || payload.length > 0)
        if (!CLOSE_CODES.has(code) && (code < 3000 || code > 4999))
          throw frameFault(1002, `close code ${code} may not be sent`);
      const reason = payload.subarray(2);
      if (!isUtf8(reason)) throw frameFault(1007, "a close reason is not UTF-8");
      this.stop();
      this.#handler.close(code, Buffer.from(reason).toString());
    }
  }
}

const notText = (): ArqonError => frameFault(1007, "a text message is not UTF-8");

/** Bytes of a masked frame's header, from its second byte. */
function headerSize(second: number): number {
  const length = second & 0x7f;
  return 6 + (length === 126 ? 2 : length === 127 ? 8 : 0);
}

function check(first: number, second: number, fragmented: number): void {
  if (first & 0x70) throw frameFault(1002, "a reserved bit is set and no extension was negotiated");
  if (second < 0x80) throw frameFault(1002, "a client frame is not masked");
  const opcode = first & 0x0f;
  const final = first >= 0x80;
  if (opcode >= 8) {
    if (opcode > 10) throw frameFault(1002, `opcode ${opcode} is reserved`);
    if (!final) throw frameFault(1002, "a control frame is fragmented");
    if ((second & 0x7f) > MAX_CONTROL_BYTES)
      throw frameFault(1002, `a control frame has more than ${MAX_CONTROL_BYTES} bytes`);
  } else if (opcode > 2) throw frameFault(1002, `opcode ${opcode} is reserved`);
  else if (opcode === 0 && fragmented === 0) throw frameFault(1002, "a continuation frame continues nothing");
  else if (opcode !== 0 && fragmented !== 0)
    throw frameFault(1002, "a new message begins inside a fragmented one");
}
