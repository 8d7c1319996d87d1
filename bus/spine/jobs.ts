/** Jobs of a Reality: submitted, leased, extended, given back, and finished exactly once. */
import { ArqonError, type Clock, parseLabels, type Timer } from "@arqon/core/base";
import {
  type ArqonMessage,
  decodeMessage,
  type JobExtend,
  type JobRelease,
  type JobResult,
  JobResultSchema,
  JobStateSchema,
  JobStatus,
  payloadOf,
} from "@arqon/core/wire";
import { buryJob } from "./dead-letters.ts";
import { DueQueue } from "./due.ts";
import {
  countStates,
  expiredError,
  hasExpired,
  isAlive,
  isTerminal,
  type JobRecord,
  jobState,
  type Lease,
  newJob,
  oldestNeeded,
  resultsTopic,
} from "./job.ts";
import type { JobHost, JobLimits } from "./job-host.ts";
import { CANCEL_TOPIC, cancelMessage, deadLetterId, RELEASE_TOPIC, terminalMessage } from "./job-messages.ts";
import { JobWatches } from "./job-watches.ts";
import { Leases } from "./leases.ts";
import { BUS_PRINCIPAL, type Port } from "./port.ts";
import { Seals } from "./seals.ts";

/** The state machine of jobs. It decides; its host logs, delivers and tells. */
export class Jobs {
  readonly leases: Leases;
  readonly #host: JobHost;
  readonly #limits: JobLimits;
  readonly #clock: Clock;
  readonly #jobs = new Map<string, JobRecord>();
  readonly #finished = new Set<string>();
  readonly #watches: JobWatches;
  readonly #due: DueQueue<JobRecord>;
  readonly #seals: Seals;
  #unfinished = 0;
  #unfinishedBytes = 0;
  #draining = false;

  constructor(host: JobHost, limits: JobLimits, clock: Clock, timer: Timer) {
    this.#host = host;
    this.#limits = limits;
    this.#clock = clock;
    this.#watches = new JobWatches(host);
    this.#due = new DueQueue(clock, timer, (job) => this.#check(job), isAlive);
    this.leases = new Leases(host, limits, clock, this.#due, {
      changed: (job) => this.#watches.tell(job, undefined),
      conclude: (job, status, error) => this.#conclude(job, status, error),
    });
    this.#seals = new Seals(
      host,
      (id) => this.#jobs.get(id),
      (job) => void this.#tellFinished(job),
      (job, call) => this.#later(job, call),
    );
  }

  /** The job of an id. @throws ArqonError `JOB_UNKNOWN` */
  get(id: string): JobRecord {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new ArqonError("JOB_UNKNOWN", `no job has the id "${id.slice(0, 64)}"`);
    return job;
  }

  /** Takes and leases no more jobs but those of the server's own services, with which they end what they hold. */
  drain(): void {
    this.#draining = true;
    this.leases.drain();
  }

  /** How many jobs are in each state, by its name. @cost a look at each job kept. */
  counts(): Record<string, number> {
    return countStates(this.#jobs.values());
  }

  /**
   * Takes a submission that is about to be logged.
   * @returns the new record, or the known one when it is the same job again.
   * @throws ArqonError `JOB_CONFLICT`, `JOB_EXPIRED`, `RATE_LIMITED`, `WIRE_MALFORMED`, and what `parseLabels` throws.
   */
  admit(message: ArqonMessage, submitter: string, bytes: number): { job: JobRecord; known: boolean } {
    const job = newJob(message, submitter, this.#limits.maxAttempts, ({ labelsJson }) =>
      parseLabels(labelsJson),
    );
    const known = this.#jobs.get(job.id);
    if (known) {
      if (known.digest !== job.digest)
        throw new ArqonError("JOB_CONFLICT", `job ${job.id} was submitted before with another payload`);
      return { job: known, known: true };
    }
    if (job.deadlineUs > 0 && job.deadlineUs <= this.#clock.nowUs())
      throw new ArqonError("JOB_EXPIRED", `the deadline of job ${job.id} passed before it was submitted`);
    if (this.#draining && !this.#host.isTrusted(submitter))
      throw new ArqonError("SHUTTING_DOWN", "the server takes no new jobs");
    const { maxUnfinished, maxUnfinishedBytes } = this.#limits;
    if (this.#unfinished >= maxUnfinished || this.#unfinishedBytes + bytes > maxUnfinishedBytes)
      throw new ArqonError(
        "RATE_LIMITED",
        `${this.#unfinished} jobs of ${this.#unfinishedBytes} bytes wait, limits ${maxUnfinished} and ${maxUnfinishedBytes}`,
      );
    this.#add(job);
    return { job, known: false };
  }

  /** The submission is in the log, or failed to get there. */
  submitted(job: JobRecord, stamped: Uint8Array, sequence: number, error: ArqonError | undefined): void {
    if (error) {
      this.#jobs.delete(job.id);
      this.#unfinished--;
      return;
    }
    job.bytes = stamped;
    this.#unfinishedBytes += stamped.length;
    job.sequence = sequence;
    job.busy = false;
    if (job.cancelReason !== undefined)
      this.#conclude(job, JobStatus.CANCELLED, new ArqonError("CANCELLED", job.cancelReason));
    else {
      this.#watchDeadline(job);
      this.leases.offer(job);
    }
  }

  /** @throws ArqonError `JOB_UNKNOWN`, `JOB_LEASE_LOST`. */
  extend(port: Port, request: JobExtend): void {
    const job = this.#held(port, request.jobId, request.attempt);
    const lease = job.lease as Lease;
    // What falls due at the end before is then put off: see #check.
    if (job.cancelReason === undefined) lease.untilMs = this.#clock.monotonicMs() + this.#limits.leaseMs;
    job.status = JobStatus.RUNNING;
    if (request.progress >= 0 && request.progress <= 1) job.progress = request.progress;
    job.note = request.note.slice(0, 1_024);
    this.#watches.tell(job, undefined);
  }

  /** @throws ArqonError `JOB_UNKNOWN`, `JOB_LEASE_LOST`. */
  release(port: Port, request: JobRelease): void {
    const job = this.#held(port, request.jobId, request.attempt);
    const reason = `given back by ${port.principal.id}: ${request.reason.slice(0, 1_024)}`;
    this.leases.end(job, reason, request.delayMs > 0 ? request.delayMs : undefined);
  }

  /**
   * Takes a result that is about to be logged; from here on no other result is taken.
   * @throws ArqonError `JOB_UNKNOWN`, `JOB_LEASE_LOST`, `WIRE_MALFORMED`, `TOPIC_INVALID`, `PERMISSION_DENIED`.
   */
  admitResult(port: Port, message: ArqonMessage): { job: JobRecord; result: JobResult } {
    const result = payloadOf(message, JobResultSchema);
    const job = this.#held(port, result.jobId, result.attempt);
    if (message.topic !== resultsTopic(job.topic))
      throw new ArqonError("TOPIC_INVALID", `results of ${job.topic} belong on ${resultsTopic(job.topic)}`);
    const { status } = result;
    if (status !== JobStatus.SUCCEEDED && status !== JobStatus.FAILED && status !== JobStatus.CANCELLED)
      throw new ArqonError("WIRE_MALFORMED", `a result says SUCCEEDED, FAILED or CANCELLED, not ${status}`);
    if (!port.principal.trusted && (result.recipeId || result.artifactId || result.recordId))
      throw new ArqonError("PERMISSION_DENIED", "only the server's own services name artifacts in a result");
    job.busy = true;
    return { job, result };
  }

  /** The result is in the log; or it is not, and who holds the lease may send it again. */
  resulted(
    job: JobRecord,
    result: JobResult,
    port: Port,
    sequence: number,
    error: ArqonError | undefined,
  ): void {
    if (error) {
      job.busy = false;
      return;
    }
    this.#finish(job, result, sequence, port.principal.id);
    if (job.sealPending) void this.#seals.request(job, port.principal.id, port.sam);
  }

  /**
   * Asks for the end of a job; its holder has `cancelGraceMs` to send a result. Resolves once it is not forgotten by a restart.
   * @throws ArqonError `LOG_UNAVAILABLE`
   */
  async cancel(job: JobRecord, reason: string): Promise<void> {
    if (isTerminal(job.status) || job.cancelReason !== undefined) return;
    job.cancelReason = reason.slice(0, 1_024) || "cancelled by request";
    if (job.lease) {
      const value = { jobId: job.id, reason: job.cancelReason };
      this.#host.send(job.lease.worker.port, 0n, { case: "jobCancel", value });
      const graceEndsMs = this.#clock.monotonicMs() + this.#limits.cancelGraceMs;
      job.lease.untilMs = Math.min(job.lease.untilMs, graceEndsMs);
      this.#due.add(job.lease.untilMs, job);
    } else if (!job.busy) {
      this.#conclude(job, JobStatus.CANCELLED, new ArqonError("CANCELLED", job.cancelReason));
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#host.record(cancelMessage(job), "synced", (error) => (error ? reject(error) : resolve()));
    return promise;
  }

  /**
   * Sends the state now and, when watching, on each change until nothing can change any more.
   * @throws ArqonError `LIMIT_EXCEEDED`
   */
  async report(port: Port, corr: bigint, job: JobRecord, watch: boolean): Promise<void> {
    if (watch) this.#watches.add(port, corr, job);
    const result = job.resultSequence === 0 ? undefined : await this.#resultOf(job);
    const state = jobState(job);
    if (result) state.result = result;
    this.#host.send(port, corr, { case: "jobState", value: state });
  }

  /** A connection is gone: it watches nothing any more. */
  forget(port: Port): void {
    this.#watches.forget(port);
  }

  /** Takes a job from the log while a Reality is opened. */
  rebuildJob(message: ArqonMessage, producerId: string, stamped: Uint8Array, sequence: number): void {
    const job = newJob(message, producerId, this.#limits.maxAttempts);
    if (this.#jobs.has(job.id)) return;
    this.#add(job);
    job.bytes = stamped;
    this.#unfinishedBytes += stamped.length;
    job.sequence = sequence;
    job.busy = false;
  }

  /** Takes the record from the log that a lease began, that one does not count, or that somebody asked for the end. */
  rebuildState(message: ArqonMessage): void {
    const { jobId, attempt, note } = payloadOf(message, JobStateSchema);
    const job = this.#jobs.get(jobId);
    if (job === undefined) return;
    if (message.topic === CANCEL_TOPIC) job.cancelReason = note;
    else if (message.topic === RELEASE_TOPIC) job.spared++;
    else job.attempt = Math.max(job.attempt, attempt);
  }

  /** Takes a terminal record from the log. */
  rebuildResult(message: ArqonMessage, producerId: string, sequence: number): void {
    const result = payloadOf(message, JobResultSchema);
    const job = this.#jobs.get(result.jobId);
    if (job && !isTerminal(job.status)) this.#finish(job, result, sequence, producerId);
  }

  /**
   * After the log was read: every lease has lapsed; unfinished jobs are offered again.
   * @param deadLetters  ids of those that were written.
   */
  resume(deadLetters: ReadonlySet<string>): void {
    for (const job of [...this.#jobs.values()]) {
      if (isTerminal(job.status)) {
        if (job.sealPending) void this.#seals.resume(job);
        if (job.status === JobStatus.DEAD && !deadLetters.has(deadLetterId(job.id))) void this.#bury(job);
        continue;
      }
      this.#watchDeadline(job);
      if (job.attempt > 0 || job.cancelReason !== undefined)
        this.leases.end(job, "the server was restarted", 0);
      else this.leases.offer(job);
    }
  }

  /** Sequence of the oldest record that is still needed; Infinity when none is. @cost a look at each job kept. */
  oldestNeeded(): number {
    return oldestNeeded(this.#jobs.values());
  }

  close(): void {
    this.#due.close();
  }

  #add(job: JobRecord): void {
    this.#jobs.set(job.id, job);
    this.#unfinished++;
  }

  #held(port: Port, id: string, attempt: number): JobRecord {
    const job = this.get(id);
    if (
      isTerminal(job.status) ||
      job.busy ||
      job.lease?.worker.port !== port ||
      job.lease.attempt !== attempt
    )
      throw new ArqonError(
        "JOB_LEASE_LOST",
        `this connection does not hold attempt ${attempt} of job ${id} (now attempt ${job.attempt})`,
      );
    return job;
  }

  #watchDeadline(job: JobRecord): void {
    if (job.deadlineUs === 0) return;
    const inMs = (job.deadlineUs - this.#clock.nowUs()) / 1000;
    job.deadlineDueMs = this.#clock.monotonicMs() + Math.max(0, inMs);
    this.#due.add(job.deadlineDueMs, job);
  }

  /** Something about the job fell due; what, is read from its state. */
  #check(job: JobRecord): void {
    const { retry } = job;
    if (retry) {
      job.retry = undefined;
      retry();
      return;
    }
    if (isTerminal(job.status)) return;
    const nowMs = this.#clock.monotonicMs();
    if (job.busy) {
      this.#due.add(nowMs + 10, job);
      return;
    }
    const isLate = hasExpired(job, this.#clock.nowUs());
    // The time of day was set back since this was reckoned.
    if (!isLate && job.deadlineDueMs <= nowMs) this.#watchDeadline(job);
    if (isLate) {
      const holder = job.lease?.worker.port;
      const value = { jobId: job.id, reason: "its deadline has passed" };
      if (holder) this.#host.send(holder, 0n, { case: "jobCancel", value });
      this.#conclude(job, JobStatus.EXPIRED, expiredError(job));
    } else if (job.lease) {
      if (job.lease.untilMs > nowMs) this.#due.add(job.lease.untilMs, job);
      else this.leases.end(job, `the lease of ${job.lease.worker.port.principal.id} ended without a result`);
    } else if (job.cancelReason !== undefined)
      this.#conclude(job, JobStatus.CANCELLED, new ArqonError("CANCELLED", job.cancelReason));
    else this.leases.offer(job);
  }

  /** The log refused something about the job: tries again when it may have room. */
  #later(job: JobRecord, call: () => void): void {
    job.retry = call;
    this.#due.add(this.#clock.monotonicMs() + this.#limits.logRetryMs, job);
  }

  #conclude(job: JobRecord, status: JobStatus, error: ArqonError): void {
    job.busy = true;
    this.leases.withdraw(job);
    const message = terminalMessage(job, status, error);
    this.#host.record(message, "synced", (failure, _stamped, sequence) => {
      if (failure) {
        this.#later(job, () => this.#conclude(job, status, error));
        return;
      }
      this.#finish(job, payloadOf(message, JobResultSchema), sequence, BUS_PRINCIPAL.id);
      if (job.sealPending) void this.#seals.request(job, BUS_PRINCIPAL.id, undefined);
      if (status === JobStatus.DEAD) void this.#bury(job);
    });
  }

  #bury(job: JobRecord): Promise<void> {
    return buryJob(this.#host, job, (error) => {
      if (error.kind.retry) this.#later(job, () => void this.#bury(job));
    });
  }

  #finish(job: JobRecord, result: JobResult, sequence: number, producerId: string): void {
    job.status = result.status;
    job.attempt = Math.max(job.attempt, result.attempt);
    job.busy = false;
    job.resultSequence = sequence;
    if (result.status === JobStatus.SUCCEEDED) job.progress = 1;
    this.#unfinished--;
    this.#unfinishedBytes -= job.bytes?.length ?? 0;
    job.bytes = undefined;
    this.#seals.note(job, result, producerId);
    this.leases.withdraw(job);
    this.#watches.tell(job, result);
    this.#finished.add(job.id);
    for (const oldest of this.#finished) {
      if (this.#finished.size <= this.#limits.keptFinished) break;
      this.#finished.delete(oldest);
      this.#jobs.delete(oldest);
    }
    if (job.sealFor !== "") {
      const sealed = this.#seals.finished(job, result);
      if (sealed) void this.#tellFinished(sealed);
    }
  }

  async #resultOf(job: JobRecord): Promise<JobResult> {
    return payloadOf(decodeMessage(await this.#host.stored(job.resultSequence)), JobResultSchema);
  }

  async #tellFinished(job: JobRecord): Promise<void> {
    // When the log cannot be read the state alone is told.
    if (job.watchers.size > 0) this.#watches.tell(job, await this.#resultOf(job).catch(() => undefined));
  }
}
