/** A leased job as lab services see it: the SDK's, as far as they need it, so that tests can make one by hand. */
import { ArqonError, canonicalJson, utf8 } from "@arqon/core/base";
import type { BundleIds } from "@arqon/core/bundle";
import { LIMITS } from "@arqon/core/wire";
import {
  type HandleOutput,
  JobAnswer,
  type JobContext,
  type JobOutputValue,
  type LeasedJob,
} from "@arqon/sdk";

/** One attempt at one job. */
export type Work = Pick<LeasedJob, "id" | "topic" | "attempt" | "producer" | "capsule" | "job"> &
  Partial<Pick<LeasedJob, "trace">>;

/** What a worker may use while it works. The signal's reason says why it was aborted. */
export type WorkContext = Pick<JobContext, "signal" | "progress">;

/** Where time went, in milliseconds from the start of the attempt. */
export interface WorkHop {
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
  /** Measured by another, who has told of it. */
  readonly isAdopted?: true;
}

/** How an attempt ended. A failed one has ids as well when the door had been reached. */
export interface Outcome {
  /** Absent when it succeeded. */
  readonly error?: ArqonError;
  readonly output?: JobOutputValue;
  readonly outputMediaType?: string;
  /** Already left out by whoever answered first. */
  readonly outputOmitted?: boolean;
  readonly ids?: BundleIds;
  readonly hops?: readonly WorkHop[];
}

/** Does one attempt. What it throws is a failed attempt's error. */
export type Handler = (work: Work, context: WorkContext) => Promise<Outcome>;

/** A handler in the form the SDK's `operator` takes. An output over `LIMITS.outputBytes` is left to the artifact. */
export function asOperator(handler: Handler): (work: Work, context: WorkContext) => Promise<HandleOutput> {
  return async (work, context) => {
    const { error, output, outputMediaType, ids, hops = [], outputOmitted } = await handler(work, context);
    if (error && !ids) throw error;
    const bytes =
      output instanceof Uint8Array ? output : utf8(output === undefined ? "" : canonicalJson(output));
    const omitted = outputOmitted === true || bytes.length > LIMITS.outputBytes;
    return new JobAnswer(omitted ? new Uint8Array() : bytes, {
      mediaType: outputMediaType ?? "application/json",
      outputOmitted: omitted,
      hops: hops.map(({ name, startMs, durationMs }) => ({ name, startMs, durationMs })),
      ...(error && ids && { error: withArtifact(error, ids) }),
      ...(ids && { recipeId: ids.recipeId, artifactId: ids.artifactId, recordId: ids.recordId }),
    });
  };
}

/** A failure whose run is an artifact says which. */
function withArtifact(error: ArqonError, { artifactId }: BundleIds): ArqonError {
  // A bound job's failure says so already.
  if (error.message.includes(artifactId)) return error;
  return new ArqonError(error.code, `${error.message} (artifact ${artifactId})`, {
    cause: error,
    details: { ...error.details, artifactId },
    remedy: error.remedy,
  });
}
