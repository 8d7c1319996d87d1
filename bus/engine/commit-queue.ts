/** What waits for the next commit: batches being filled, and who is to be told when they are written or synced. */
import { BatchBuilder } from "./batch.ts";
import type { AppendDurability, LogRecord } from "./engine.ts";
import { RECORD_HEADER_BYTES } from "./record.ts";

interface Waiter {
  readonly durability: AppendDurability;
  readonly lastSequence: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One batch with those who wait for it. */
export interface Commit {
  readonly batch: BatchBuilder;
  readonly waiters: Waiter[];
  /** The caller filled the batch and keeps it: nothing is added to it, and it is not used again. */
  readonly isForeign: boolean;
}

/** Bytes the records of an append take in a batch. */
export function appendBytes(batch: readonly LogRecord[]): number {
  let bytes = 0;
  for (const record of batch) bytes += RECORD_HEADER_BYTES + record.bytes.length;
  return bytes;
}

/** Batches in order. Two buffers alternate: one fills while the other is written. */
export class CommitQueue {
  readonly #maxBatchBytes: number;
  readonly #commits: Commit[] = [];
  readonly #spare: BatchBuilder[] = [];
  #pendingBytes = 0;

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  /** Bytes that wait. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }
  get isEmpty(): boolean {
    return this.#commits.length === 0;
  }
  /** Sequence of the newest record that waits; 0 when none does. */
  get lastSequence(): number {
    return this.#commits.at(-1)?.batch.lastSequence ?? 0;
  }

  /** Adds an append whole to one batch; its records are copied. */
  add(records: readonly LogRecord[], bytes: number, durability: AppendDurability): Promise<void> {
    let commit = this.#commits.at(-1);
    if (
      !commit ||
      commit.isForeign ||
      (commit.batch.records > 0 && commit.batch.length + bytes > this.#maxBatchBytes)
    ) {
      commit = { batch: this.#spare.pop() ?? new BatchBuilder(), waiters: [], isForeign: false };
      this.#commits.push(commit);
    }
    for (const record of records) commit.batch.add("message", record);
    this.#pendingBytes += bytes;
    return waitFor(commit, durability);
  }

  /** Adds a batch that the caller filled, and leaves alone until it is told. */
  push(batch: BatchBuilder, durability: AppendDurability): Promise<void> {
    const commit = { batch, waiters: [], isForeign: true };
    this.#commits.push(commit);
    this.#pendingBytes += batch.length;
    return waitFor(commit, durability);
  }

  /** The next batch to commit; give it back with {@link release}. */
  take(): Commit | undefined {
    const commit = this.#commits.shift();
    if (commit) this.#pendingBytes -= commit.batch.length;
    if (this.#commits.length === 0) this.#pendingBytes = 0;
    return commit;
  }

  /** Takes a batch's buffer back, unless it grew beyond what is kept. */
  release({ batch, isForeign }: Commit): void {
    if (isForeign || this.#spare.length > 0 || batch.capacityBytes > 2 * this.#maxBatchBytes) return;
    batch.clear();
    this.#spare.push(batch);
  }

  /** Refuses everything that waits. */
  refuseAll(reason: unknown): void {
    for (const { waiters } of this.#commits.splice(0)) for (const { reject } of waiters) reject(reason);
    this.#pendingBytes = 0;
  }
}

function waitFor({ batch, waiters }: Commit, durability: AppendDurability): Promise<void> {
  return new Promise((resolve, reject) => {
    waiters.push({ durability, lastSequence: batch.lastSequence, resolve, reject });
  });
}
