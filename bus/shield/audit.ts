/** Refusals before the door leave a record. Writing it never holds up the bus. */

/** One refusal. */
export interface AuditRecord {
  readonly atUnixUs: number;
  /** A code of the error catalogue. */
  readonly code: string;
  readonly message: string;
  readonly connection: string;
  /** Empty before the client is known. */
  readonly principal: string;
  /** Empty when it is not about a topic. */
  readonly topic: string;
  /** Records lost since the last one because the sink was too slow. */
  readonly lost: number;
}

/** Where audit records go. */
export type AuditSink = (record: AuditRecord) => void | Promise<void>;

/** Most records handed over and not yet taken. */
const MAX_OPEN = 1_024;

/** Hands records to a sink, and counts those it could not. */
export class BoundedAudit {
  readonly #sink: AuditSink;
  #open = 0;
  #lost = 0;
  #lostInAll = 0;

  constructor(sink: AuditSink) {
    this.#sink = sink;
  }

  /** Records that were never written. */
  get lost(): number {
    return this.#lostInAll;
  }

  write(record: Omit<AuditRecord, "lost">): void {
    if (this.#open >= MAX_OPEN) {
      this.#lose();
      return;
    }
    try {
      const lost = this.#lost;
      this.#lost = 0;
      const taken = this.#sink({ ...record, lost });
      if (taken === undefined) return;
      this.#open++;
      taken.then(
        () => {
          this.#open--;
        },
        () => {
          this.#open--;
          this.#lose();
        },
      );
    } catch {
      this.#lose();
    }
  }

  #lose(): void {
    this.#lost++;
    this.#lostInAll++;
  }
}
