/** Output memory: messages are framed and stamped once, one behind the other, and every subscriber is sent the same bytes. */
import { headerBytes, OPCODE, writeHeader } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { SHEET_BYTES } from "./layout.ts";

/** Empty sheets kept for use again, beside those of the kernel. */
const KEPT_SHEETS = 16;

/** A piece of output memory. It is used again once no longer held by anyone. */
export interface Sheet {
  readonly bytes: Buffer;
  /** Whether the kernel can write to it. */
  readonly shared: boolean;
  filled: number;
  /** Queues and writes that still need the bytes. */
  holds: number;
  sealed: boolean;
  /** Who may use it again; nobody where it is absent. */
  readonly press?: Press;
}

/** Output memory that holds messages. */
export interface Written {
  readonly sheet: Sheet;
  readonly start: number;
  readonly end: number;
  readonly messages: number;
}

/** Lets go of a sheet. */
export function release(sheet: Sheet): void {
  sheet.holds--;
  if (sheet.holds === 0 && sheet.sealed) sheet.press?.recycle(sheet);
}

/** Connections in a row are often of one principal: they share the bytes. */
let lastStamp = { producerId: "", realityId: "", bytes: new Uint8Array(0) };

/** The byte form of what is constant in the stamp of a connection: producer and Reality. */
export function constantStamp(producerId: string, realityId: string): Uint8Array {
  if (lastStamp.producerId === producerId && lastStamp.realityId === realityId) return lastStamp.bytes;
  const producer = Buffer.from(producerId);
  const reality = Buffer.from(realityId);
  if (producer.length > 127 || reality.length > 127)
    throw new TypeError("producer and reality ids are at most 127 bytes");
  const bytes = Buffer.concat([
    Buffer.from([0x22, producer.length]),
    producer,
    Buffer.from([0x2a, reality.length]),
    reality,
  ]);
  lastStamp = { producerId, realityId, bytes };
  return bytes;
}

/** Bytes of a varint. */
function varintBytes(value: number): number {
  let count = 1;
  let rest = value;
  for (; rest >= 0x1000_0000; rest = Math.floor(rest / 128)) count++;
  for (; rest >= 128; rest >>>= 7) count++;
  return count;
}

function writeVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let to = at;
  while (rest >= 0x1000_0000) {
    out[to++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 128) {
    out[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[to++] = rest;
  return to;
}

/** Writes frames into sheets. After a write, `sheet`, `start`, `body` and `end` say where the frame lies. */
export class Press {
  readonly kernel: Kernel | undefined;
  sheet: Sheet;
  /** First byte of the frame's header. */
  start = 0;
  /** First byte of the message. */
  body = 0;
  /** One past the last byte. */
  end = 0;
  /** Frames from `start` to `end`: one, or as many as the kernel made. */
  messages = 1;
  readonly #free: Sheet[] = [];
  readonly #shared: Sheet[] = [];
  /** The last timestamp and its bytes: all messages of a turn carry the same. */
  #timestampUnixUs = -1;
  #timestamp: Uint8Array = new Uint8Array(0);

  constructor(kernel?: Kernel) {
    this.kernel = kernel;
    for (const bytes of kernel?.sheets ?? []) this.#shared.unshift(sheetOf(bytes, true, this));
    this.sheet = this.#next();
  }

  /** Writes messages one behind the other, each behind its length. */
  records(from: Uint8Array, places: readonly number[]): void {
    let bytes = 0;
    for (let i = 0; i < places.length; i += 2) {
      const length = (places[i + 1] as number) - (places[i] as number);
      bytes += varintBytes(length) + length;
    }
    const out = this.#reserve(bytes);
    let at = this.start;
    for (let i = 0; i < places.length; i += 2) {
      const start = places[i] as number;
      const end = places[i + 1] as number;
      at = writeVarint(out, at, end - start);
      out.set(from.subarray(start, end), at);
      at += end - start;
    }
    this.messages = places.length / 2;
    this.#done(at);
  }

  /** Frames an envelope and appends sequence, `constant` and timestamp. */
  stamped(envelope: Uint8Array, sequence: number, constant: Uint8Array, timestampUnixUs: number): void {
    const timestamp = this.timestamp(timestampUnixUs);
    const payload = envelope.length + 1 + varintBytes(sequence) + constant.length + timestamp.length;
    const out = this.#open(payload);
    let at = writeHeader(out, this.start, OPCODE.binary, payload);
    this.body = at;
    out.set(envelope, at);
    at += envelope.length;
    out[at++] = 0x10;
    at = writeVarint(out, at, sequence);
    out.set(constant, at);
    at += constant.length;
    out.set(timestamp, at);
    this.#done(at + timestamp.length);
  }

  /** Frames a message that is ready to be sent. */
  ready(message: Uint8Array): void {
    const out = this.#open(message.length);
    this.body = writeHeader(out, this.start, OPCODE.binary, message.length);
    out.set(message, this.body);
    this.#done(this.body + message.length);
  }

  /** The field of a stamp that says when. */
  timestamp(unixUs: number): Uint8Array {
    if (unixUs !== this.#timestampUnixUs) {
      this.#timestampUnixUs = unixUs;
      this.#timestamp = new Uint8Array(1 + varintBytes(unixUs));
      this.#timestamp[0] = 0x50;
      writeVarint(this.#timestamp, 1, unixUs);
    }
    return this.#timestamp;
  }

  /** The present sheet if the kernel can write to it, and from where: `sheet.filled`. */
  sharedSheet(): Sheet | undefined {
    if (!this.sheet.shared && this.#shared.length > 0) this.turnOver();
    const { sheet } = this;
    if (sheet.holds === 0) sheet.filled = 0;
    return sheet.shared ? sheet : undefined;
  }

  /** Shows frames that the kernel wrote to the present sheet. */
  show(start: number, end: number, messages: number): void {
    this.start = start;
    this.end = end;
    this.messages = messages;
  }

  /** Begins another sheet. */
  turnOver(): void {
    const full = this.sheet;
    full.sealed = true;
    this.sheet = this.#next();
    if (full.holds === 0) this.recycle(full);
  }

  #open(payloadBytes: number): Buffer {
    return this.#reserve(headerBytes(payloadBytes) + payloadBytes);
  }

  #reserve(bytes: number): Buffer {
    if (this.sheet.holds === 0) this.sheet.filled = 0;
    if (this.sheet.filled + bytes > this.sheet.bytes.length) {
      this.turnOver();
      if (bytes > SHEET_BYTES) this.#large(bytes);
    }
    this.start = this.sheet.filled;
    this.messages = 1;
    return this.sheet.bytes;
  }

  #done(end: number): void {
    this.end = end;
    this.sheet.filled = end;
  }

  #next(): Sheet {
    return (
      this.#shared.pop() ?? this.#free.pop() ?? sheetOf(Buffer.allocUnsafeSlow(SHEET_BYTES), false, this)
    );
  }

  /** A sheet for one message. */
  #large(bytes: number): void {
    const unused = this.sheet;
    this.sheet = sheetOf(Buffer.allocUnsafeSlow(bytes), false, this);
    this.recycle(unused);
  }

  /** Keeps a sheet that nobody holds for use again. */
  recycle(sheet: Sheet): void {
    sheet.filled = 0;
    sheet.sealed = false;
    if (sheet.shared) this.#shared.push(sheet);
    else if (sheet.bytes.length === SHEET_BYTES && this.#free.length < KEPT_SHEETS) this.#free.push(sheet);
  }
}

function sheetOf(bytes: Buffer, shared: boolean, press: Press): Sheet {
  return { bytes, shared, press, filled: 0, holds: 0, sealed: false };
}
