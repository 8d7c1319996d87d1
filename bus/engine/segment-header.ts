/** The first bytes of a segment file: whose it is, where it continues from. */
import { ArqonError, type Entropy, equalBytes, fromUtf8, sha256, utf8 } from "@arqon/core/base";
import { crc32 } from "./crc32.ts";
import { getU32, getU64, putU32, putU64 } from "./record.ts";

// 8 magic | u32 crc32 of what follows | u32 version | u32 salt | u32 owner | u64 base | 32 previous chain | 16 epoch |
// u8 length and 64 bytes of the name | zeros
const MAGIC = utf8("ARQNSEG2");
/** How files began whose checksums were CRC-32C; they are refused by name and never taken for a torn write. */
const FIRST_FORMAT = utf8("ARQNSEG1");
const VERSION = 2;
/** Bytes before a segment's first batch. */
export const SEGMENT_HEADER_BYTES = 160;

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
}

/** The bytes of a header. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(SEGMENT_HEADER_BYTES);
  const name = utf8(header.name);
  out.set(MAGIC);
  putU32(out, 12, VERSION);
  putU32(out, 16, header.salt);
  putU32(out, 20, header.owner);
  putU64(out, 24, header.baseSequence);
  out.set(header.previousChain, 32);
  out.set(header.epoch, 64);
  out[80] = name.length;
  out.set(name, 81);
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
  if (crc32(bytes, 12, SEGMENT_HEADER_BYTES) !== getU32(bytes, 8)) return undefined;
  const version = getU32(bytes, 12);
  if (version !== VERSION) throw formatError(version);
  return {
    salt: getU32(bytes, 16),
    owner: getU32(bytes, 20),
    baseSequence: getU64(bytes, 24),
    previousChain: bytes.slice(32, 64),
    epoch: bytes.slice(64, 80),
    name: fromUtf8(bytes.subarray(81, 81 + Math.min(64, bytes[80] as number))),
  };
}

function formatError(version: number): ArqonError {
  return new ArqonError(
    "LOG_CORRUPT",
    `segment format ${version} is not known; this program reads ${VERSION}`,
    { remedy: "Open it with the version of Arqon that wrote it." },
  );
}

/** The chain hash a segment's first batch continues from. */
export function firstChain(headerBytes: Uint8Array): Uint8Array {
  return sha256(headerBytes.subarray(0, SEGMENT_HEADER_BYTES));
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
