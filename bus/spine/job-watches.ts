/** Who watches which job, and is told of each change until nothing can change any more. */
import { ArqonError } from "@arqon/core/base";
import type { JobResult } from "@arqon/core/wire";
import { isTerminal, type JobRecord, jobState } from "./job.ts";
import type { JobHost } from "./job-host.ts";
import type { Port } from "./port.ts";

/** Jobs one connection may watch, and watches it may have on one of them. */
const MAX_WATCHED = 10_000;
const MAX_WATCHES_OF_ONE = 16;

/** The watches of a Reality, by connection; by job they are in its record. */
export class JobWatches {
  readonly #host: JobHost;
  readonly #watched = new Map<Port, Set<JobRecord>>();

  constructor(host: JobHost) {
    this.#host = host;
  }

  /** Notes a watch, unless nothing about the job can change. @throws ArqonError `LIMIT_EXCEEDED` */
  add(port: Port, corr: bigint, job: JobRecord): void {
    if (isSettled(job)) return;
    const watched = this.#watched.get(port) ?? new Set();
    if (watched.size >= MAX_WATCHED)
      throw new ArqonError("LIMIT_EXCEEDED", `a connection watches at most ${MAX_WATCHED} jobs`);
    const corrs = job.watchers.get(port) ?? new Set();
    if (corrs.size >= MAX_WATCHES_OF_ONE)
      throw new ArqonError("LIMIT_EXCEEDED", `job ${job.id} is watched ${corrs.size} times already`);
    job.watchers.set(port, corrs.add(corr));
    this.#watched.set(port, watched.add(job));
  }

  /** A connection is gone: it watches nothing any more. */
  forget(port: Port): void {
    for (const job of this.#watched.get(port) ?? []) job.watchers.delete(port);
    this.#watched.delete(port);
  }

  /** Tells everyone who watches; with the result, when the job has one now. */
  tell(job: JobRecord, result: JobResult | undefined): void {
    if (job.watchers.size === 0) return;
    const state = jobState(job);
    if (result) state.result = result;
    for (const [port, corrs] of job.watchers)
      for (const corr of corrs) this.#host.send(port, corr, { case: "jobState", value: state });
    if (!isSettled(job)) return;
    for (const port of job.watchers.keys()) this.#watched.get(port)?.delete(job);
    job.watchers.clear();
  }
}

/** Nothing about the job can change any more. */
function isSettled(job: JobRecord): boolean {
  return isTerminal(job.status) && !job.sealPending;
}
