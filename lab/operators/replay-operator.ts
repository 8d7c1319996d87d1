/** Serves `replay.jobs`: runs a sealed recipe again through the door, compares, and seals the comparison's run. */
import {
  ArqonError,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  parseSeed,
  utf8,
} from "@arqon/core/base";
import {
  type BundleFiles,
  type BundleIds,
  compareRuns,
  prepareBundle,
  problemsOf,
  type ReplayReport,
  readManifest,
  recipeOf,
  replayReportJson,
  verifyBundle,
} from "@arqon/core/bundle";
import type { RunRow } from "@arqon/vault";
import {
  beforeDoor,
  draftOf,
  type Handler,
  HopWatch,
  type Operation,
  type Outcome,
  Run,
  sealRun,
  type Work,
} from "../runtime/index.ts";
import { readSeed } from "../scheduler/index.ts";
import { deviceState } from "./device-state.ts";
import { type DoorParts, passDoor, throwIfGone } from "./quantum-operator.ts";

/** Schema of the capsule of a replay job. */
export const REPLAY_JOB_SCHEMA = "arqonbus.replay.job.v1";

/** What is to be repeated, and what is to be changed. */
interface ReplayRequest {
  readonly artifact: string;
  readonly seed: bigint | undefined;
  readonly shots: number | undefined;
}

/** Handles replay jobs; the submitter needs the capability to execute on the original's backend. */
export function replayHandler(parts: DoorParts, tenantOf: (principal: string) => string): Handler {
  return async (work, context) => {
    const watch = new HopWatch(parts.clock);
    const refuser = { ...parts, by: parts.operatorId, tenant: tenantOf(work.producer) };
    const { request, row, files } = await beforeDoor(work, refuser, async () => {
      const asked = readRequest(work);
      const loaded = await watch.hop("load", () => loadVerified(asked.artifact, parts));
      return { request: asked, ...loaded };
    });
    let operation: Operation;
    try {
      operation = await beforeDoor(work, refuser, () => operationOf(row, files, request));
    } catch (thrown) {
      const { code, message } = ArqonError.from(thrown);
      if (code !== "REPLAY_NOT_COMPARABLE") throw thrown;
      return { output: withoutRun(row, message), hops: watch.hops };
    }

    const state = await deviceState(operation.backendId, parts);
    const run = new Run({
      jobId: work.id,
      title: `replay of ${row.title}`,
      principal: work.producer,
      tenant: tenantOf(work.producer),
      operator: parts.operatorId,
      attempt: work.attempt,
      artifactType: "replay",
      parents: [{ artifactId: row.artifactId, role: "replayOf" }, ...state.parents],
      traceParent: work.trace?.["traceparent"] ?? "",
      environment: parts.environment,
      sdkVersion: parts.sdkVersion,
      cryptoMode: parts.cryptoMode,
    });
    const execution = await watch.hop("execute", () =>
      passDoor(operation, run, context, parts, state.calibrations),
    );
    throwIfGone(context.signal);
    const report = await watch.hop("compare", () => {
      const replayed = prepareBundle(draftOf(run, parts.clock.nowUs())).files;
      return compareRuns(files, replayed);
    });
    // The verdict is record: what a replay is depends on what it repeats and what came out, not on whom it is compared with.
    const sealed = await watch.hop("seal", () =>
      sealRun(run, parts.vault, parts.clock, { record: { "replay.json": replayReportJson(report) } }),
    );
    const { recipeId, artifactId, recordId } = sealed;
    const ids = { recipeId, artifactId, recordId };
    const { refusal } = execution;
    // An original that was refused is repeated by the same refusal: that is an answer, not a failure.
    const outcome: Outcome =
      refusal && !files.has("results/refusal.json")
        ? { error: refusal.error }
        : { output: outputOf(report, ids) };
    return { ...outcome, ids, hops: watch.hops };
  };
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

/** An artifact of the vault, verified anew. @throws ArqonError `ARTIFACT_UNKNOWN`, `BUNDLE_TAMPERED` */
export async function loadVerified(
  artifact: string,
  { vault, trust }: DoorParts,
): Promise<{ readonly row: RunRow; readonly files: BundleFiles }> {
  const row = await vault.find(artifact);
  const files = await vault.bundle(row.recordId);
  const report = await verifyBundle(files, { require: trust.require, verifier: trust.verifier });
  if (report.verdict !== "VERIFIED")
    throw new ArqonError(
      "BUNDLE_TAMPERED",
      `${row.artifactId} does not verify: ${problemsOf(report).slice(0, 3).join("; ")}`,
    );
  return { row, files };
}

/** The operation of a recipe, with what the request changes. @throws ArqonError `REPLAY_NOT_COMPARABLE` */
function operationOf(row: RunRow, files: BundleFiles, request: ReplayRequest): Operation {
  const refuse = (why: string): ArqonError => new ArqonError("REPLAY_NOT_COMPARABLE", why);
  if (row.reported || readManifest(files).reported)
    throw refuse(
      "the run was reported by an operator that is not the server's own; only that operator can repeat it",
    );
  if ([...files.keys()].some((path) => path.startsWith("recipe/executions/")))
    throw refuse("the run has several executions; only runs of one can be repeated yet");
  const recipe = recipeOf(files);
  const { kind, mediaType, program } = recipe.replay;
  if (typeof kind !== "string" || typeof program !== "string")
    throw refuse("its recipe does not say how to repeat it");
  const source = recipe.files.get(program);
  if (!source) throw refuse(`its recipe has no ${program}`);
  const sampler = recipe.seeds["sampler"];
  const seed = request.seed ?? (typeof sampler === "string" ? parseSeed(sampler) : undefined);
  if (seed === undefined) throw refuse("its recipe has no seed");
  const parameters: JsonObject =
    request.shots === undefined ? recipe.parameters : { ...recipe.parameters, shots: request.shots };
  return {
    kind,
    backendId: readManifest(files).backend_id,
    program: source,
    programMediaType: String(mediaType),
    name: row.title,
    parameters,
    seed,
  };
}

function outputOf(report: ReplayReport, replayed: BundleIds): JsonObject {
  const { comparison, sentence } = replayReportJson(report);
  return {
    causes: report.causes.map((cause) => ({ ...cause })),
    comparison: { results: comparison ?? [], sentence: sentence ?? "" },
    original: { ...report.original },
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
