/** The engine contract: a log per Reality with group commit and fencing, and a small key-value store beside it. */
import type { BatchBuilder } from "./batch.ts";

/** How far an append must have come before it is acknowledged. */
export type AppendDurability = "logged" | "synced";

/** One stamped message as it is stored and delivered. */
export interface LogRecord {
  /** Strictly increasing within the log; gaps are allowed (ephemeral messages use numbers too). */
  readonly sequence: number;
  readonly timestampUnixUs: number;
  /** The stamped envelope. The engine keeps a copy; the caller may reuse the bytes after `append` resolves. */
  readonly bytes: Uint8Array;
}

/** Which records to read. */
export interface ReadRange {
  /** First sequence wanted, inclusive. */
  readonly fromSequence: number;
  /** Last sequence wanted, inclusive. */
  readonly toSequence: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** What was found and mended when a log was opened. */
export interface RecoveryReport {
  readonly records: number;
  /** Bytes of a torn tail that were cut; they were never acknowledged as synced. */
  readonly cutBytes: number;
  /** The file the tail was cut from, when one was. */
  readonly cutFile?: string;
}

/** A part of a log that retention takes away whole. */
export interface SegmentSummary {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly records: number;
  readonly bytes: number;
  /** Latest time of its records and all before. */
  readonly latestUnixUs: number;
}

/** The log of one Reality, owned by one writer under one epoch. */
export interface RealityLog {
  /** Identity of this line of sequences; changes when the log was reset or forked, not on restart. */
  readonly epoch: string;
  readonly recovery: RecoveryReport;
  /** Sequence of the oldest record kept; 0 when empty. */
  readonly firstSequence: number;
  /** What was below this sequence has been trimmed away; 0 when nothing was. */
  readonly floorSequence: number;
  /** Oldest first; the last one is still growing. */
  segments(): readonly SegmentSummary[];
  /**
   * Deletes whole segments as long as all their records are below `sequence`; never the last one. A read that is under
   * way ends as it began, or is told `HISTORY_TRIMMED`.
   */
  trim(sequence: number): Promise<void>;
  /** Sequence of the newest record that is acknowledged; 0 when empty. */
  readonly lastSequence: number;
  /**
   * Appends a batch in order. Resolves when it is as durable as asked. Concurrent appends are committed in call order,
   * several in one write and one sync. A crash leaves an append whole or takes it whole.
   * A {@link BatchBuilder} is written as it is and must not be touched until then; records are copied.
   *
   * @throws ArqonError `LOG_FENCED` once a newer owner opened the log, `LOG_UNAVAILABLE` when the disk is full or a sync
   *   failed; after a failed sync every later append fails until the log is opened anew.
   */
  append(batch: readonly LogRecord[] | BatchBuilder, durability: AppendDurability): Promise<void>;
  /**
   * Reads acknowledged records in sequence order, up to either bound; at least one record when any is in range.
   * @throws ArqonError `LOG_CORRUPT` naming file and offset; nothing after it is returned.
   */
  read(range: ReadRange): Promise<LogRecord[]>;
  /** Sequence of the first record stamped at or after `unixUs`; `undefined` when there is none. */
  sequenceAt(unixUs: number): Promise<number | undefined>;
  close(): Promise<void>;
}

/** A value and the revision that wrote it; revisions of a key count 1, 2, 3 ... */
export interface KeyEntry {
  readonly value: Uint8Array;
  readonly revision: number;
}

/** Small values with compare-and-set, durable once resolved. */
export interface KeyValue {
  get(key: string): Promise<KeyEntry | undefined>;
  /**
   * Writes if the key's revision is `expected` (0: the key does not exist).
   * @returns the new revision.
   * @throws ArqonError `SEQUENCE_MISMATCH` otherwise.
   */
  compareAndSet(key: string, expected: number, value: Uint8Array): Promise<number>;
  /** Keys that start with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
  /** Calls for every later write to a key that starts with `prefix`. Returns the way to stop. */
  watch(prefix: string, call: (key: string, entry: KeyEntry) => void): () => void;
}

/** Told what an engine does, as it does it; calls must be cheap. */
export interface EngineObserver {
  /** One batch was written. */
  committed(records: number): void;
  /** What was written is durable now. */
  synced(elapsedMs: number): void;
  /** A log that lay there in plain text is being encrypted, before it is open: so many of its segments are. */
  encrypted?(reality: string, segments: number, of: number): void;
}

/** Where a bus keeps what must survive. */
export interface Engine {
  readonly keys: KeyValue;
  /** Opens or creates the log of a Reality, recovers it, and fences every earlier owner. */
  openLog(reality: string): Promise<RealityLog>;
  close(): Promise<void>;
}
