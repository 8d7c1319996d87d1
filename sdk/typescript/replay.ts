/** Running a sealed artifact again: a job on "replay.jobs". */
import { ArqonError, type Json, type JsonObject, jsonObject } from "@arqon/core/base";
import { type AskOptions, ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { seedText } from "./seed.ts";

/** What to change in the replay; unchanged it must give the same result. */
export interface ReplayOptions extends AskOptions {
  readonly seed?: bigint | number | string;
  readonly shots?: number;
}

/** How a replay compares with its original. */
export interface ReplayResult {
  /** e.g. "IDENTICAL". */
  readonly verdict: string;
  /** Why it differs, when it does. */
  readonly causes: readonly Json[];
  readonly original: JsonObject;
  readonly replayed: JsonObject;
  readonly comparison: JsonObject;
  /** The original is itself a replay: of what, and its verdict then. */
  readonly originalReplay?: { readonly verdict: string; readonly replayOf: string };
  /** Artifact of the replay itself. */
  readonly artifactId: string;
  readonly jobId: string;
}

/** @throws ArqonError `ARTIFACT_UNKNOWN`, `REPLAY_NOT_COMPARABLE`, and what a run can throw. */
export async function replay(
  client: Client,
  artifactId: string,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { seed, shots, ...how } = options;
  const parameters: Record<string, Json> = { artifact: artifactId };
  if (seed !== undefined) parameters["seed"] = seedText(seed, () => new Uint8Array(8));
  if (shots !== undefined) parameters["shots"] = shots;
  const schema = "arqonbus.replay.job.v1";
  const init = { schema, program: new Uint8Array(), name: artifactId, parameters };
  const output = await ask(client, "replay.jobs", init, how);
  const value = jsonObject(output.json(), `output of job ${output.jobId}`);
  const { verdict, causes } = value;
  if (typeof verdict !== "string")
    throw new ArqonError("JSON_INVALID", `the replay ${output.jobId} has no verdict`);
  const part = (key: string): JsonObject => jsonObject(value[key] ?? {}, key);
  const { verdict: earlier, replayOf } = part("originalReplay");
  return {
    verdict,
    causes: Array.isArray(causes) ? causes : [],
    original: part("original"),
    replayed: part("replayed"),
    comparison: part("comparison"),
    ...(typeof earlier === "string" && { originalReplay: { verdict: earlier, replayOf: String(replayOf) } }),
    artifactId: output.artifactId,
    jobId: output.jobId,
  };
}
