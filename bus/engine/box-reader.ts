/** Walks the records of a boxed segment: whole batches are read, opened and proved genuine before any record is given out. */
import { BATCH_HEADER_BYTES, readBatchHeader } from "./batch.ts";
import type { BatchBox } from "./batch-box.ts";
import type { Opened } from "./boxes.ts";
import { corruptError, diskError } from "./check.ts";
import { type DiskFile, readFully } from "./disk.ts";
import type { SegmentFile } from "./segment-file.ts";
import { type VisitRecord, walkBytes } from "./walk-bytes.ts";

const READ_BYTES = 256 * 1024;

/** As `walkSegment`, from `offset` of a batch. */
export async function walkBoxes(
  segment: SegmentFile,
  offset: number,
  endBytes: number,
  visit: VisitRecord,
): Promise<boolean> {
  const { boxes, path } = segment;
  const box = (await segment.box()) as BatchBox;
  const walk = async (file: DiskFile): Promise<boolean> => {
    const reader = new BoxReader(file, box, path, endBytes);
    for (let at = offset; at < endBytes; ) {
      const kept = boxes.last;
      const isKept = kept?.path === path && kept.at === at && kept.endBytes <= endBytes;
      const batch = isKept ? kept : await reader.open(at);
      const given: VisitRecord = isKept ? (bytes, from, to) => visit(bytes, from, to, true) : visit;
      const walked = walkBytes(batch.records, given, () =>
        corruptError(path, at, "the records of a box do not match their checksums"),
      );
      if (walked.stopped) {
        // The next read is likely to begin here. What was given away is its reader's own.
        if (!isKept) boxes.last = { ...batch, records: batch.records.slice() };
        return false;
      }
      if (walked.missing > 0) throw corruptError(path, at, "a record does not end in its box");
      at = batch.endBytes;
    }
    return true;
  };
  return segment.withFile(walk).catch((error) => {
    throw diskError(`${path} cannot be read`, error);
  });
}

/** Opens batches of one file, going forward. */
class BoxReader {
  readonly #file: DiskFile;
  readonly #box: BatchBox;
  readonly #path: string;
  readonly #endBytes: number;
  /** Part of the file, and where it begins. */
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #chunkAt = 0;
  #memory = new ArrayBuffer(0);
  #wanted = READ_BYTES;

  constructor(file: DiskFile, box: BatchBox, path: string, endBytes: number) {
    this.#file = file;
    this.#box = box;
    this.#path = path;
    this.#endBytes = endBytes;
  }

  async open(at: number): Promise<Opened> {
    await this.#fetch(at, BATCH_HEADER_BYTES);
    const header = readBatchHeader(this.#chunk, at - this.#chunkAt);
    if (!header) throw corruptError(this.#path, at, "not a batch, or its header does not match its checksum");
    const bytes = BATCH_HEADER_BYTES + header.bodyBytes;
    await this.#fetch(at, bytes);
    this.#wanted = Math.max(READ_BYTES, bytes + BATCH_HEADER_BYTES); // the next is likely as long
    const records = this.#box.open(this.#chunk, at - this.#chunkAt, header);
    if (!records) throw corruptError(this.#path, at, "a box was altered, or is of another place or key");
    return { path: this.#path, at, records, endBytes: at + bytes };
  }

  /** Sees to it that so many bytes from `at` are in memory. */
  async #fetch(at: number, bytes: number): Promise<void> {
    if (this.#chunkAt <= at && at + bytes <= this.#chunkAt + this.#chunk.length) return;
    if (at + bytes > this.#endBytes)
      throw corruptError(this.#path, at, "a batch reaches beyond the end of the log");
    const length = Math.min(Math.max(this.#wanted, bytes), this.#endBytes - at);
    if (this.#memory.byteLength < length) this.#memory = new ArrayBuffer(length);
    this.#chunk = new Uint8Array(this.#memory, 0, length);
    this.#chunkAt = at;
    const read = await readFully(this.#file, this.#chunk, at);
    if (read < length) throw corruptError(this.#path, at + read, "the file ends too early");
  }
}
