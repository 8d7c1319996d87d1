/** What the job machinery needs of the Reality it belongs to. */
import type { ArqonError } from "@arqon/core/base";
import type { ArqonMessage, OpInit } from "@arqon/core/wire";
import type { AppendDurability } from "../engine/index.ts";
import type { JobRecord, Lease } from "./job.ts";
import type { Port } from "./port.ts";

/** How jobs are treated; times in milliseconds. */
export interface JobLimits {
  readonly leaseMs: number;
  /** Leases before a job is dead, unless it says otherwise. */
  readonly maxAttempts: number;
  /** Pause before the second, third ... offer; the last value repeats. */
  readonly backoffMs: readonly number[];
  /** Time a holder has to send a result after it was asked to stop. */
  readonly cancelGraceMs: number;
  /** Pause before something the log refused is tried again. */
  readonly logRetryMs: number;
  readonly maxUnfinished: number;
  readonly maxUnfinishedBytes: number;
  /** Finished jobs whose outcome can be asked for. */
  readonly keptFinished: number;
}

export const JOB_LIMITS: JobLimits = {
  leaseMs: 30_000,
  maxAttempts: 5,
  backoffMs: [1_000, 5_000, 30_000, 120_000],
  cancelGraceMs: 10_000,
  logRetryMs: 1_000,
  maxUnfinished: 100_000,
  maxUnfinishedBytes: 268_435_456,
  keptFinished: 100_000,
};

/** Called when a record of the bus is in the log, or failed to get there. */
export type Recorded = (error: ArqonError | undefined, stamped: Uint8Array, sequence: number) => void;

/** The Reality, as jobs see it. */
export interface JobHost {
  /** Whether a recording is played again here. */
  readonly isReplay: boolean;
  /** Sends an operation to one connection. */
  send(port: Port, corr: bigint, op: OpInit): void;
  /** Stamps a message as the bus's own, logs it, delivers it to plain subscribers, then reports. */
  record(message: ArqonMessage, durability: AppendDurability, done: Recorded): void;
  /** Submits a job as the bus, then reports. */
  submit(message: ArqonMessage, done: (error: ArqonError | undefined) => void): void;
  /** Hands a leased job to its holder. */
  deliver(job: JobRecord, lease: Lease, leaseUntilUs: number): void;
  /** Stored bytes of a sequence. @throws ArqonError `HISTORY_TRIMMED` */
  stored(sequence: number): Promise<Uint8Array>;
  /** Whether a principal is one of the server's own services. */
  isTrusted(principalId: string): boolean;
}
