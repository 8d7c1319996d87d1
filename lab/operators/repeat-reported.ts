/** Repeats a run that a foreign operator reported: the same job again on its topic, sealed by the bus as the first was. */
import {
  ArqonError,
  canonicalJson,
  canonicalJsonFile,
  deriveUuid,
  formatSeed,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  parseLabels,
} from "@arqon/core/base";
import {
  type BundleDraft,
  type BundleFiles,
  type Recipe,
  type ResultFile,
  readLogical,
  readManifest,
  recipeOf,
} from "@arqon/core/bundle";
import { create, Effect, type Job, JobSchema } from "@arqon/core/wire";
import { labelsRecord, rfc3339 } from "../runtime/index.ts";
import { type BoundJobs, followBound } from "../scheduler/index.ts";
import { type Loaded, loadVerified } from "./load-verified.ts";
import {
  notComparable,
  REPLAY_OF,
  type Repetition,
  type Replaying,
  type ReplayRequest,
} from "./repetition.ts";

/** How jobs of others reach the bus again and come back. */
export type RepeatedJobs = Pick<BoundJobs, "submit" | "follow" | "cancel"> & {
  /** Whether somebody has leased it, or it has ended. */
  isTaken(id: string): Promise<boolean>;
};

/** An operator that is there and not busy takes its job at once; one that is busy cannot be told from none. */
const TAKEN_WITHIN_MS = 10_000;
/** Bound jobs need a decision of the scheduler, so they begin with it again. */
const BACKEND = /^backend\.([^.]+)$/;
/** The server's own services decide by who asks them, and a replay would ask in its own name. */
const OWN = new Set(["quantum", "calibration", "qml", "replay", "validation", "seal"]);
const EXECUTION = "record/execution.json";

/**
 * Asks the operator again, with the rights that the submitter of the replay has.
 * @throws ArqonError `REPLAY_NOT_COMPARABLE` when nobody may or does repeat it, `CAPABILITY_REFUSED`
 */
export async function repeatReported(
  original: Loaded,
  request: ReplayRequest,
  jobs: RepeatedJobs | undefined,
  replaying: Replaying,
): Promise<Repetition> {
  const { work, context, parts } = replaying;
  const startedUs = parts.clock.nowUs();
  const target = readManifest(original.files).backend_id;
  if (!jobs)
    throw notComparable(
      `only ${target} can repeat what it reported, and jobs cannot be sent there from here`,
    );
  if (OWN.has(target))
    throw notComparable(`it gave no result to compare with; submit it again to ${target}.jobs`);
  const topic = BACKEND.test(target) ? "quantum.jobs" : `${target}.jobs`;
  if (parts.policy.mayExecute(work.producer, target) !== true)
    throw new ArqonError(
      "CAPABILITY_REFUSED",
      `${work.producer} may not execute on ${target}; it takes can_execute:${target}.jobs`,
    );
  const { job, effect } = jobOf(original, request, target);
  job.tenant = replaying.tenant;
  job.deadlineUnixUs = BigInt(Math.floor(startedUs + 1000 * parts.limits.timeMs));
  const id = deriveUuid(work.id, "repeat");
  await jobs.submit(topic, id, job, work.trace);
  let isUnserved = false;
  const giveUp = parts.timer.after(TAKEN_WITHIN_MS, () => {
    void jobs.isTaken(id).then(
      (isTaken) => {
        if (isTaken) return;
        isUnserved = true;
        return jobs.cancel(id, `nobody took it on ${topic}`);
      },
      () => {},
    );
  });
  try {
    void context.progress(0, `asked ${topic} again`);
    const { error, ids } = await replaying.watch.hop("repeat", () => followBound(id, work, context, jobs));
    if (isUnserved)
      throw notComparable(
        `nobody took it on ${topic} within ${TAKEN_WITHIN_MS / 1000} s: no operator serves it now, or all are busy; ask again then`,
      );
    if (context.signal.aborted) throw ArqonError.from(context.signal.reason, "CANCELLED");
    if (!ids) throw error ?? new ArqonError("ARTIFACT_UNKNOWN", `job ${id} was not sealed`);
    const repeated = await loadVerified(ids.recordId, parts);
    const draft = draftOf(original, repeated, { startedUs, jobId: id, effect }, replaying);
    return error && !original.files.has("results/refusal.json") ? { draft, error } : { draft };
  } finally {
    giveUp();
  }
}

/** The job as it was, with what the request changes. What its record does not say is not done again. */
function jobOf({ row, files }: Loaded, request: ReplayRequest, target: string): { job: Job; effect: string } {
  const recipe = recipeOf(files);
  const { kind, mediaType, program } = recipe.replay;
  const source = recipe.files.get(String(program));
  if (typeof kind !== "string" || !source) throw notComparable("its recipe does not say how to repeat it");
  const { effect, constraints = {}, unreadable } = readExecution(files);
  if (unreadable !== undefined)
    throw notComparable(
      "its parameters or constraints were no JSON object: they are in its record as they came",
    );
  if (effect !== "pure" && effect !== "idempotent")
    throw notComparable(
      effect === "physical"
        ? `its effect is physical: to do it again, submit it again to ${target}.jobs`
        : "its record does not say what repeating it does",
    );
  const [, backend] = BACKEND.exec(target) ?? [];
  const limits = { ...jsonObject(constraints, "constraints"), ...(backend !== undefined && { backend }) };
  const job = create(JobSchema, {
    capsule: {
      schema: kind,
      program: source,
      programMediaType: String(mediaType),
      name: row.title,
      parametersJson: canonicalJson(changed(recipe, request)),
      constraintsJson: canonicalJson(limits),
    },
    effect: effect === "pure" ? Effect.PURE : Effect.IDEMPOTENT,
  });
  return { job, effect };
}

function changed({ parameters }: Recipe, { seed, shots }: ReplayRequest): JsonObject {
  return {
    ...parameters,
    ...(seed !== undefined && { seed: formatSeed(seed) }),
    ...(shots !== undefined && { shots }),
  };
}

function readExecution(files: BundleFiles): JsonObject {
  const bytes = files.get(EXECUTION);
  return bytes ? jsonObject(parseCanonicalJson(bytes, EXECUTION), EXECUTION) : {};
}

/** The run as the bus sealed it, as a replay of the original. */
function draftOf(
  original: Loaded,
  { row, files }: Loaded,
  {
    startedUs,
    jobId,
    effect,
  }: { readonly startedUs: number; readonly jobId: string; readonly effect: string },
  { work, tenant, parts }: Replaying,
): BundleDraft {
  const recipe = recipeOf(files);
  const { backend_id: backendId, seed } = readManifest(files);
  const nowUs = parts.clock.nowUs();
  const { constraints = {}, status = "completed" } = readExecution(files);
  const { artifactId, recordId } = row;
  const execution = {
    attempt: work.attempt,
    constraints,
    effect,
    ended: rfc3339(nowUs),
    jobId: work.id,
    operator: parts.operatorId,
    principal: work.producer,
    repeated: { artifactId, jobId, recordId },
    started: rfc3339(startedUs),
    status,
    tenant,
  };
  return {
    artifactType: "replay",
    engine: recipe.engine,
    recipe: recipe.files,
    conditions: section(files, "conditions/"),
    results: new Map([...section(files, "results/")].map(([name, bytes]) => [name, resultOf(name, bytes)])),
    record: new Map([
      ["environment.json", canonicalJsonFile(parts.environment)],
      ["execution.json", canonicalJsonFile(execution)],
      ...labelsRecord(parseLabels(work.capsule.labelsJson)),
    ]),
    parents: [{ artifactId: original.row.artifactId, role: REPLAY_OF }],
    reported: true,
    manifest: {
      jobId: work.id,
      tenant,
      backendId,
      cryptoMode: parts.cryptoMode,
      calibrationSnapshotId: "",
      emMethod: "none",
      emVersion: "",
      seed,
      sdkVersion: parts.sdkVersion,
      createdAt: rfc3339(nowUs),
    },
  };
}

function section(files: BundleFiles, folder: string): Map<string, Uint8Array> {
  return new Map(
    [...files].flatMap(([path, bytes]) =>
      path.startsWith(folder) ? [[path.slice(folder.length), bytes] as const] : [],
    ),
  );
}

/** Whatever the bus seals of another's run is JSON. */
function resultOf(name: string, bytes: Uint8Array): ResultFile {
  const logical = readLogical(`results/${name}`, bytes);
  if (!logical) throw notComparable(`its result ${name} is of a kind that is not known`);
  return { bytes, ...logical };
}
