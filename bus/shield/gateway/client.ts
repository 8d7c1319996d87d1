/** What the gateway needs of a connection to the bus. */
import type { BundleChunk, Job, JobState } from "@arqon/core/wire";

/** A job on its way to the bus. */
export interface GatewayJob {
  /** UUIDv7; chosen by the client of the bus when it is empty. */
  readonly id: string;
  readonly topic: string;
  readonly job: Job;
}

/** One connection to the bus, as the principal of one API key. Every call throws the ArqonError the bus answered with. */
export interface GatewayClient {
  /** Resolves when the bus keeps the job. */
  submit(job: GatewayJob): Promise<{ readonly id: string; readonly duplicate: boolean }>;
  state(jobId: string): Promise<JobState>;
  /** Every state, until nothing more can change. */
  watch(jobId: string, signal: AbortSignal): AsyncIterable<JobState>;
  cancel(jobId: string, reason: string): Promise<void>;
  /** One piece of the canonical ZIP of an artifact. */
  bundle(artifactId: string, offset: number, signal: AbortSignal): Promise<BundleChunk>;
  /** One piece of a file of a log. */
  logFile(
    log: "runs" | "governance",
    path: string,
    offset: number,
    signal: AbortSignal,
  ): Promise<BundleChunk>;
  /** Resolves when the connection is gone for good. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/**
 * The API key of whom a client certificate with these URIs speaks for.
 * @throws ArqonError `AUTH_REQUIRED` when that is nobody.
 */
export type KeyOf = (identities: readonly string[]) => Promise<string>;

/** Connects to the bus. @throws ArqonError `AUTH_REQUIRED` for a key the bus does not know, `SERVER_UNREACHABLE` */
export type OpenClient = (apiKey: string) => Promise<GatewayClient>;
