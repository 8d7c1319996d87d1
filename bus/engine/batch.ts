/** The unit of a commit: records behind one header that chains them, by SHA-256, to everything before. */
import { equalBytes, sha256 } from "@arqon/core/base";
import type { BatchBox } from "./batch-box.ts";
import { checkNext } from "./check.ts";
import { crc32 } from "./crc32.ts";
import type { LogRecord } from "./engine.ts";
import {
  finishRecord,
  getU32,
  getU64,
  putU32,
  putU64,
  RECORD_HEADER_BYTES,
  type RecordFields,
  type RecordKind,
  recordEnd,
  recordSequence,
  recordTimestamp,
} from "./record.ts";

// u32 magic | u32 crc32 of the rest of the header | 32 chain | 32 previous chain | u32 body bytes | u32 records |
// u64 first | u64 last sequence | u32 owner | u32 salt | u64 durable | body. chain = SHA-256(previous chain ... body).
const CHAIN = 8;
const PREVIOUS = 40;
/** Bytes before a batch's first record. */
export const BATCH_HEADER_BYTES = 112;
/** Starts a batch; larger than any record's length, so that a reader can tell them apart. */
export const BATCH_MAGIC = 0xb47c_51ed;
/** A reader finds its way from any of these points; so far apart are they at least, in bytes. */
export const MARK_SPACING_BYTES: number = 16 * 1024;

/** What a batch's header says about its place. */
export interface BatchPlace {
  readonly previousChain: Uint8Array;
  /** Who wrote it; rises with every open of the log. */
  readonly owner: number;
  /** A secret number of the file, so that neither stale blocks nor a message's content can pass for a batch. */
  readonly salt: number;
  /** Every byte of the file before this offset was synced when the batch was written. */
  readonly durableBytes: number;
}

/** A header that was read. */
export interface BatchHeader extends BatchPlace {
  readonly chain: Uint8Array;
  readonly bodyBytes: number;
  readonly records: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** A point a reader may start from: a record, and the latest time of all records before it in its batch. */
export interface Mark {
  readonly sequence: number;
  readonly at: number;
  readonly timeBefore: number;
}

/** SHA-256 by whatever computes it best: many bytes may go to another thread. */
export type Digest = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | Promise<Uint8Array>;

/** Collects records, encoded as they come, until a commit seals them. Reused from commit to commit. */
export class BatchBuilder {
  #buffer: Uint8Array<ArrayBuffer>;
  #length = BATCH_HEADER_BYTES;
  #records = 0;
  #first = 0;
  #last = 0;
  #latestTime = 0;
  #marks: Mark[] = [];
  #lastMark = 0;

  constructor(capacityBytes: number = 64 * 1024) {
    this.#buffer = new Uint8Array(capacityBytes);
  }

  get records(): number {
    return this.#records;
  }
  get firstSequence(): number {
    return this.#first;
  }
  get lastSequence(): number {
    return this.#last;
  }
  /** Latest time of its records. */
  get latestTime(): number {
    return this.#latestTime;
  }
  /** Length of the sealed batch as it stands. */
  get length(): number {
    return this.#length;
  }
  get capacityBytes(): number {
    return this.#buffer.length;
  }
  get marks(): readonly Mark[] {
    return this.#marks;
  }

  /** The records as they are encoded so far. The memory is another one after the next `add` or `begin`. */
  get bytes(): Uint8Array {
    return this.#buffer;
  }

  add(kind: RecordKind, record: RecordFields): void {
    const at = this.begin(record.bytes.length);
    this.#buffer.set(record.bytes, at);
    this.end(kind, record.sequence, record.timestampUnixUs, at + record.bytes.length);
  }

  /** Makes room for a record of at most `maxBytes`. Returns where in {@link bytes} they go; {@link end} follows. */
  begin(maxBytes: number): number {
    this.#reserve(this.#length + RECORD_HEADER_BYTES + maxBytes);
    return this.#length + RECORD_HEADER_BYTES;
  }

  /**
   * The bytes of the record that {@link begin} made room for are there, up to `end`.
   * @throws TypeError as {@link checkNext}; the record is not taken then.
   */
  end(kind: RecordKind, sequence: number, timestampUnixUs: number, end: number): void {
    checkNext(sequence, timestampUnixUs, this.#last);
    const at = this.#length;
    if (at - this.#lastMark >= MARK_SPACING_BYTES || this.#records === 0) {
      this.#marks.push({ sequence, at, timeBefore: this.#latestTime });
      this.#lastMark = at;
    }
    finishRecord(this.#buffer, at, end, kind, sequence, timestampUnixUs);
    this.#length = end;
    if (this.#records++ === 0) this.#first = sequence;
    this.#last = sequence;
    if (timestampUnixUs > this.#latestTime) this.#latestTime = timestampUnixUs;
  }

  /** Calls for each record with where its bytes lie in {@link bytes}. */
  visit(call: (index: number, from: number, to: number, sequence: number) => void): void {
    const bytes = this.#buffer;
    let at = BATCH_HEADER_BYTES;
    for (let i = 0; i < this.#records; i++) {
      const end = recordEnd(bytes, at);
      call(i, at + RECORD_HEADER_BYTES, end, recordSequence(bytes, at));
      at = end;
    }
  }

  /** Its records, with bytes of their own. */
  toRecords(): LogRecord[] {
    const bytes = this.#buffer;
    const records: LogRecord[] = [];
    this.visit((_index, from, to, sequence) => {
      const timestampUnixUs = recordTimestamp(bytes, from - RECORD_HEADER_BYTES);
      records.push({ sequence, timestampUnixUs, bytes: bytes.slice(from, to) });
    });
    return records;
  }

  /**
   * Writes the header, and closes the records into a box if there is one. The bytes stay valid until the next `begin`,
   * `clear` or use of the box.
   * @param digest  SHA-256; the batch is not touched while it runs.
   */
  async seal(
    place: BatchPlace,
    digest: Digest = sha256,
    box?: BatchBox,
  ): Promise<{ readonly bytes: Uint8Array; readonly chain: Uint8Array }> {
    const whole = this.#buffer.subarray(0, this.#length);
    const out = box ? box.room(this.#length - BATCH_HEADER_BYTES) : whole;
    out.set(place.previousChain, PREVIOUS);
    putU32(out, 72, out.length - BATCH_HEADER_BYTES);
    putU32(out, 76, this.#records);
    putU64(out, 80, this.#first);
    putU64(out, 88, this.#last);
    putU32(out, 96, place.owner);
    putU32(out, 100, place.salt);
    putU64(out, 104, place.durableBytes);
    box?.close(out, this.#latestTime, whole.subarray(BATCH_HEADER_BYTES));
    const chain = await digest(out.subarray(PREVIOUS));
    out.set(chain, CHAIN);
    putU32(out, 0, BATCH_MAGIC);
    putU32(out, 4, crc32(out, CHAIN, BATCH_HEADER_BYTES));
    return { bytes: out, chain };
  }

  clear(): void {
    this.#length = BATCH_HEADER_BYTES;
    this.#records = this.#first = this.#last = this.#latestTime = 0;
    this.#marks = [];
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(bytes, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

/** Reads the header at `at`. Returns `undefined` unless it is whole and matches its checksum. */
export function readBatchHeader(bytes: Uint8Array, at: number): BatchHeader | undefined {
  if (at + BATCH_HEADER_BYTES > bytes.length || getU32(bytes, at) !== BATCH_MAGIC) return undefined;
  if (crc32(bytes, at + CHAIN, at + BATCH_HEADER_BYTES) !== getU32(bytes, at + 4)) return undefined;
  return {
    chain: bytes.slice(at + CHAIN, at + PREVIOUS),
    previousChain: bytes.slice(at + PREVIOUS, at + 72),
    bodyBytes: getU32(bytes, at + 72),
    records: getU32(bytes, at + 76),
    firstSequence: getU64(bytes, at + 80),
    lastSequence: getU64(bytes, at + 88),
    owner: getU32(bytes, at + 96),
    salt: getU32(bytes, at + 100),
    durableBytes: getU64(bytes, at + 104),
  };
}

/** Whether the batch at `at` is whole and matches its own chain hash. */
export function batchIsSound(bytes: Uint8Array, at: number, header: BatchHeader): boolean {
  const end = at + BATCH_HEADER_BYTES + header.bodyBytes;
  return end <= bytes.length && equalBytes(sha256(bytes.subarray(at + PREVIOUS, end)), header.chain);
}

/**
 * Walks the records of a sound batch.
 * @returns their marks and latest time; `undefined` unless they fill the body exactly, rise in sequence and are those the
 *   header tells of.
 */
export function walkBatch(
  bytes: Uint8Array,
  at: number,
  header: BatchHeader,
): { readonly marks: readonly Mark[]; readonly latestTime: number } | undefined {
  const end = at + BATCH_HEADER_BYTES + header.bodyBytes;
  const marks: Mark[] = [];
  let lastMark = 0;
  let next = at + BATCH_HEADER_BYTES;
  let records = 0;
  let last = 0;
  let latestTime = 0;
  while (next + RECORD_HEADER_BYTES <= end) {
    const sequence = recordSequence(bytes, next);
    if (records++ === 0 ? sequence !== header.firstSequence : sequence <= last) return undefined;
    if (marks.length === 0 || next - at - lastMark >= MARK_SPACING_BYTES) {
      lastMark = next - at;
      marks.push({ sequence, at: lastMark, timeBefore: latestTime });
    }
    latestTime = Math.max(latestTime, recordTimestamp(bytes, next));
    last = sequence;
    next = recordEnd(bytes, next);
  }
  const whole = next === end && records === header.records && last === header.lastSequence;
  return whole ? { marks, latestTime } : undefined;
}
