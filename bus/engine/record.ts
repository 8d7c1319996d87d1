/** One record as it lies in a segment: length, checksum, kind, flags, sequence, time, bytes. All little-endian. */
import { crc32 } from "./crc32.ts";

/** Bytes before a record's own: u32 length, u32 crc32 of what follows, u8 kind, u8 flags, u16 0, u64 sequence, u64 time. */
export const RECORD_HEADER_BYTES = 28;
/** Longest record; above it a length is taken for the start of a batch. */
export const MAX_RECORD_BYTES: number = 64 * 1024 * 1024;

/** What a record holds: a message of a log, or a write to a key. */
export type RecordKind = "message" | "key";

export function getU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** A u64; what lies above 2^53 loses its low bits, which no valid file contains. */
export function getU64(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at + 4) * 4294967296 + getU32(bytes, at);
}

export function putU64(bytes: Uint8Array, at: number, value: number): void {
  putU32(bytes, at, value >>> 0);
  putU32(bytes, at + 4, Math.floor(value / 4294967296));
}

/** A record to write. */
export interface RecordFields {
  readonly sequence: number;
  readonly timestampUnixUs: number;
  readonly bytes: Uint8Array;
}

/** Writes the header of the record at `at` whose bytes are there already and reach to `end`. */
export function finishRecord(
  out: Uint8Array,
  at: number,
  end: number,
  kind: RecordKind,
  sequence: number,
  timestampUnixUs: number,
): void {
  putU32(out, at, end - at - RECORD_HEADER_BYTES);
  putU32(out, at + 8, kind === "message" ? 0 : 1);
  putU64(out, at + 12, sequence);
  putU64(out, at + 20, timestampUnixUs);
  putU32(out, at + 4, crc32(out, at + 8, end));
}

/** Where the record that starts at `at` ends, by its length alone. */
export function recordEnd(bytes: Uint8Array, at: number): number {
  return at + RECORD_HEADER_BYTES + getU32(bytes, at);
}

export function recordSequence(bytes: Uint8Array, at: number): number {
  return getU64(bytes, at + 12);
}

export function recordTimestamp(bytes: Uint8Array, at: number): number {
  return getU64(bytes, at + 20);
}

/** Whether the record in `bytes[at, end)` matches its checksum. */
export function recordIsSound(bytes: Uint8Array, at: number, end: number): boolean {
  return crc32(bytes, at + 8, end) === getU32(bytes, at + 4);
}

/** The bytes a record carries, as a view. */
export function recordBytes(bytes: Uint8Array, at: number, end: number): Uint8Array {
  return bytes.subarray(at + RECORD_HEADER_BYTES, end);
}
