/** Appends to the log, gathered by turn and reported in the order they were made. */
import { ArqonError } from "@arqon/core/base";
import type { AppendDurability, LogRecord, RealityLog } from "../engine/index.ts";
import type { Turn } from "./turn.ts";

type Done = (error: ArqonError | undefined) => void;

interface Entry {
  readonly record: LogRecord;
  readonly durability: AppendDurability;
  readonly done: Done;
  outcome: ArqonError | true | undefined;
}

/** Most bytes in one append. */
const BATCH_BYTES = 1_048_576;

/**
 * The way of a Reality's logged messages into its log. `done` is called in append order, so what is delivered from it
 * is in sequence order even when a later append was only asked to be logged and an earlier one synced.
 */
export class Commits {
  readonly #log: RealityLog;
  readonly #turn: Turn;
  #gathered: Entry[] = [];
  #gatheredBytes = 0;
  readonly #open: Entry[] = [];
  #bytes = 0;
  #idle: (() => void)[] = [];

  constructor(log: RealityLog, turn: Turn) {
    this.#log = log;
    this.#turn = turn;
  }

  /** Bytes on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends one record; calls `done` once it is as durable as asked, or failed. */
  append(record: LogRecord, durability: AppendDurability, done: Done): void {
    if (
      this.#gathered.length > 0 &&
      (this.#gathered[0]?.durability !== durability ||
        this.#gatheredBytes + record.bytes.length > BATCH_BYTES)
    )
      this.#send();
    const entry: Entry = { record, durability, done, outcome: undefined };
    this.#open.push(entry);
    this.#gathered.push(entry);
    this.#gatheredBytes += record.bytes.length;
    this.#bytes += record.bytes.length;
    if (this.#gathered.length === 1) this.#turn.atEnd(() => this.#send());
  }

  /** Resolves once nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#open.length > 0) await new Promise<void>((done) => this.#idle.push(done));
  }

  #send(): void {
    const batch = this.#gathered;
    if (batch.length === 0) return;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    const durability = (batch[0] as Entry).durability;
    this.#log
      .append(
        batch.map((entry) => entry.record),
        durability,
      )
      .then(
        () => this.#settle(batch, true),
        (thrown) => this.#settle(batch, ArqonError.from(thrown, "LOG_UNAVAILABLE")),
      );
  }

  #settle(batch: readonly Entry[], outcome: ArqonError | true): void {
    for (const entry of batch) entry.outcome = outcome;
    let settled = 0;
    for (const entry of this.#open) {
      if (entry.outcome === undefined) break;
      settled++;
    }
    for (const entry of this.#open.splice(0, settled)) {
      this.#bytes -= entry.record.bytes.length;
      entry.done(entry.outcome === true ? undefined : entry.outcome);
    }
    if (this.#open.length > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const call of idle) call();
  }
}
