/** Serves `replay.jobs`: repeats what a sealed recipe asks for, compares, and seals the comparison's run. */
import {
  ArqonError,
  canonicalJsonFile,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  utf8,
} from "@arqon/core/base";
import {
  type BundleIds,
  compareRuns,
  prepareBundle,
  type ReplayReport,
  readManifest,
  recipeOf,
  replayReportJson,
} from "@arqon/core/bundle";
import type { RunRow } from "@arqon/vault";
import { beforeDoor, type Handler, HopWatch, type Work } from "../runtime/index.ts";
import { readSeed } from "../scheduler/index.ts";
import { type Loaded, loadVerified } from "./load-verified.ts";
import { isJudgement, repeatJudgement } from "./repeat-judgement.ts";
import { type RepeatedJobs, repeatReported } from "./repeat-reported.ts";
import { operationOf, repeatRun } from "./repeat-run.ts";
import type { Repetition, Replaying, ReplayRequest } from "./repetition.ts";
import type { DoorParts } from "./through-door.ts";

/** Schema of the capsule of a replay job. */
export const REPLAY_JOB_SCHEMA = "arqonbus.replay.job.v1";

/**
 * Handles replay jobs; the submitter needs the capability to execute where the original ran.
 * @param jobs  left out, what foreign operators reported cannot be repeated.
 */
export function replayHandler(
  parts: DoorParts,
  tenantOf: (principal: string) => string,
  jobs?: RepeatedJobs,
): Handler {
  return async (work, context) => {
    const watch = new HopWatch(parts.clock);
    const tenant = tenantOf(work.producer);
    const refuser = { ...parts, by: parts.operatorId, tenant };
    const { request, original } = await beforeDoor(work, refuser, async () => {
      const asked = readRequest(work);
      const original = await watch.hop("load", () => loadVerified(asked.artifact, parts, tenant));
      return { request: asked, original };
    });
    let repeat: () => Promise<Repetition>;
    try {
      repeat = await beforeDoor(work, refuser, () =>
        repetitionOf(original, request, { work, context, watch, tenant, parts }, jobs),
      );
    } catch (thrown) {
      const { code, message } = ArqonError.from(thrown);
      if (code !== "REPLAY_NOT_COMPARABLE") throw thrown;
      return { output: withoutRun(original.row, message), hops: watch.hops };
    }

    const { draft, error } = await repeat();
    const report = await watch.hop("compare", () => compareRuns(original.files, prepareBundle(draft).files));
    // The verdict is record: what a replay is depends on what it repeats and what came out, not on whom it is compared with.
    const record = new Map(draft.record).set("replay.json", canonicalJsonFile(replayReportJson(report)));
    const { recipeId, artifactId, recordId } = await watch.hop("seal", () =>
      parts.vault.seal({ ...draft, record }, `replay of ${original.row.title}`),
    );
    const ids = { recipeId, artifactId, recordId };
    return { ...(error ? { error } : { output: outputOf(report, ids) }), ids, hops: watch.hops };
  };
}

/** How a recipe is repeated; what follows is behind the door. @throws ArqonError `REPLAY_NOT_COMPARABLE` */
async function repetitionOf(
  original: Loaded,
  request: ReplayRequest,
  replaying: Replaying,
  jobs: RepeatedJobs | undefined,
): Promise<() => Promise<Repetition>> {
  const { row, files } = original;
  if (row.reported || readManifest(files).reported) {
    const repetition = await repeatReported(original, request, jobs, replaying);
    return async () => repetition;
  }
  if (isJudgement(recipeOf(files))) {
    const repetition = await repeatJudgement(original, request, replaying);
    return async () => repetition;
  }
  const operation = operationOf(original, request);
  return () => repeatRun(operation, original, replaying);
}

function readRequest({ capsule }: Work): ReplayRequest {
  if (capsule.schema !== REPLAY_JOB_SCHEMA)
    throw new ArqonError("SCHEMA_UNKNOWN", `"${capsule.schema}" is not ${REPLAY_JOB_SCHEMA}`);
  const what = "parameters_json";
  const { artifact, seed, shots, ...others } = jsonObject(
    parseCanonicalJson(utf8(capsule.parametersJson), what),
    what,
  );
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new ArqonError(
      "USAGE",
      `unknown parameter "${unknown.slice(0, 40)}"; known: artifact, seed, shots`,
    );
  if (typeof artifact !== "string" || artifact === "")
    throw new ArqonError("USAGE", "a replay needs the id of an artifact");
  if (shots !== undefined && (typeof shots !== "number" || !Number.isInteger(shots) || shots < 1))
    throw new ArqonError("USAGE", `shots must be a positive whole number, not ${String(shots)}`);
  return { artifact, seed: seed === undefined ? undefined : readSeed(seed), shots };
}

function outputOf(report: ReplayReport, replayed: BundleIds): JsonObject {
  const { comparison, sentence } = replayReportJson(report);
  return {
    causes: report.causes.map((cause) => ({ ...cause })),
    comparison: { results: comparison ?? [], sentence: sentence ?? "" },
    original: { ...report.original },
    ...(report.originalReplay && { originalReplay: { ...report.originalReplay } }),
    replayed: { ...replayed },
    verdict: report.verdict,
  };
}

function withoutRun({ recipeId, artifactId, recordId }: RunRow, reason: string): JsonObject {
  return {
    causes: [],
    comparison: { results: [], sentence: reason },
    original: { artifactId, recipeId, recordId },
    reason,
    replayed: {},
    verdict: "NOT_COMPARABLE",
  };
}
