/** Walks the records of a segment from some offset on, checking each one's checksum, or opening the boxes they are in. */
import { walkBoxes } from "./box-reader.ts";
import { corruptError, diskError } from "./check.ts";
import { readFully } from "./disk.ts";
import type { SegmentFile } from "./segment-file.ts";
import { type VisitRecord, walkBytes } from "./walk-bytes.ts";

const FIRST_READ_BYTES = 32 * 1024;
const NEXT_READ_BYTES = 256 * 1024;

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
