/** The log of the fault engine: records in memory, with what a crash would spare kept apart from what it may take. */
import { ArqonError } from "@arqon/core/base";
import { BatchBuilder } from "./batch.ts";
import { checkBatch, closedError, fencedError } from "./check.ts";
import type {
  AppendDurability,
  LogRecord,
  ReadRange,
  RealityLog,
  RecoveryReport,
  SegmentSummary,
} from "./engine.ts";
import type { Faults } from "./faults.ts";

/** What outlives a crash of the engine: the "disk" of one Reality. */
export interface MemoryStore {
  readonly epoch: string;
  /** Written, in order. */
  records: LogRecord[];
  /** How many of them are synced. */
  synced: number;
  /** Below this everything was trimmed away. */
  floor: number;
  /** How many there were after each append that is not known to be synced. */
  ends: number[];
}

interface Waiting {
  readonly batch: readonly LogRecord[];
  readonly durability: AppendDurability;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One ownership of a {@link MemoryStore}. */
export class MemoryLog implements RealityLog {
  readonly recovery: RecoveryReport;
  readonly #reality: string;
  readonly #store: MemoryStore;
  readonly #faults: Faults;
  #queue: Waiting[] = [];
  #open = new Set<Waiting>();
  #ordered: number;
  #acknowledged: number;
  #ended: ArqonError | undefined;
  #running: Promise<void> | undefined;

  constructor(reality: string, store: MemoryStore, faults: Faults) {
    this.#reality = reality;
    this.#store = store;
    this.#faults = faults;
    this.#acknowledged = this.#ordered = store.records.at(-1)?.sequence ?? 0;
    this.recovery = { records: store.records.length, cutBytes: 0 };
  }

  get epoch(): string {
    return this.#store.epoch;
  }

  get firstSequence(): number {
    const first = this.#store.records[0]?.sequence ?? 0;
    return first <= this.#acknowledged ? first : 0;
  }

  get lastSequence(): number {
    return this.#acknowledged;
  }

  get floorSequence(): number {
    return this.#store.floor;
  }

  /** Every record is a segment of its own. */
  segments(): readonly SegmentSummary[] {
    let latestUnixUs = 0;
    return this.#store.records.map(({ sequence, timestampUnixUs, bytes }) => {
      latestUnixUs = Math.max(latestUnixUs, timestampUnixUs);
      return {
        firstSequence: sequence,
        lastSequence: sequence,
        records: 1,
        bytes: bytes.length,
        latestUnixUs,
      };
    });
  }

  async trim(sequence: number): Promise<void> {
    await this.#faults.delay();
    if (this.#ended) throw this.#ended;
    const { records } = this.#store;
    // What is not synced may vanish; then the floor would be above everything.
    const last = Math.min(records.length, this.#store.synced) - 1;
    const kept = records.findIndex((record) => record.sequence >= sequence);
    const count = Math.min(kept < 0 ? records.length : kept, last);
    if (count <= 0) return;
    this.#store.floor = (records[count] as LogRecord).sequence;
    records.splice(0, count);
    this.#store.synced -= count;
    this.#store.ends = this.#store.ends.map((end) => end - count);
  }

  async append(given: readonly LogRecord[] | BatchBuilder, durability: AppendDurability): Promise<void> {
    if (this.#ended) throw this.#ended;
    const batch = given instanceof BatchBuilder ? given.toRecords() : given;
    this.#ordered = checkBatch(batch, this.#ordered);
    const copy = batch.map((record) => ({ ...record, bytes: record.bytes.slice() }));
    await new Promise<void>((resolve, reject) => {
      const waiting = { batch: copy, durability, resolve, reject };
      this.#queue.push(waiting);
      this.#open.add(waiting);
      this.#start();
    });
  }

  #start(): void {
    this.#running ??= this.#commit().finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0) this.#start();
    });
  }

  /** Writes what waits, a group at a time, until nothing does. */
  async #commit(): Promise<void> {
    while (this.#queue.length > 0 && !this.#ended) {
      await this.#faults.delay();
      if (this.#ended) return;
      const group = this.#queue.splice(0);
      if (this.#faults.strikes("append")) {
        for (const waiting of group) this.#refuse(waiting, fullError(this.#reality));
        this.#ordered = Math.max(this.#acknowledged, this.#queue.at(-1)?.batch.at(-1)?.sequence ?? 0);
        continue;
      }
      for (const { batch } of group) {
        for (const record of batch) this.#store.records.push(record);
        this.#store.ends.push(this.#store.records.length);
      }
      const written = this.#store.records.length;
      for (const waiting of group) if (waiting.durability === "logged") void this.#acknowledge(waiting);
      if (!group.some(({ durability }) => durability === "synced")) continue;
      await this.#faults.delay();
      if (this.#ended) return;
      if (this.#faults.strikes("sync")) return this.end(syncError(this.#reality));
      syncStore(this.#store, written);
      for (const waiting of group) if (waiting.durability === "synced") void this.#acknowledge(waiting);
    }
  }

  /** Acknowledges after a delay of its own, so that acknowledgements come in any order. */
  async #acknowledge(waiting: Waiting): Promise<void> {
    if (this.#faults.strikes("late")) await this.#faults.delay();
    if (!this.#open.delete(waiting)) return;
    this.#acknowledged = Math.max(this.#acknowledged, waiting.batch.at(-1)?.sequence ?? 0);
    waiting.resolve();
  }

  #refuse(waiting: Waiting, reason: ArqonError): void {
    if (this.#open.delete(waiting)) waiting.reject(reason);
  }

  /** Ends this ownership: every waiting and later append is refused for `reason`. */
  end(reason: ArqonError): void {
    this.#ended ??= reason;
    this.#queue = [];
    for (const waiting of [...this.#open]) this.#refuse(waiting, reason);
  }

  /** Ends this ownership for a newer one. */
  fence(): void {
    this.end(fencedError(this.#reality));
  }

  async read(range: ReadRange): Promise<LogRecord[]> {
    await this.#faults.delay();
    const found: LogRecord[] = [];
    let bytes = 0;
    for (const record of this.#store.records) {
      if (record.sequence < range.fromSequence) continue;
      if (record.sequence > Math.min(range.toSequence, this.#acknowledged)) break;
      if (
        found.length > 0 &&
        (found.length >= range.maxRecords || bytes + record.bytes.length > range.maxBytes)
      )
        break;
      bytes += record.bytes.length;
      found.push({ ...record, bytes: record.bytes.slice() });
    }
    return found;
  }

  async sequenceAt(unixUs: number): Promise<number | undefined> {
    await this.#faults.delay();
    const found = this.#store.records.find(({ timestampUnixUs }) => timestampUnixUs >= unixUs);
    return found && found.sequence <= this.#acknowledged ? found.sequence : undefined;
  }

  async close(): Promise<void> {
    while (this.#running) await this.#running;
    if (!this.#ended) syncStore(this.#store, this.#store.records.length);
    this.end(closedError(`the log of Reality "${this.#reality}"`));
  }
}

/** The first `records` of a store are synced from now on. */
function syncStore(store: MemoryStore, records: number): void {
  store.synced = Math.max(store.synced, records);
  store.ends = store.ends.filter((end) => end > store.synced);
}

function fullError(reality: string): ArqonError {
  return new ArqonError(
    "LOG_UNAVAILABLE",
    `the log of Reality "${reality}" refused an append (seeded fault)`,
  );
}

function syncError(reality: string): ArqonError {
  return new ArqonError(
    "LOG_UNAVAILABLE",
    `a sync of the log of Reality "${reality}" failed (seeded fault); it must be opened anew`,
  );
}
