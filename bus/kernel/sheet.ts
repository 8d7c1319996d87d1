/** Output memory: messages are framed and stamped once, one behind the other, and every subscriber is sent the same bytes. */
import { headerBytes, OPCODE, writeHeader } from "./frames.ts";

/** Bytes of a sheet; a message that does not fit gets one of its own. */
const SHEET_BYTES = 262_144;
/** Empty sheets kept for use again. */
const KEPT_SHEETS = 16;

/** A piece of output memory. It is used again once sealed and no longer held by anyone. */
export interface Sheet {
  readonly bytes: Buffer;
  filled: number;
  /** Queues and writes that still need the bytes. */
  holds: number;
  sealed: boolean;
}

/** The byte form of what is constant in the stamp of a connection: producer and Reality. */
export function constantStamp(producerId: string, realityId: string): Uint8Array {
  const producer = Buffer.from(producerId);
  const reality = Buffer.from(realityId);
  if (producer.length > 127 || reality.length > 127)
    throw new TypeError("producer and reality ids are at most 127 bytes");
  return Buffer.concat([
    Buffer.from([0x22, producer.length]),
    producer,
    Buffer.from([0x2a, reality.length]),
    reality,
  ]);
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
  sheet: Sheet;
  /** First byte of the frame's header. */
  start = 0;
  /** First byte of the message. */
  body = 0;
  /** One past the last byte. */
  end = 0;
  readonly #free: Sheet[] = [];
  /** The last timestamp and its bytes: all messages of a turn carry the same. */
  #timestampUnixUs = -1;
  #timestamp: Uint8Array = new Uint8Array(0);

  constructor() {
    this.sheet = newSheet(SHEET_BYTES);
  }

  /** Frames an envelope and appends sequence, `constant` and timestamp. */
  stamped(envelope: Uint8Array, sequence: number, constant: Uint8Array, timestampUnixUs: number): void {
    if (timestampUnixUs !== this.#timestampUnixUs) {
      this.#timestampUnixUs = timestampUnixUs;
      this.#timestamp = new Uint8Array(1 + varintBytes(timestampUnixUs));
      this.#timestamp[0] = 0x50;
      writeVarint(this.#timestamp, 1, timestampUnixUs);
    }
    const timestamp = this.#timestamp;
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

  /** Lets go of a sheet. */
  release(sheet: Sheet): void {
    sheet.holds--;
    if (sheet.holds === 0 && sheet.sealed) this.#recycle(sheet);
  }

  #open(payloadBytes: number): Buffer {
    const bytes = headerBytes(payloadBytes) + payloadBytes;
    if (this.sheet.filled + bytes > this.sheet.bytes.length) {
      const full = this.sheet;
      full.sealed = true;
      this.sheet = bytes > SHEET_BYTES ? newSheet(bytes) : (this.#free.pop() ?? newSheet(SHEET_BYTES));
      if (full.holds === 0) this.#recycle(full);
    }
    this.start = this.sheet.filled;
    return this.sheet.bytes;
  }

  #done(end: number): void {
    this.end = end;
    this.sheet.filled = end;
  }

  #recycle(sheet: Sheet): void {
    if (sheet.bytes.length !== SHEET_BYTES || this.#free.length >= KEPT_SHEETS) return;
    sheet.filled = 0;
    sheet.sealed = false;
    this.#free.push(sheet);
  }
}

function newSheet(bytes: number): Sheet {
  return { bytes: Buffer.allocUnsafeSlow(bytes), filled: 0, holds: 0, sealed: false };
}
