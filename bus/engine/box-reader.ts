/** Walks the records of a boxed segment: whole batches are read, opened and proved genuine before any record is given out. */
import { BATCH_HEADER_BYTES, readBatchHeader } from "./batch.ts";
import type { BatchBox } from "./batch-box.ts";
import { corruptError, diskError } from "./check.ts";
import { type DiskFile, readFully } from "./disk.ts";
import type { SegmentFile } from "./segment-file.ts";
import { type VisitRecord, walkBytes } from "./segment-reader.ts";

const READ_BYTES = 256 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** As `walkSegment`, from `offset` of a batch. The bytes a visitor is given may be given out again. */
export async function walkBoxes(
  segment: SegmentFile,
  offset: number,
  endBytes: number,
  visit: VisitRecord,
): Promise<boolean> {
  const box = (await segment.box()) as BatchBox;
  const walk = async (file: DiskFile): Promise<boolean> => {
    const { boxes, path } = segment;
    const corrupt = (at: number, why: string): Error => corruptError(path, at, why);
    let chunk: Bytes = new Uint8Array(0);
    let chunkAt = offset;
    let wanted = READ_BYTES;
    for (let at = offset; at < endBytes; ) {
      let opened = boxes.last;
      if (opened?.path !== path || opened.at !== at || opened.endBytes > endBytes) {
        const fetch = async (bytes: number): Promise<void> => {
          if (chunkAt + chunk.length >= at + bytes) return;
          if (at + bytes > endBytes) throw corrupt(at, "a batch reaches beyond the end of the log");
          chunk = new Uint8Array(Math.min(Math.max(wanted, bytes), endBytes - at));
          chunkAt = at;
          const read = await readFully(file, chunk, at);
          if (read < chunk.length) throw corrupt(at + read, "the file ends too early");
        };
        await fetch(BATCH_HEADER_BYTES);
        const header = readBatchHeader(chunk, at - chunkAt);
        if (!header) throw corrupt(at, "not a batch, or its header does not match its checksum");
        const bytes = BATCH_HEADER_BYTES + header.bodyBytes;
        await fetch(bytes);
        wanted = Math.max(READ_BYTES, bytes + BATCH_HEADER_BYTES); // the next is likely as long
        const records = await box.open(chunk, at - chunkAt, header);
        if (!records) throw corrupt(at, "a box was altered, or is of another place or key");
        opened = boxes.last = { path, at, records, endBytes: at + bytes };
      }
      const walked = walkBytes(opened.records, visit, () =>
        corrupt(at, "the records of a box do not match their checksums"),
      );
      if (walked.stopped) return false;
      if (walked.missing > 0) throw corrupt(at, "a record does not end in its box");
      at = opened.endBytes;
    }
    return true;
  };
  return segment.withFile(walk).catch((error) => {
    throw diskError(`${segment.path} cannot be read`, error);
  });
}
