/** Who works on which job: offers, leases and what happens when one ends. */
import type { Clock } from "@arqon/core/base";
import { ArqonError } from "@arqon/core/base";
import { Effect, filterMatches, JobStatus, TopicTrie } from "@arqon/core/wire";
import type { DueQueue } from "./due.ts";
import { expiredError, hasExpired, type JobRecord, SEAL_TOPIC, type Worker } from "./job.ts";
import type { JobHost, JobLimits } from "./job-host.ts";
import { leaseMessage, releaseMessage } from "./job-messages.ts";

/** What {@link Leases} asks of the table it belongs to. */
export interface LeaseEvents {
  /** Something a watcher may want to see has changed. */
  changed(job: JobRecord): void;
  /** The job is over; the bus writes the record. */
  conclude(job: JobRecord, status: JobStatus, error: ArqonError): void;
}

/** Workers, the jobs that wait for them, and the leases between the two. */
export class Leases {
  readonly #host: JobHost;
  readonly #limits: JobLimits;
  readonly #clock: Clock;
  readonly #due: DueQueue<JobRecord>;
  readonly #events: LeaseEvents;
  readonly #workers = new TopicTrie<Worker>();
  readonly #waiting = new Map<string, Set<JobRecord>>();
  readonly #held = new Map<Worker, Set<JobRecord>>();
  #turn = 0;
  #draining = false;
  #isOver = false;

  constructor(host: JobHost, limits: JobLimits, clock: Clock, due: DueQueue<JobRecord>, events: LeaseEvents) {
    this.#host = host;
    this.#limits = limits;
    this.#clock = clock;
    this.#due = due;
    this.#events = events;
  }

  /** Jobs that somebody works on. */
  get held(): number {
    let sum = 0;
    for (const jobs of this.#held.values()) sum += jobs.size;
    return sum;
  }

  /** Hands out nothing more, except seals and what the server's own services ask for: the end of what was begun. */
  drain(): void {
    this.#draining = true;
  }

  /**
   * The server waits no longer: what is held is given back, and the attempt does not count. What has a physical effect
   * may have had it, and stays where it is.
   */
  letGo(): void {
    this.#isOver = true;
    for (const jobs of [...this.#held.values()])
      for (const job of [...jobs]) {
        if (job.busy || job.effect === Effect.PHYSICAL) continue;
        job.spared++;
        this.#host.record(releaseMessage(job), "logged", () => {});
        this.end(job, "the server was closed", 0);
      }
  }

  add(worker: Worker): void {
    this.#workers.add(worker.filter, worker);
    this.feed(worker);
  }

  /** It takes no more. What it holds goes on while its connection lives and is given back when it is lost. */
  remove(worker: Worker, connectionLost: boolean): void {
    this.#workers.delete(worker.filter, worker);
    worker.closed = true;
    if (!connectionLost) return;
    for (const job of [...(this.#held.get(worker) ?? [])])
      if (!job.busy) this.end(job, `the connection of ${worker.port.principal.id} was lost`);
  }

  /** Gives the job to a worker with room, or lets it wait for one. */
  offer(job: JobRecord): void {
    if (job.busy || job.lease || job.status !== JobStatus.SUBMITTED) return;
    if (job.notBeforeMs > this.#clock.monotonicMs()) return;
    const candidates = this.#rests(job) ? [] : [...this.#workers.match(job.topic)];
    for (let i = 0; i < candidates.length; i++) {
      const worker = candidates[(this.#turn + i) % candidates.length] as Worker;
      if (!hasRoom(worker) || !mayServe(worker, job.topic) || !this.#mayDo(worker, job)) continue;
      this.#turn = (this.#turn + i + 1) % 0x4000_0000;
      this.#lease(job, worker);
      return;
    }
    const waiting = this.#waiting.get(job.topic);
    if (waiting) waiting.add(job);
    else this.#waiting.set(job.topic, new Set([job]));
    // What ended an earlier attempt says more than that the job waits.
    if (job.attempt > 0) return;
    job.note = this.#draining
      ? "the server is closing"
      : candidates.length === 0
        ? `no operator serves ${job.topic}`
        : "every operator is busy";
    this.#events.changed(job);
  }

  /** The job is over or on its way to be: nobody holds it or waits for it any more. */
  withdraw(job: JobRecord): void {
    const waiting = this.#waiting.get(job.topic);
    if (waiting?.delete(job) && waiting.size === 0) this.#waiting.delete(job.topic);
    const worker = job.lease?.worker;
    job.lease = undefined;
    if (worker) this.#free(worker, job);
  }

  /** A lease ends without a result. */
  end(job: JobRecord, reason: string, delayMs?: number, delivered = true): void {
    const worker = job.lease?.worker;
    job.lease = undefined;
    job.note = reason;
    if (job.cancelReason !== undefined)
      this.#events.conclude(job, JobStatus.CANCELLED, new ArqonError("CANCELLED", job.cancelReason));
    else if (delivered && job.effect === Effect.PHYSICAL)
      this.#events.conclude(
        job,
        JobStatus.FAILED,
        new ArqonError(
          "JOB_EFFECT_UNCERTAIN",
          `attempt ${job.attempt} of job ${job.id} has no result: ${reason}`,
        ),
      );
    else if (job.attempt - job.spared >= job.maxAttempts)
      this.#events.conclude(
        job,
        JobStatus.DEAD,
        new ArqonError(
          "JOB_DEAD",
          `job ${job.id} ended ${job.attempt - job.spared} attempts without a result; last: ${reason}`,
        ),
      );
    else {
      const { backoffMs } = this.#limits;
      const pauseMs = delayMs ?? backoffMs[Math.min(job.attempt, backoffMs.length) - 1] ?? 0;
      job.status = JobStatus.SUBMITTED;
      job.notBeforeMs = this.#clock.monotonicMs() + pauseMs;
      this.#events.changed(job);
      if (pauseMs > 0) this.#due.add(job.notBeforeMs, job);
      else this.offer(job);
    }
    if (worker) this.#free(worker, job);
  }

  /** Counts the attempt in the log first, then hands the job out. */
  #lease(job: JobRecord, worker: Worker): void {
    if (hasExpired(job, this.#clock.nowUs())) {
      this.#events.conclude(job, JobStatus.EXPIRED, expiredError(job));
      return;
    }
    worker.inFlight++;
    job.busy = true;
    job.attempt++;
    const durability = job.effect === Effect.PHYSICAL ? "synced" : "logged";
    this.#host.record(leaseMessage(job), durability, (error) => {
      job.busy = false;
      if (error) {
        worker.inFlight--;
        job.attempt--;
        job.notBeforeMs = this.#clock.monotonicMs() + this.#limits.logRetryMs;
        this.#due.add(job.notBeforeMs, job);
        return;
      }
      const untilMs = this.#clock.monotonicMs() + this.#limits.leaseMs;
      job.lease = { worker, attempt: job.attempt, untilMs };
      const held = this.#held.get(worker);
      if (held) held.add(job);
      else this.#held.set(worker, new Set([job]));
      if (worker.closed) return this.end(job, "its operator left before it began", 0, false);
      if (job.cancelReason !== undefined) return this.end(job, job.cancelReason, 0, false);
      job.status = JobStatus.LEASED;
      job.note = "";
      this.#host.deliver(job, job.lease, this.#clock.nowUs() + this.#limits.leaseMs * 1000);
      this.#due.add(untilMs, job);
      this.#events.changed(job);
    });
  }

  #rests({ topic, submitter }: JobRecord): boolean {
    return this.#isOver || (this.#draining && topic !== SEAL_TOPIC && !this.#host.isTrusted(submitter));
  }

  #free(worker: Worker, job: JobRecord): void {
    const held = this.#held.get(worker);
    if (!held?.delete(job)) return;
    if (held.size === 0) this.#held.delete(worker);
    worker.inFlight--;
    this.feed(worker);
  }

  /** Gives a worker what waits for it, as far as it has room. */
  feed(worker: Worker): void {
    for (const [topic, jobs] of this.#waiting) {
      if (!hasRoom(worker)) return;
      if (!filterMatches(worker.filter, topic) || !mayServe(worker, topic)) continue;
      for (const job of jobs) {
        if (!hasRoom(worker)) return;
        if (this.#rests(job) || !this.#mayDo(worker, job)) continue;
        jobs.delete(job);
        if (!job.busy && !job.lease && job.status === JobStatus.SUBMITTED) this.#lease(job, worker);
      }
      if (jobs.size === 0) this.#waiting.delete(topic);
    }
  }

  /** What has a physical effect is not done again for a replay: only who answers from the recording gets it there. */
  #mayDo({ port }: Worker, { effect }: JobRecord): boolean {
    if (effect !== Effect.PHYSICAL || !this.#host.isReplay) return true;
    return port.sam?.engineModes.includes("playback") ?? false;
  }
}

/** Seals are served by the server's own services only, whatever a filter matches. */
function mayServe(worker: Worker, topic: string): boolean {
  return topic !== SEAL_TOPIC || worker.port.principal.trusted;
}

function hasRoom(worker: Worker): boolean {
  return !worker.closed && worker.inFlight < worker.maxInFlight && worker.port.hasRoom();
}
