/** Keeping a lease: extended at a third of its time, and with every report of progress. */
import { ArqonError, type Cancel } from "@arqon/core/base";
import type { ArqonMessage } from "@arqon/core/wire";
import type { Session } from "./session.ts";

/** Shortest and longest time between two extensions. */
const MIN_MS = 100;
const MAX_MS = 60_000;

/** The lease of one delivery of a job. */
export class Lease {
  readonly #session: Session;
  readonly #jobId: string;
  readonly #attempt: number;
  readonly #everyMs: number;
  readonly #lost: (error: ArqonError) => void;
  #progress = 0;
  #note = "";
  #sending: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  #stopped = false;
  #cancelTimer: Cancel = () => {};

  /** @param lost  told once, when the server no longer grants the lease, with its reason. */
  constructor(session: Session, envelope: ArqonMessage, lost: (error: ArqonError) => void) {
    // Lease times are the server's: compare them with its clock, as it was at the handshake.
    const leaseMs = (Number(envelope.leaseUntilUnixUs) - session.serverNowUs()) / 1000;
    this.#everyMs = Math.min(MAX_MS, Math.max(MIN_MS, leaseMs / 3));
    this.#session = session;
    this.#jobId = envelope.id;
    this.#attempt = envelope.attempt;
    this.#lost = lost;
  }

  /** Extends the lease again and again until stopped. */
  keep(): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#session.settings.timer.after(this.#everyMs, () => {
      void this.#send().finally(() => this.keep());
    });
  }

  /** Reports progress; never rejects. Reports made while one is on its way are joined, the newest wins. */
  progress(fraction: number, note: string): Promise<void> {
    this.#progress = Math.min(1, Math.max(0, fraction));
    this.#note = note;
    if (!this.#sending) return this.#send();
    this.#queued ??= this.#sending.then(() => {
      this.#queued = undefined;
      return this.#send();
    });
    return this.#queued;
  }

  /** Gives the job back. */
  async release(reason: string): Promise<void> {
    const value = { jobId: this.#jobId, attempt: this.#attempt, reason };
    try {
      await this.#session.link.ask({ case: "jobRelease", value });
    } catch (thrown) {
      this.#session.settings.onError(ArqonError.from(thrown));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  #send(): Promise<void> {
    this.#sending ??= this.#extend().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #extend(): Promise<void> {
    if (this.#stopped) return;
    const jobId = this.#jobId;
    const value = { jobId, attempt: this.#attempt, progress: this.#progress, note: this.#note };
    try {
      await this.#session.link.ask({ case: "jobExtend", value });
    } catch (thrown) {
      const error = ArqonError.from(thrown);
      if (this.#stopped || error.kind.retry) return;
      this.stop();
      this.#lost(error);
    }
  }
}
