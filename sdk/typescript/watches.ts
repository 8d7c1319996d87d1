/** What the server reports of jobs: one watch a job and client, shared by all who listen. */
import { ArqonError } from "@arqon/core/base";
import type { JobState, OpCase } from "@arqon/core/wire";
import { isFinal } from "./job-state.ts";
import type { Link } from "./link.ts";
import type { Part } from "./part.ts";
import type { Session } from "./session.ts";

/** Told every state of a job, and of the failure that ends the watch. */
export interface JobListener {
  state(state: JobState): void;
  failed(error: ArqonError): void;
}

interface Watch {
  readonly listeners: Set<JobListener>;
  latest?: JobState;
}

/** The watched jobs of one client. A watch ends when nothing more can come: terminal and, where due, sealed. */
export class Watches implements Part {
  readonly #session: Session;
  readonly #byJob = new Map<string, Watch>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Listens to a job; the newest known state comes first. Returns the way to stop. */
  listen(jobId: string, listener: JobListener): () => void {
    if (this.#session.failure) listener.failed(this.#session.failure);
    let watch = this.#byJob.get(jobId);
    if (watch?.latest) listener.state(watch.latest);
    if (!watch) {
      watch = { listeners: new Set() };
      this.#byJob.set(jobId, watch);
      if (this.#session.state === "open") void this.#ask(this.#session.link, jobId);
    }
    watch.listeners.add(listener);
    const { listeners } = watch;
    return () => listeners.delete(listener);
  }

  stood(link: Link): void {
    for (const [jobId, watch] of this.#byJob)
      if (watch.listeners.size > 0) void this.#ask(link, jobId);
      else this.#byJob.delete(jobId);
  }

  op(op: OpCase): boolean {
    if (op.case !== "jobState") return false;
    const state = op.value;
    const watch = this.#byJob.get(state.jobId);
    if (!watch) return true;
    watch.latest = state;
    if (isFinal(state)) this.#byJob.delete(state.jobId);
    for (const listener of [...watch.listeners]) listener.state(state);
    return true;
  }

  closed(error: ArqonError): void {
    for (const jobId of [...this.#byJob.keys()]) this.#fail(jobId, error);
  }

  async #ask(link: Link, jobId: string): Promise<void> {
    try {
      // The answer itself comes to `op`, as every later state does.
      await link.ask({ case: "jobGet", value: { jobId, watch: true } });
    } catch (thrown) {
      const error = ArqonError.from(thrown);
      // A lost connection is no answer: the next one asks again.
      if (this.#session.state === "open" && this.#session.link === link) this.#fail(jobId, error);
    }
  }

  #fail(jobId: string, error: ArqonError): void {
    const watch = this.#byJob.get(jobId);
    this.#byJob.delete(jobId);
    for (const listener of [...(watch?.listeners ?? [])]) listener.failed(error);
  }
}
