/** The first bytes of a segment file: whose it is, where it continues from. */
import { ArqonError, type Entropy, equalBytes, fromUtf8, sha256, utf8 } from "@arqon/core/base";
import { crc32 } from "./crc32.ts";
import { MAX_WRAPPED_BYTES } from "./file-keys.ts";
import { getU32, getU64, putU32, putU64 } from "./record.ts";

// 8 magic | u32 crc32 of what follows | u32 version | u32 salt | u32 owner | u64 base | 32 previous chain | 16 epoch |
// u8 length and 64 bytes of the name | zeros to 156 | u32 bytes of the wrapped key | wrapped key
const MAGIC = utf8("ARQNSEG2");
/** How files began whose checksums were CRC-32C; they are refused by name and never taken for a torn write. */
const FIRST_FORMAT = utf8("ARQNSEG1");
const PLAIN_VERSION = 2;
/** One whose batches are in boxes. */
const BOXED_VERSION = 3;
const WRAPPED_LENGTH = 156;
/** Bytes before the first batch of a plain segment; a boxed one's wrapped key comes between. */
const SEGMENT_HEADER_BYTES = 160;

/** What a segment says of itself. */
export interface SegmentHeader {
  /** Reality, or "" for the keys. */
  readonly name: string;
  /** Identity of the line of sequences: 16 bytes. */
  readonly epoch: Uint8Array;
  /** No record in this segment has a smaller sequence. */
  readonly baseSequence: number;
  /** Chain hash of the last batch of the segment before; zeros in the first. */
  readonly previousChain: Uint8Array;
  readonly owner: number;
  readonly salt: number;
  /** The key its batches are boxed with, wrapped; a plain segment has none. */
  readonly wrappedKey?: Uint8Array;
}

/** Bytes before a segment's first batch. */
export function headerBytesOf({ wrappedKey }: SegmentHeader): number {
  return SEGMENT_HEADER_BYTES + (wrappedKey?.length ?? 0);
}

/** The bytes of a header. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array<ArrayBuffer> {
  const { wrappedKey } = header;
  const out = new Uint8Array(headerBytesOf(header));
  const name = utf8(header.name);
  out.set(MAGIC);
  putU32(out, 12, wrappedKey ? BOXED_VERSION : PLAIN_VERSION);
  putU32(out, 16, header.salt);
  putU32(out, 20, header.owner);
  putU64(out, 24, header.baseSequence);
  out.set(header.previousChain, 32);
  out.set(header.epoch, 64);
  out[80] = name.length;
  out.set(name, 81);
  if (wrappedKey) {
    putU32(out, WRAPPED_LENGTH, wrappedKey.length);
    out.set(wrappedKey, SEGMENT_HEADER_BYTES);
  }
  putU32(out, 8, crc32(out, 12));
  return out;
}

/**
 * Reads a header. Returns `undefined` unless it is whole and matches its checksum.
 * @throws ArqonError `LOG_CORRUPT` when it is sound but of another format version.
 */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | undefined {
  if (equalBytes(bytes.subarray(0, 8), FIRST_FORMAT)) throw formatError(1);
  if (bytes.length < SEGMENT_HEADER_BYTES || !equalBytes(bytes.subarray(0, 8), MAGIC)) return undefined;
  const version = getU32(bytes, 12);
  const wrappedBytes = version === BOXED_VERSION ? getU32(bytes, WRAPPED_LENGTH) : 0;
  const end = SEGMENT_HEADER_BYTES + wrappedBytes;
  if (wrappedBytes > MAX_WRAPPED_BYTES || bytes.length < end) return undefined;
  if (crc32(bytes, 12, end) !== getU32(bytes, 8)) return undefined;
  if (version !== PLAIN_VERSION && version !== BOXED_VERSION) throw formatError(version);
  return {
    salt: getU32(bytes, 16),
    owner: getU32(bytes, 20),
    baseSequence: getU64(bytes, 24),
    previousChain: bytes.slice(32, 64),
    epoch: bytes.slice(64, 80),
    name: fromUtf8(bytes.subarray(81, 81 + Math.min(64, bytes[80] as number))),
    ...(version === BOXED_VERSION && { wrappedKey: bytes.slice(SEGMENT_HEADER_BYTES, end) }),
  };
}

function formatError(version: number): ArqonError {
  return new ArqonError(
    "LOG_CORRUPT",
    `segment format ${version} is not known; this program reads ${PLAIN_VERSION} and ${BOXED_VERSION}`,
    { remedy: "Open it with the version of Arqon that wrote it." },
  );
}

/** The chain hash a segment's first batch continues from. @param bytes  starts with the segment's header. */
export function firstChain(bytes: Uint8Array, header: SegmentHeader): Uint8Array {
  return sha256(bytes.subarray(0, headerBytesOf(header)));
}

/** The name of the file whose records start at `baseSequence`. */
export function segmentName(baseSequence: number): string {
  return `${String(baseSequence).padStart(16, "0")}.seg`;
}

/** Whether a directory entry is a segment. */
export function isSegmentName(name: string): boolean {
  return /^[0-9]{16}\.seg$/.test(name);
}

/** A number for a segment that nobody outside can know. */
export function newSalt(entropy: Entropy): number {
  const bytes = entropy(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}
