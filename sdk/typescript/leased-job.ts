/** What passes between an operator's handler and the SDK. */
import { ArqonError, type Json, type JsonObject, jsonObject, parseJson } from "@arqon/core/base";
import type { Capsule, Job } from "@arqon/core/wire";
import type { Client } from "./client.ts";

/** A job as its operator sees it. */
export interface LeasedJob {
  readonly id: string;
  readonly topic: string;
  /** 1 for the first lease, then 2, 3 ... */
  readonly attempt: number;
  /** Who submitted it. */
  readonly producer: string;
  /** W3C Trace Context of the submitter; the result carries it on. */
  readonly trace: Readonly<Record<string, string>>;
  readonly capsule: Capsule;
  /** `capsule.parameters_json`, parsed. */
  readonly parameters: JsonObject;
  /** `capsule.constraints_json`, parsed. */
  readonly constraints: JsonObject;
  /** The whole payload: deadline, effect, parent, decision. */
  readonly job: Job;
}

/** What an operator may use while it works on a job. */
export interface JobContext {
  /** Aborted when the job is cancelled, its lease is lost, or the operator gives it back; the reason says which. */
  readonly signal: AbortSignal;
  /**
   * Reports how far the work is and extends the lease. Of reports made faster than the server answers, the newest wins;
   * awaiting each keeps them all.
   * @param fraction  0 to 1.
   */
  progress(fraction: number, note?: string): Promise<void>;
  /** The operator's own connection, e.g. to publish what the job produces. */
  readonly client: Client;
}

/** An answer with what only an operator trusted by the server may add. */
export class JobAnswer {
  readonly output: JobOutputValue;
  readonly options: JobAnswerOptions;

  constructor(output: JobOutputValue, options: JobAnswerOptions = {}) {
    this.output = output;
    this.options = options;
  }
}

/** Bytes and text as they are, everything else as JSON. */
export type JobOutputValue = Json | Uint8Array;

/** Fields of a result beside its output. */
export interface JobAnswerOptions {
  /** The work failed all the same: a failure that was sealed has ids as a success has. */
  readonly error?: ArqonError;
  readonly mediaType?: string;
  readonly recipeId?: string;
  readonly artifactId?: string;
  readonly recordId?: string;
  readonly hops?: readonly { readonly name: string; readonly startMs: number; readonly durationMs: number }[];
  /** The output is only in the artifact. */
  readonly outputOmitted?: boolean;
}

/** What `handle` may return; nothing means an empty output. */
export type HandleOutput = JobOutputValue | JobAnswer | undefined;

/** Reads a capsule's JSON texts. @throws ArqonError `JSON_INVALID`, `WIRE_MALFORMED` when there is no capsule. */
export function leasedJob(
  job: Job,
  at: {
    readonly id: string;
    readonly topic: string;
    readonly attempt: number;
    readonly producer: string;
    readonly trace: LeasedJob["trace"];
  },
): LeasedJob {
  const { capsule } = job;
  if (!capsule) throw new ArqonError("WIRE_MALFORMED", `job ${at.id} has no capsule`);
  const read = (text: string, what: string): JsonObject => jsonObject(parseJson(text || "{}", what), what);
  const parameters = read(capsule.parametersJson, "parameters_json");
  return { ...at, job, capsule, parameters, constraints: read(capsule.constraintsJson, "constraints_json") };
}
