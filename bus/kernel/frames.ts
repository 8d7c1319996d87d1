/** RFC 6455 in numbers, and the frames a server writes. */
import { ArqonError } from "@arqon/core/base";

/** Opcodes of RFC 6455, section 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Largest header a server writes: opcode, length byte and a 64-bit length. */
export const MAX_HEADER_BYTES = 10;
/** Most payload bytes of a control frame. */
export const MAX_CONTROL_BYTES = 125;

/** Bytes of the header in front of an unmasked payload. */
export function headerBytes(payloadBytes: number): number {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10;
}

/** Writes the header of an unfragmented, unmasked frame at `at`. Returns where the payload goes. */
export function writeHeader(out: Uint8Array, at: number, opcode: number, payloadBytes: number): number {
  out[at] = 0x80 | opcode;
  if (payloadBytes < 126) {
    out[at + 1] = payloadBytes;
    return at + 2;
  }
  if (payloadBytes < 65_536) {
    out[at + 1] = 126;
    out[at + 2] = payloadBytes >>> 8;
    out[at + 3] = payloadBytes & 0xff;
    return at + 4;
  }
  out[at + 1] = 127;
  let rest = payloadBytes;
  for (let i = 9; i >= 2; i--) {
    out[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + 10;
}

/** A whole unmasked frame. */
export function serverFrame(opcode: number, payload: Uint8Array): Buffer<ArrayBuffer> {
  const frame = Buffer.allocUnsafe(headerBytes(payload.length) + payload.length);
  frame.set(payload, writeHeader(frame, 0, opcode, payload.length));
  return frame;
}

/** A close frame; the reason is cut to what fits, at a character boundary. */
export function closeFrame(code: number, reason: string): Buffer<ArrayBuffer> {
  let text = reason;
  while (Buffer.byteLength(text) > MAX_CONTROL_BYTES - 2) text = text.slice(0, -1);
  const payload = Buffer.alloc(2 + Buffer.byteLength(text.toWellFormed()));
  payload.writeUInt16BE(code);
  payload.write(text.toWellFormed(), 2);
  return serverFrame(OPCODE.close, payload);
}

/** A violation of RFC 6455 itself; its close code is the RFC's, not the catalogue's. */
export function frameFault(close: 1002 | 1003 | 1007 | 1009, message: string): ArqonError {
  return new ArqonError(close === 1009 ? "WIRE_TOO_LARGE" : "WIRE_PROTOCOL", message, { details: { close } });
}

/** The code to close a connection with because of `error`. */
export function closeCodeOf(error: ArqonError): number {
  const stated = error.details["close"];
  return typeof stated === "number" ? stated : (error.kind.close ?? (error.kind.retry ? 1013 : 1008));
}
