/** One segment file: written at its end by one owner, read anywhere by many. */
import { ArqonError } from "@arqon/core/base";
import type { BatchBuilder, Digest } from "./batch.ts";
import { type BatchBox, firstMark } from "./batch-box.ts";
import type { Boxes } from "./boxes.ts";
import { type Disk, type DiskFile, writeFully } from "./disk.ts";
import type { SegmentScan } from "./scan.ts";
import { encodeSegmentHeader, firstChain, headerBytesOf, type SegmentHeader } from "./segment-header.ts";
import { SegmentIndex } from "./segment-index.ts";

/** A segment and how far it is written and synced. */
export class SegmentFile {
  path: string;
  readonly header: SegmentHeader;
  readonly index: SegmentIndex;
  firstSequence: number;
  lastSequence: number;
  records: number;
  endBytes: number;
  durableBytes: number;
  chain: Uint8Array;
  isSealed: boolean;
  readonly boxes: Boxes;
  readonly #disk: Disk;
  #box: Promise<BatchBox> | undefined;
  #file: Promise<DiskFile> | undefined;
  #users = 0;
  #retired = false;
  #cuts = 0;
  #durableCuts = 0;
  /** Its name is durable. */
  #isNamed = true;
  #isRemoved = false;

  private constructor(disk: Disk, boxes: Boxes, path: string, header: SegmentHeader, scan: SegmentScan) {
    this.#disk = disk;
    this.boxes = boxes;
    this.path = path;
    this.header = header;
    this.index = scan.index;
    this.firstSequence = scan.firstSequence;
    this.lastSequence = scan.lastSequence;
    this.records = scan.records;
    this.endBytes = this.durableBytes = scan.endBytes;
    this.chain = scan.chain;
    this.isSealed = scan.isSealed;
  }

  /** A segment that was scanned; opened when it is used. */
  static of(disk: Disk, boxes: Boxes, path: string, header: SegmentHeader, scan: SegmentScan): SegmentFile {
    return new SegmentFile(disk, boxes, path, header, scan);
  }

  /**
   * Makes a new segment with nothing but its header. Neither it nor its name is durable before the first sync.
   * @param label  all of the header but the wrapped key, which `boxes` adds where files are boxed
   * @throws the disk's error after removing what was half made, or {@link UncutError} when that failed too.
   */
  static async create(
    disk: Disk,
    boxes: Boxes,
    path: string,
    label: SegmentHeader,
    latestTime: number,
  ): Promise<SegmentFile> {
    const { header, box } = await boxes.label(label);
    const bytes = encodeSegmentHeader(header);
    const file = await disk.open(path, "create");
    try {
      await writeFully(file, bytes, 0);
    } catch (error) {
      try {
        await file.close();
        await disk.remove(path);
      } catch {
        throw new UncutError(path, { cause: error });
      }
      throw error;
    }
    const segment = new SegmentFile(disk, boxes, path, header, {
      index: new SegmentIndex(latestTime),
      records: 0,
      firstSequence: 0,
      lastSequence: 0,
      owner: header.owner,
      chain: firstChain(bytes, header),
      endBytes: bytes.length,
      provenBytes: 0,
      vouches: false,
      isSealed: false,
    });
    segment.durableBytes = 0;
    segment.#isNamed = false;
    segment.#box = box && Promise.resolve(box);
    segment.#file = Promise.resolve(file);
    return segment;
  }

  /** Where its first batch is. */
  get startBytes(): number {
    return headerBytesOf(this.header);
  }

  /** What its batches are boxed with; `undefined` where they are plain. @throws ArqonError as {@link Boxes.open}. */
  async box(): Promise<BatchBox | undefined> {
    const { wrappedKey } = this.header;
    if (!wrappedKey) return undefined;
    this.#box ??= this.boxes.open(this.path, { ...this.header, wrappedKey }).catch((error) => {
      this.#box = undefined; // what holds the keys may answer the next time
      throw error;
    });
    return this.#box;
  }

  #opened(): Promise<DiskFile> {
    if (this.#isRemoved && !this.#file) return Promise.reject(this.#trimmed());
    this.#file ??= this.#disk.open(this.path, "write").catch((error) => {
      this.#file = undefined;
      // It may be gone before it is open.
      throw this.#isRemoved ? this.#trimmed() : error;
    });
    return this.#file;
  }

  #trimmed(): ArqonError {
    return new ArqonError(
      "HISTORY_TRIMMED",
      `sequence ${this.lastSequence} and all before are not kept any more`,
    );
  }

  /**
   * Writes a batch behind the last one, which says how far this file, and everything before it, is synced. When that fails, what was written of it is cut away again.
   * @throws the disk's error, or {@link UncutError} when the cut failed too.
   */
  async write(batch: BatchBuilder, owner: number, digest?: Digest): Promise<void> {
    const file = await this.#opened();
    const { salt } = this.header;
    const place = { previousChain: this.chain, owner, salt, durableBytes: this.durableBytes };
    const box = await this.box();
    const sealed = await batch.seal(place, digest, box);
    try {
      await writeFully(file, sealed.bytes, this.endBytes);
    } catch (error) {
      this.#cuts++;
      try {
        await file.truncate(this.endBytes);
      } catch {
        throw new UncutError(this.path, { cause: error });
      }
      throw error;
    }
    const marks = box ? firstMark(batch) : batch.marks;
    this.index.addBatch(this.endBytes, marks, batch.latestTime);
    this.firstSequence ||= batch.firstSequence;
    this.lastSequence = batch.lastSequence || this.lastSequence;
    this.records += batch.records;
    this.isSealed = batch.records === 0;
    this.chain = sealed.chain;
    this.endBytes += sealed.bytes.length;
  }

  /** Nothing would change if the power went now; what a failed write left is cut away for good. */
  get isDurable(): boolean {
    return this.durableBytes === this.endBytes && this.#cuts === this.#durableCuts;
  }

  /** Makes everything written durable. What is written meanwhile is not counted. */
  async sync(): Promise<void> {
    const written = this.endBytes;
    const cuts = this.#cuts;
    await this.withFile((file) => file.sync());
    if (!this.#isNamed) {
      await this.#disk.syncDirectory(this.path.slice(0, this.path.lastIndexOf("/")));
      this.#isNamed = true;
    }
    this.#durableCuts = cuts;
    this.durableBytes = Math.max(this.durableBytes, written);
  }

  /** Runs `use` with the open file; a retired segment is opened for it. */
  async withFile<T>(use: (file: DiskFile) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await use(await this.#opened());
    } finally {
      this.#users--;
      await this.#closeIfUnused();
    }
  }

  /** Will not be written any more: its file is closed when nobody reads it. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.#closeIfUnused();
  }

  /** Deletes the file. Who is reading it goes on; nobody begins to. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    await this.retire();
    await this.#disk.remove(this.path);
  }

  async #closeIfUnused(): Promise<void> {
    if (!this.#retired || this.#users > 0) return;
    const file = this.#file;
    this.#file = undefined;
    await (await file)?.close();
  }
}

/** A failed write that could not be undone: what the file holds is no longer known, and only recovery can tell. */
export class UncutError extends Error {
  constructor(path: string, options: { readonly cause: unknown }) {
    const cause = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super(`a failed write to ${path} could not be undone: ${cause}`, options);
  }
}
