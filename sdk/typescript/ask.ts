/** One job from its submission to its sealed output. */
import {
  ArqonError,
  fromUtf8,
  type JsonObject,
  jsonObject,
  type LabelsInit,
  parseJson,
} from "@arqon/core/base";
import { readManifest, readZip } from "@arqon/core/bundle";
import type { JobState } from "@arqon/core/wire";
import type { Client } from "./client.ts";
import type { JobInit } from "./job.ts";
import { failureOf, isFinal, isTerminalStatus } from "./job-state.ts";
import { JobOutput } from "./output.ts";
import type { WaitOptions } from "./wait.ts";

/** What every call that asks for a job takes. Tags and note go into the record of its run. */
export interface AskOptions extends WaitOptions, LabelsInit {
  /** Message id of the job; the same id again is the same job. */
  readonly id?: string;
  /** Told every state of the job. */
  readonly onState?: (state: JobState) => void;
}

/** Under what an answer is kept. */
export interface AnswerIds {
  readonly jobId: string;
  readonly artifactId: string;
  readonly recipeId: string;
  readonly recordId: string;
}

/**
 * Submits a job and waits, an hour unless told otherwise, until it is sealed. Aborting the wait cancels the job.
 * @throws ArqonError what refused or failed it.
 */
export async function ask(
  client: Client,
  topic: string,
  init: Omit<JobInit, "id" | "signal" | "timeoutMs" | keyof LabelsInit>,
  { id, onState, timeoutMs, signal, tags, note }: AskOptions,
): Promise<JobOutput> {
  const job = await client.submit(topic, {
    ...init,
    tags,
    note,
    ...(id && { id }),
    ...(signal && { signal }),
  });
  const wait = { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) };
  // A job whose caller leaves goes on for nobody.
  const leave = (): void => void job.cancel("the caller was aborted").catch(() => {});
  signal?.addEventListener("abort", leave, { once: true });
  if (signal?.aborted) leave();
  try {
    for await (const state of job.states(wait)) {
      onState?.(state);
      const failure = isTerminalStatus(state.status) ? failureOf(state) : undefined;
      if (failure) throw failure;
      if (isFinal(state)) return new JobOutput(state);
    }
  } finally {
    signal?.removeEventListener("abort", leave);
  }
  throw new ArqonError("INTERNAL", `job ${job.id} ended without a result`);
}

/**
 * The JSON object that a job answers; where it was too large for a message, from these results of its artifact.
 * @throws ArqonError `JSON_INVALID`, `BUNDLE_MALFORMED`
 */
export async function answerOf(
  client: Client,
  output: JobOutput,
  results: readonly string[],
  wait: WaitOptions,
): Promise<JsonObject> {
  if (!output.omitted) return jsonObject(output.json(), `output of job ${output.jobId}`);
  const files = readZip(await client.fetchBundle(output.recordId || output.artifactId, wait));
  const parts = results.map((name) => {
    const bytes = files.get(`results/${name}`);
    if (!bytes) throw new ArqonError("BUNDLE_MALFORMED", `${output.artifactId} has no results/${name}`);
    return jsonObject(parseJson(fromUtf8(bytes), name), name);
  });
  const { backend_id: backend, seed } = readManifest(files);
  return Object.assign({ backend, seed }, ...parts) as JsonObject;
}

export function idsIn({ jobId, artifactId, recipeId, recordId }: JobOutput): AnswerIds {
  return { jobId, artifactId, recipeId, recordId };
}

export function textsIn(object: JsonObject, key: string): readonly string[] {
  const list = object[key];
  return Array.isArray(list) ? list.map(String) : [];
}
