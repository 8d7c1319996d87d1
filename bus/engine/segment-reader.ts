/** Walks the records of a segment from some offset on, checking each one's checksum, or opening the boxes they are in. */
import { BATCH_HEADER_BYTES, BATCH_MAGIC } from "./batch.ts";
import { walkBoxes } from "./box-reader.ts";
import { corruptError, diskError } from "./check.ts";
import { readFully } from "./disk.ts";
import { getU32, MAX_RECORD_BYTES, RECORD_HEADER_BYTES, recordIsSound } from "./record.ts";
import type { SegmentFile } from "./segment-file.ts";

const FIRST_READ_BYTES = 32 * 1024;
const NEXT_READ_BYTES = 256 * 1024;

/** Takes a record at `bytes[at, end)`. Returns whether to go on. Of shared bytes only a copy may be given away. */
export type VisitRecord = (bytes: Uint8Array, at: number, end: number, isShared?: boolean) => boolean;

/**
 * Visits records from `offset` (of a record or a batch) to `endBytes`, which must be the end of a batch.
 *
 * @returns whether the visitor wants the records of the next segment too.
 * @throws ArqonError `LOG_CORRUPT` naming file and offset, `LOG_UNAVAILABLE` when the disk cannot read.
 */
export async function walkSegment(
  segment: SegmentFile,
  offset: number,
  endBytes: number,
  visit: VisitRecord,
): Promise<boolean> {
  if (segment.header.wrappedKey) return walkBoxes(segment, offset, endBytes, visit);
  return segment
    .withFile(async (file) => {
      let position = offset;
      let wanted = FIRST_READ_BYTES;
      while (position < endBytes) {
        const bytes = new Uint8Array(Math.min(wanted, endBytes - position));
        const read = await readFully(file, bytes, position);
        if (read < bytes.length) throw corruptError(segment.path, position + read, "the file ends too early");
        const walked = walkBytes(bytes, visit, (at, why) => corruptError(segment.path, position + at, why));
        if (walked.stopped) return false;
        if (walked.used + walked.missing > endBytes - position)
          throw corruptError(
            segment.path,
            position + walked.used,
            "a record reaches beyond the end of the log",
          );
        position += walked.used;
        wanted = Math.max(NEXT_READ_BYTES, walked.missing);
      }
      return true;
    })
    .catch((error) => {
      throw diskError(`${segment.path} cannot be read`, error);
    });
}

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
