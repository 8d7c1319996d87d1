/** Walks the records that lie in memory, checking each one's checksum. */
import { BATCH_HEADER_BYTES, BATCH_MAGIC } from "./batch.ts";
import { getU32, MAX_RECORD_BYTES, RECORD_HEADER_BYTES, recordIsSound } from "./record.ts";

/** Takes a record at `bytes[at, end)`. Returns whether to go on. Of shared bytes only a copy may be given away. */
export type VisitRecord = (bytes: Uint8Array, at: number, end: number, isShared?: boolean) => boolean;

/** How far a walk over bytes came. */
export interface Walked {
  readonly stopped: boolean;
  /** Bytes that were walked over. */
  readonly used: number;
  /** Bytes that the next item needs; 0 at the end. */
  readonly missing: number;
}

/** Visits the records in `bytes`, which starts at a record or a batch, as far as they are whole. */
export function walkBytes(
  bytes: Uint8Array,
  visit: VisitRecord,
  corrupt: (at: number, why: string) => Error,
): Walked {
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return { stopped: false, used: at, missing: 4 };
    const length = getU32(bytes, at);
    const isBatch = length === BATCH_MAGIC;
    if (!isBatch && length > MAX_RECORD_BYTES) throw corrupt(at, `a record of ${length} bytes`);
    const itemBytes = isBatch ? BATCH_HEADER_BYTES : RECORD_HEADER_BYTES + length;
    const end = at + itemBytes;
    if (end > bytes.length) return { stopped: false, used: at, missing: itemBytes };
    if (!isBatch) {
      if (!recordIsSound(bytes, at, end)) throw corrupt(at, "a record does not match its checksum");
      if (!visit(bytes, at, end)) return { stopped: true, used: at, missing: 0 };
    }
    at = end;
  }
  return { stopped: false, used: at, missing: 0 };
}
