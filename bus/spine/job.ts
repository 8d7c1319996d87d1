/** What the bus knows of one job. */
import { ArqonError, sha256Hex, utf8 } from "@arqon/core/base";
import {
  type ArqonMessage,
  type Capsule,
  create,
  Effect,
  type Job,
  JobSchema,
  type JobState,
  JobStateSchema,
  JobStatus,
  payloadOf,
} from "@arqon/core/wire";
import type { Port } from "./port.ts";

/** Where jobs go that seal what a foreign operator did; only the server's own services publish and lease there. */
export const SEAL_TOPIC = "seal.jobs";

/** A subscription that leases jobs. */
export interface Worker {
  readonly port: Port;
  readonly number: number;
  readonly filter: string;
  readonly group: string;
  readonly maxInFlight: number;
  /** Leases it holds or is about to hold. */
  inFlight: number;
  /** No longer subscribed. */
  closed: boolean;
}

/** The right to finish one attempt. */
export interface Lease {
  readonly worker: Worker;
  readonly attempt: number;
  /** Monotonic; moved by extensions. */
  untilMs: number;
}

/** The run of a finished job as an artifact. */
export interface SealedIds {
  readonly recipeId: string;
  readonly artifactId: string;
  readonly recordId: string;
  readonly reported: boolean;
}

/** One job, from its submission to its one terminal record. */
export interface JobRecord {
  readonly id: string;
  readonly topic: string;
  readonly submitter: string;
  /** Digest of topic and payload: what "the same job" means. */
  readonly digest: string;
  readonly deadlineUs: number;
  /** Monotonic time at which the deadline falls due, as it was reckoned last. */
  deadlineDueMs: number;
  readonly effect: Effect;
  readonly maxAttempts: number;
  /** The job whose run this one seals; empty for all others. */
  readonly sealFor: string;
  sequence: number;
  /** Stamped bytes while they may still be leased out. */
  bytes: Uint8Array | undefined;
  status: JobStatus;
  attempt: number;
  /** Attempts that do not count: the server gave them back when it closed. */
  spared: number;
  progress: number;
  note: string;
  lease: Lease | undefined;
  /** Something is on its way to the log: no other step may begin. */
  busy: boolean;
  /** What could not be logged and is tried again when the job falls due. */
  retry: (() => void) | undefined;
  /** Monotonic time before which it is not offered again. */
  notBeforeMs: number;
  /** Set once cancellation was asked for. */
  cancelReason: string | undefined;
  readonly watchers: Map<Port, Set<bigint>>;
  /** Sequence of the terminal record. */
  resultSequence: number;
  sealed: SealedIds | undefined;
  sealPending: boolean;
}

/** Names of the states a job can be in, by number. */
export const JOB_STATES: readonly string[] = Object.keys(JobStatus).filter(
  (name) => Number.isNaN(Number(name)) && name !== "UNSPECIFIED",
);

/** Topic of the results of a `.jobs` topic. */
export function resultsTopic(topic: string): string {
  return `${topic.slice(0, -"jobs".length)}results`;
}

/** Whether a state is final. */
export function isTerminal(status: JobStatus): boolean {
  return status >= JobStatus.SUCCEEDED;
}

/**
 * A record of a submitted job, not yet logged.
 * @param accept  throws for a capsule that is not taken.
 * @throws ArqonError `WIRE_MALFORMED`, and what `accept` throws.
 */
export function newJob(
  message: ArqonMessage,
  submitter: string,
  defaultAttempts: number,
  accept: (capsule: Capsule) => void = () => {},
): JobRecord {
  const job: Job = payloadOf(message, JobSchema);
  if (job.capsule === undefined) throw new ArqonError("WIRE_MALFORMED", `job ${message.id} has no capsule`);
  accept(job.capsule);
  return {
    id: message.id,
    topic: message.topic,
    submitter,
    digest: sha256Hex(utf8(`${message.topic}\n${submitter}\n`), message.payload?.value ?? utf8("")),
    deadlineUs: Number(job.deadlineUnixUs),
    deadlineDueMs: Number.POSITIVE_INFINITY,
    effect: job.effect === Effect.UNSPECIFIED ? Effect.IDEMPOTENT : job.effect,
    maxAttempts: job.maxAttempts === 0 ? defaultAttempts : Math.min(job.maxAttempts, 100),
    sealFor: message.topic === SEAL_TOPIC ? job.parentJobId : "",
    sequence: 0,
    bytes: undefined,
    status: JobStatus.SUBMITTED,
    attempt: 0,
    spared: 0,
    progress: 0,
    note: "",
    lease: undefined,
    busy: true,
    retry: undefined,
    notBeforeMs: 0,
    cancelReason: undefined,
    watchers: new Map(),
    resultSequence: 0,
    sealed: undefined,
    sealPending: false,
  };
}

/** Whether something may still be due about a job. */
export function isAlive(job: JobRecord): boolean {
  return job.retry !== undefined || !isTerminal(job.status);
}

/** How many jobs are in each state, by its name. */
export function countStates(jobs: Iterable<JobRecord>): Record<string, number> {
  const counted = new Uint32Array(JOB_STATES.length + 1);
  for (const { status } of jobs) counted[status] = (counted[status] as number) + 1;
  const counts: Record<string, number> = {};
  for (const name of JOB_STATES) {
    const count = counted[JobStatus[name as keyof typeof JobStatus]] ?? 0;
    if (count > 0) counts[name] = count;
  }
  return counts;
}

/** Sequence of the oldest record that is still needed; Infinity when none is. */
export function oldestNeeded(jobs: Iterable<JobRecord>): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { status, sequence, sealPending, retry } of jobs)
    if (sequence > 0 && (!isTerminal(status) || sealPending || retry)) oldest = Math.min(oldest, sequence);
  return oldest;
}

/** Whether the deadline of a job has passed. */
export function hasExpired({ deadlineUs }: JobRecord, nowUs: number): boolean {
  return deadlineUs > 0 && deadlineUs <= nowUs;
}

/** What a job ends with whose deadline has passed. */
export function expiredError({ id }: JobRecord): ArqonError {
  return new ArqonError("JOB_EXPIRED", `the deadline of job ${id} has passed`);
}

/** The wire form, without the result. */
export function jobState(job: JobRecord): JobState {
  return create(JobStateSchema, {
    jobId: job.id,
    topic: job.topic,
    status: job.status,
    attempt: job.attempt,
    progress: job.progress,
    note: job.note,
    sealPending: job.sealPending,
    ...(job.sealed ? { sealed: job.sealed } : {}),
  });
}
