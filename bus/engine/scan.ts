/** Reads a whole segment, checks everything that can be checked, and tells a torn tail from corruption. */
import { equalBytes } from "@arqon/core/base";
import {
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  type BatchHeader,
  batchIsSound,
  readBatchHeader,
  walkBatch,
} from "./batch.ts";
import { boxedMarks } from "./batch-box.ts";
import { putU32, RECORD_HEADER_BYTES, recordEnd, recordIsSound } from "./record.ts";
import { firstChain, headerBytesOf, type SegmentHeader } from "./segment-header.ts";
import { SegmentIndex } from "./segment-index.ts";

/** Bytes that do not belong to a valid continuation. */
export interface Damage {
  readonly offset: number;
  readonly why: string;
  /** These bytes were synced once, or lie before some that were: corruption rather than a torn write. */
  readonly wasSynced: boolean;
}

/** What a segment holds, up to its end or the first damage. */
export interface SegmentScan {
  readonly index: SegmentIndex;
  readonly records: number;
  /** 0 when it holds none. */
  readonly firstSequence: number;
  /** Of this segment, or of the one before when it holds none. */
  readonly lastSequence: number;
  readonly owner: number;
  readonly chain: Uint8Array;
  /** Where the next batch goes. */
  readonly endBytes: number;
  /** Every byte before this was synced before something behind it was written. */
  readonly provenBytes: number;
  /** A batch says that everything before its segment was synced when it was written. */
  readonly vouches: boolean;
  /** The last batch is the empty one a clean close leaves. */
  readonly isSealed: boolean;
  readonly damage?: Damage;
}

/** Where the segment before ended. */
export interface ScanStart {
  readonly lastSequence: number;
  readonly owner: number;
  readonly latestTime: number;
}

/** Bytes checked before others get a turn. */
const TURN_BYTES = 4 * 1024 * 1024;

/** Scans `bytes`, a whole segment file, whose header has been read and is `header`. What is boxed stays closed. */
export async function scanSegment(
  bytes: Uint8Array,
  header: SegmentHeader,
  start: ScanStart,
): Promise<SegmentScan> {
  const index = new SegmentIndex(start.latestTime);
  const isBoxed = header.wrappedKey !== undefined;
  let at = headerBytesOf(header);
  let chain = firstChain(bytes, header);
  let lastSequence = start.lastSequence;
  let owner = Math.max(start.owner, header.owner);
  let records = 0;
  let firstSequence = 0;
  let provenBytes = 0;
  let isSealed = false;
  let damage: Damage | undefined;
  let turnEnds = TURN_BYTES;
  while (at < bytes.length) {
    if (at > turnEnds) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      turnEnds = at + TURN_BYTES;
    }
    const batch = readBatchHeader(bytes, at);
    let why = "not a batch, or its header does not match its checksum";
    let walked: ReturnType<typeof walkBatch>;
    if (batch) {
      const objection = objectionTo(batch, bytes, at, header, { chain, owner, lastSequence });
      why = objection ?? "records do not match the header of their batch";
      if (objection === undefined) walked = (isBoxed ? boxedMarks : walkBatch)(bytes, at, batch);
    }
    if (!batch || !walked) {
      const offset = batch && !isBoxed ? damagedRecord(bytes, at, batch) : at;
      damage = { offset, why, wasSynced: laterBatchProves(bytes, at, header.salt) };
      break;
    }
    index.addBatch(at, walked.marks, walked.latestTime);
    isSealed = batch.records === 0;
    if (!isSealed) {
      firstSequence ||= batch.firstSequence;
      lastSequence = batch.lastSequence;
    }
    records += batch.records;
    owner = batch.owner;
    provenBytes = Math.max(provenBytes, batch.durableBytes);
    chain = batch.chain;
    at += BATCH_HEADER_BYTES + batch.bodyBytes;
  }
  return {
    index,
    records,
    firstSequence,
    lastSequence,
    owner,
    chain,
    endBytes: at,
    provenBytes,
    vouches: provenBytes > 0,
    isSealed,
    ...(damage && { damage }),
  };
}

/** Why a batch cannot come at `at`, after what came before it; undefined when it can. */
function objectionTo(
  batch: BatchHeader,
  bytes: Uint8Array,
  at: number,
  header: SegmentHeader,
  before: Pick<SegmentScan, "chain" | "owner" | "lastSequence">,
): string | undefined {
  const { owner, lastSequence } = before;
  if (batch.salt !== header.salt) return "a batch of another file";
  if (!equalBytes(batch.previousChain, before.chain)) return "the chain is broken before this batch";
  if (!batchIsSound(bytes, at, batch)) return "the bytes of a batch do not match its chain hash";
  if (batch.owner < owner) return `owner ${batch.owner} wrote after owner ${owner}`;
  if (batch.records === 0) return undefined;
  if (batch.firstSequence <= lastSequence)
    return `sequence ${batch.firstSequence} does not come after ${lastSequence}`;
  if (batch.firstSequence < header.baseSequence)
    return `sequence ${batch.firstSequence} comes before ${header.baseSequence}, the first of this segment`;
  return undefined;
}

/** Offset of the first record of a batch that fails its own checksum, or of the batch when none does. */
function damagedRecord(bytes: Uint8Array, at: number, batch: BatchHeader): number {
  const end = Math.min(bytes.length, at + BATCH_HEADER_BYTES + batch.bodyBytes);
  for (let next = at + BATCH_HEADER_BYTES; next + RECORD_HEADER_BYTES <= end; ) {
    const after = recordEnd(bytes, next);
    if (after > end || !recordIsSound(bytes, next, after)) return next;
    next = after;
  }
  return at;
}

/**
 * Whether a sound batch behind `damaged` says that the bytes there were synced before it was written. Without one, the
 * bytes may be a write that the end of the power tore, with later unsynced writes behind it.
 */
export function laterBatchProves(bytes: Uint8Array, damaged: number, salt?: number): boolean {
  const magic = new Uint8Array(4);
  putU32(magic, 0, BATCH_MAGIC);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = view.indexOf(magic, damaged + 1); at >= 0; at = view.indexOf(magic, at + 1)) {
    const batch = readBatchHeader(bytes, at);
    if (!batch || (salt !== undefined && batch.salt !== salt) || batch.durableBytes <= damaged) continue;
    if (batchIsSound(bytes, at, batch)) return true;
  }
  return false;
}
