/** What object stores lie on: bytes under names of 64 lower-case hexadecimal digits, kept as they are given. */

/** Bytes and the name they are to have. */
export interface Blob {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is known of a kept blob without reading it. */
export interface BlobFacts {
  readonly storedBytes: number;
  /** UTC, microseconds since 1970: when it was written, or touched. */
  readonly writtenUs: number;
}

/** A place for bytes. It hashes nothing and believes what it is given: `objectStore` sees to the rest. */
export interface Blobs {
  /**
   * Writes every blob, each whole or not at all, over what was there. Durable once resolved.
   * @param mark  kept with them where the place can, in the same commit, unless a larger one is.
   */
  write(blobs: readonly Blob[], mark?: number): Promise<void>;
  /** The largest mark that was kept; left out where none can be. */
  mark?(): number;
  /**
   * Writes one that is too large to hold. When `bytes` throws, nothing is kept and the error is passed on.
   * @param size  how many bytes will come, or a little more; tells how to part them.
   * @param head  what encrypted bytes begin with; kept until all is there, where an interrupted write can be taken up.
   */
  writeLong(name: string, bytes: AsyncIterable<Uint8Array>, size: number, head?: Uint8Array): Promise<void>;
  /** The head of an interrupted write that can be taken up; left out where none can. */
  headOf?(name: string, size: number): Uint8Array | undefined;
  read(name: string): Promise<Uint8Array | undefined>;
  /** The bytes in pieces; `undefined` when there are none under this name. */
  readLong(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** @param mostBytes  how many bytes it can have, where that is known: a place need not look where only larger ones are. */
  stat(name: string, mostBytes?: number): Promise<BlobFacts | undefined>;
  /** Names that start with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
  remove(name: string): Promise<void>;
  /** Makes a blob as young as one just written. */
  touch(name: string): Promise<void>;
  /** Removes what interrupted writes left; of a long one only what has lain still for an hour. */
  sweep(nowUs: number): Promise<void>;
  /** Where a blob lies, for people. */
  where(name: string): string;
  /** Left out where nothing is open. */
  close?(): void;
}

/** How long an unfinished long write may lie still before a sweep takes it for abandoned, in microseconds. */
export const STILL_US = 3_600_000_000;
