/** The fields of a job's result from what a handler returned. */
import { ArqonError, canonicalJson, utf8 } from "@arqon/core/base";
import { JobStatus, LIMITS } from "@arqon/core/wire";
import { type HandleOutput, JobAnswer, type JobAnswerOptions } from "./leased-job.ts";

/** What is put into a `JobResult` beside the job's id and attempt. */
export interface ResultFields {
  readonly status: JobStatus;
  readonly error?: ArqonError;
  readonly output?: Uint8Array;
  readonly outputMediaType?: string;
  readonly recipeId?: string;
  readonly artifactId?: string;
  readonly recordId?: string;
  readonly hops?: { name: string; startMs: number; durationMs: number }[];
  readonly outputOmitted?: boolean;
}

/**
 * The result that a handler returned: a success, unless its answer has an error.
 * @throws ArqonError `LIMIT_EXCEEDED` when the output is larger than a message may carry, `JSON_INVALID`
 */
export function resultFields(returned: HandleOutput): ResultFields {
  const { output, options }: { output: HandleOutput; options: JobAnswerOptions } =
    returned instanceof JobAnswer ? returned : { output: returned, options: {} };
  const [bytes, mediaType] = encode(output);
  if (bytes.length > LIMITS.outputBytes)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `the output has ${bytes.length} bytes, limit ${LIMITS.outputBytes}`,
    );
  const { hops, mediaType: said, error, ...ids } = options;
  return {
    ...ids,
    ...(error && { error }),
    status: error ? statusOf(error) : JobStatus.SUCCEEDED,
    output: bytes,
    outputMediaType: said ?? mediaType,
    ...(hops && { hops: [...hops] }),
  };
}

function statusOf({ code }: ArqonError): JobStatus {
  return code === "CANCELLED" ? JobStatus.CANCELLED : JobStatus.FAILED;
}

function encode(output: HandleOutput): [Uint8Array, string] {
  if (output === undefined) return [new Uint8Array(), ""];
  if (output instanceof Uint8Array) return [output, "application/octet-stream"];
  if (typeof output === "string") return [utf8(output), "text/plain;charset=utf-8"];
  if (output instanceof JobAnswer) throw new TypeError("a JobAnswer inside a JobAnswer");
  return [utf8(canonicalJson(output)), "application/json"];
}
