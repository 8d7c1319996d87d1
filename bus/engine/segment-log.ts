/** The log of one Reality in segment files: one write and, where asked for, one sync per group of appends. */
import { ArqonError, type Cancel, type Clock, type Entropy, type Timer, toHex } from "@arqon/core/base";
import { BatchBuilder, type Digest } from "./batch.ts";
import type { Boxes } from "./boxes.ts";
import { checkBatch, checkNext, closedError, diskError, fencedError, unavailableError } from "./check.ts";
import { appendBytes, type Commit, CommitQueue } from "./commit-queue.ts";
import type { Disk } from "./disk.ts";
import type {
  AppendDurability,
  EngineObserver,
  LogRecord,
  ReadRange,
  RealityLog,
  RecoveryReport,
  SegmentSummary,
} from "./engine.ts";
import { MAX_RECORD_BYTES } from "./record.ts";
import type { Recovered } from "./recover.ts";
import { SegmentFile, UncutError } from "./segment-file.ts";
import { newSalt, segmentName } from "./segment-header.ts";
import { findTime, readRecords } from "./segment-search.ts";

/** Sizes and times of a segment log. */
export interface SegmentLimits {
  /** A new segment is begun rather than let one grow beyond this. */
  readonly segmentBytes: number;
  /** A commit takes no more than this, unless one append alone is larger. */
  readonly maxBatchBytes: number;
  /** Appends are refused while more than this waits. */
  readonly maxPendingBytes: number;
  /** What is only logged begins to be synced after this time, beside the writing. */
  readonly syncWithinMs: number;
  /** While more than this is not synced, writing waits for the disk. */
  readonly unsyncedBytes: number;
}

/** What a {@link SegmentLog} stands on. */
export interface SegmentLogParts {
  readonly disk: Disk;
  readonly directory: string;
  readonly reality: string;
  readonly owner: number;
  readonly timer: Timer;
  readonly clock: Clock | undefined;
  readonly observer: EngineObserver | undefined;
  readonly entropy: Entropy;
  readonly boxes: Boxes;
  /** Computes the chain; left out: here, on this thread. */
  readonly digest: Digest | undefined;
  /** Notes durably that nothing below a sequence is kept, before it is deleted. */
  readonly raiseFloor: (sequence: number) => Promise<void>;
  /** Whether the newest segment may be written to: it is under the newest key. */
  readonly isCurrent: boolean;
  readonly limits: SegmentLimits;
}

/** One ownership of a Reality's segments. */
export class SegmentLog implements RealityLog {
  readonly recovery: RecoveryReport;
  readonly epoch: string;
  readonly #parts: SegmentLogParts;
  readonly #queue: CommitQueue;
  readonly #segments: SegmentFile[];
  #current: SegmentFile;
  #isCurrent: boolean;
  #committed: number;
  #acknowledged: number;
  #inFlight: Commit | undefined;
  #ended: ArqonError | undefined;
  #closing: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #cancelSync: Cancel | undefined;
  #syncing: Promise<void> | undefined;
  #trimming: Promise<unknown> = Promise.resolve();
  /** Segments that are full and not durable yet, oldest first. */
  readonly #unsynced: SegmentFile[] = [];

  /** @param recovered  holds at least one segment. */
  constructor(parts: SegmentLogParts, recovered: Recovered) {
    const current = recovered.segments.at(-1);
    if (!current) throw new TypeError("a log starts with a segment");
    this.#parts = parts;
    this.#queue = new CommitQueue(parts.limits.maxBatchBytes);
    this.#segments = recovered.segments;
    this.#current = current;
    this.#isCurrent = parts.isCurrent;
    this.#committed = this.#acknowledged = recovered.lastSequence;
    this.recovery = recovered.report;
    this.epoch = toHex(current.header.epoch);
  }

  get firstSequence(): number {
    const first = this.#segments.find(({ firstSequence }) => firstSequence > 0)?.firstSequence ?? 0;
    return first <= this.#acknowledged ? first : 0;
  }

  get lastSequence(): number {
    return this.#acknowledged;
  }

  get floorSequence(): number {
    const { baseSequence } = (this.#segments[0] as SegmentFile).header;
    return baseSequence > 1 ? baseSequence : 0;
  }

  segments(): readonly SegmentSummary[] {
    return this.#segments.map(({ firstSequence, lastSequence, records, endBytes, index }) => ({
      firstSequence,
      lastSequence,
      records,
      bytes: endBytes,
      latestUnixUs: index.latestTime,
    }));
  }

  trim(sequence: number): Promise<void> {
    const trimmed = this.#trimming.then(() => this.#trim(sequence));
    this.#trimming = trimmed.catch(() => undefined);
    return trimmed;
  }

  async #trim(sequence: number): Promise<void> {
    if (this.#ended) throw this.#ended;
    const segments = this.#segments;
    let count = 0;
    // The first that is kept must be durable: it alone proves that those before were not lost.
    while (count + 1 < segments.length) {
      const { lastSequence } = segments[count] as SegmentFile;
      const next = segments[count + 1] as SegmentFile;
      if (lastSequence >= sequence || next.durableBytes === 0) break;
      count++;
    }
    if (count === 0) return;
    const { disk, directory, reality } = this.#parts;
    try {
      await this.#parts.raiseFloor((segments[count] as SegmentFile).header.baseSequence);
      for (const segment of segments.splice(0, count)) await segment.remove();
      await disk.syncDirectory(directory);
    } catch (error) {
      throw diskError(`the log of Reality "${reality}" could not be trimmed`, error);
    }
  }

  async append(batch: readonly LogRecord[] | BatchBuilder, durability: AppendDurability): Promise<void> {
    if (this.#ended) throw this.#ended;
    if (this.#closing) throw closedError(`the log of Reality "${this.#parts.reality}"`);
    const after = this.#queue.lastSequence || this.#inFlight?.batch.lastSequence || this.#committed;
    const isBuilt = batch instanceof BatchBuilder;
    if (!isBuilt) checkBatch(batch, after);
    else if (batch.records > 0) checkNext(batch.firstSequence, 0, after);
    if ((isBuilt ? batch.records : batch.length) === 0) return;
    const { reality, limits } = this.#parts;
    const bytes = isBuilt ? batch.length : appendBytes(batch);
    if (bytes > MAX_RECORD_BYTES)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `an append of ${bytes} bytes; at most ${MAX_RECORD_BYTES} fit a batch`,
      );
    if (this.#queue.pendingBytes + bytes > limits.maxPendingBytes && !this.#queue.isEmpty)
      throw new ArqonError(
        "LOG_UNAVAILABLE",
        `${this.#queue.pendingBytes} bytes wait for the log of Reality "${reality}"; at most ${limits.maxPendingBytes} may`,
        { remedy: "Wait for earlier appends, then publish again with the same id." },
      );
    const added = isBuilt ? this.#queue.push(batch, durability) : this.#queue.add(batch, bytes, durability);
    this.#start();
    return added;
  }

  #start(): void {
    this.#running ??= this.#commitLoop().finally(() => {
      this.#running = undefined;
      if (!this.#ended && !this.#queue.isEmpty) this.#start();
    });
  }

  /** Commits whatever waits as soon as the commit before is done, so that batches grow with the load. */
  async #commitLoop(): Promise<void> {
    await null; // the appends of one turn go together
    while (!this.#ended && !this.#queue.isEmpty) {
      const commit = this.#queue.take() as Commit;
      if (!(await this.#write(commit))) continue;
      const waitsForSync = commit.waiters.some(({ durability }) => durability === "synced");
      if (waitsForSync || this.#unsyncedBytes > this.#parts.limits.unsyncedBytes) {
        if (!(await this.#sync(commit))) return;
      } else this.#syncLater();
      this.#acknowledge(commit, "synced");
      this.#queue.release(commit);
    }
  }

  get #unsyncedBytes(): number {
    let bytes = this.#current.endBytes - this.#current.durableBytes;
    for (const segment of this.#unsynced) bytes += segment.endBytes - segment.durableBytes;
    return bytes;
  }

  /** Writes a batch and acknowledges those who only asked for that; a failure refuses the batch and nothing else. */
  async #write(commit: Commit): Promise<boolean> {
    this.#inFlight = commit;
    try {
      await this.#makeRoom(commit.batch);
      await this.#current.write(commit.batch, this.#parts.owner, this.#parts.digest);
    } catch (error) {
      const reason = unavailableError(`the log of Reality "${this.#parts.reality}" could not write`, error);
      for (const { reject } of commit.waiters) reject(reason);
      this.#queue.release(commit);
      if (error instanceof UncutError) this.#end(reason);
      return false;
    } finally {
      this.#inFlight = undefined;
    }
    this.#committed = commit.batch.lastSequence;
    this.#parts.observer?.committed(commit.batch.records);
    this.#acknowledge(commit, "logged");
    return true;
  }

  /** Syncs what is written now, after a sync that is under way; a failure is final, for the system may have dropped it. */
  async #sync(commit: Commit | undefined): Promise<boolean> {
    const { clock, observer } = this.#parts;
    const beganMs = clock?.monotonicMs() ?? 0;
    const done = (this.#syncing ?? Promise.resolve()).then(() => this.#syncFiles());
    const quiet = done.catch(() => undefined);
    this.#syncing = quiet;
    try {
      await done;
      if (clock) observer?.synced(clock.monotonicMs() - beganMs);
      return true;
    } catch (error) {
      const reason = diskError(
        `the log of Reality "${this.#parts.reality}" could not sync`,
        error,
        "Mend the disk and restart: the log takes no more until it is opened anew.",
      );
      for (const { durability, reject } of commit?.waiters ?? []) if (durability === "synced") reject(reason);
      this.#end(reason);
      return false;
    } finally {
      if (this.#syncing === quiet) this.#syncing = undefined;
    }
  }

  /** The segments before first: a batch that vouches for its own file vouches for them too. */
  async #syncFiles(): Promise<void> {
    if (this.#ended) throw this.#ended;
    const current = this.#current;
    for (let old = this.#unsynced[0]; old !== undefined; old = this.#unsynced[0]) {
      await old.sync();
      this.#unsynced.shift();
      await old.retire();
    }
    await current.sync();
  }

  #acknowledge({ waiters }: Commit, durability: AppendDurability): void {
    for (const waiter of waiters) {
      if (waiter.durability !== durability) continue;
      this.#acknowledged = Math.max(this.#acknowledged, waiter.lastSequence);
      waiter.resolve();
    }
  }

  #syncLater(): void {
    this.#cancelSync ??= this.#parts.timer.after(this.#parts.limits.syncWithinMs, () => {
      void this.#sync(undefined).then(() => {
        this.#cancelSync = undefined;
        if (!this.#ended && this.#unsyncedBytes > 0) this.#syncLater();
      });
    });
  }

  /** Begins a new segment when the batch would make this one too long. The old one is synced with the next sync. */
  async #makeRoom(batch: BatchBuilder): Promise<void> {
    const old = this.#current;
    const { disk, boxes, directory, reality, owner, entropy, limits } = this.#parts;
    const fits = this.#isCurrent && old.endBytes + batch.length <= limits.segmentBytes;
    if (old.firstSequence === 0 || fits) return;
    const header = {
      name: reality,
      epoch: old.header.epoch,
      baseSequence: batch.firstSequence,
      previousChain: old.chain,
      owner,
      salt: newSalt(entropy),
    };
    const path = `${directory}/${segmentName(batch.firstSequence)}`;
    this.#current = await SegmentFile.create(disk, boxes, path, header, old.index.latestTime);
    this.#segments.push(this.#current);
    this.#isCurrent = true;
    if (old.isDurable) await old.retire();
    else this.#unsynced.push(old);
  }

  #end(reason: ArqonError): void {
    this.#ended ??= reason;
    this.#cancelSync?.();
    this.#queue.refuseAll(this.#ended);
  }

  async read(range: ReadRange): Promise<LogRecord[]> {
    const toSequence = Math.min(range.toSequence, this.#acknowledged);
    return readRecords(this.#segments, { ...range, toSequence });
  }

  async sequenceAt(unixUs: number): Promise<number | undefined> {
    const found = await findTime(this.#segments, unixUs);
    return found !== undefined && found <= this.#acknowledged ? found : undefined;
  }

  /** Commits what waits, marks the end as clean, and closes the files. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#running && !this.#ended) await this.#running;
    this.#cancelSync?.();
    while (this.#syncing) await this.#syncing;
    const current = this.#current;
    try {
      if (!this.#ended && !current.isSealed && current.firstSequence > 0) {
        await this.#syncFiles();
        await current.write(new BatchBuilder(256), this.#parts.owner);
        await current.sync();
      }
    } catch (error) {
      throw diskError(`the log of Reality "${this.#parts.reality}" could not be closed cleanly`, error);
    } finally {
      this.#end(closedError(`the log of Reality "${this.#parts.reality}"`));
      await this.#closeFiles();
    }
  }

  /** Gives way to a newer owner: what is being committed ends first, all else is refused. */
  async fence(): Promise<void> {
    this.#end(fencedError(this.#parts.reality));
    await this.#closeFiles();
  }

  async #closeFiles(): Promise<void> {
    await this.#running;
    await this.#syncing;
    await this.#trimming;
    for (const segment of this.#segments) await segment.retire();
  }
}
