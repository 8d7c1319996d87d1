/** Serves `validation.jobs`: judges a sealed run by declared constraints, and seals the judgement. No backend is touched. */
import {
  ArqonError,
  canonicalJsonFile,
  fromUtf8,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  parseJson,
  utf8,
} from "@arqon/core/base";
import {
  type BundleDraft,
  jsonResult,
  readConstraints,
  validateRun,
  validationJson,
} from "@arqon/core/bundle";
import type { RunRow } from "@arqon/vault";
import { beforeDoor, type Handler, HopWatch, rfc3339, type Work } from "../runtime/index.ts";
import type { DoorParts } from "./quantum-operator.ts";
import { loadVerified } from "./replay-operator.ts";

/** Schema of the capsule: the program is the constraints as JSON, the parameters name the artifact. */
export const VALIDATION_JOB_SCHEMA = "arqonbus.validation.job.v1";

/** What a validation means; enters the recipe. */
const ENGINE = { name: "arqon-validation", semantics: "1" };

/** Handles validation jobs. */
export function validationHandler(parts: DoorParts, tenantOf: (principal: string) => string): Handler {
  return async (work) => {
    const watch = new HopWatch(parts.clock);
    const tenant = tenantOf(work.producer);
    const startedUs = parts.clock.nowUs();
    const refuser = { ...parts, by: parts.operatorId, tenant };
    const { row, document, output } = await beforeDoor(work, refuser, async () => {
      const document = constraintsOf(work);
      const constraints = readConstraints(document);
      const { row, files } = await watch.hop("load", () => loadVerified(artifactOf(work), parts));
      return { row, document, output: validationJson(validateRun(files, constraints)) };
    });
    const draft = draftOf(work, row, document, output, parts, { tenant, startedUs });
    const title = `validation of ${row.title}`;
    const { recipeId, artifactId, recordId } = await watch.hop("seal", () => parts.vault.seal(draft, title));
    return {
      output: { ...output, artifact: row.artifactId },
      ids: { recipeId, artifactId, recordId },
      hops: watch.hops,
    };
  };
}

function constraintsOf({ capsule }: Work): JsonObject {
  if (capsule.schema !== VALIDATION_JOB_SCHEMA)
    throw new ArqonError("SCHEMA_UNKNOWN", `"${capsule.schema}" is not ${VALIDATION_JOB_SCHEMA}`);
  const name = capsule.name || "constraints.json";
  return jsonObject(parseJson(fromUtf8(capsule.program), name), name);
}

function artifactOf({ capsule }: Work): string {
  const what = "parameters_json";
  const { artifact } = jsonObject(parseCanonicalJson(utf8(capsule.parametersJson), what), what);
  if (typeof artifact !== "string" || artifact === "")
    throw new ArqonError("USAGE", "a validation needs the id of an artifact");
  return artifact;
}

function draftOf(
  work: Work,
  row: RunRow,
  constraints: JsonObject,
  output: JsonObject,
  parts: DoorParts,
  { tenant, startedUs }: { readonly tenant: string; readonly startedUs: number },
): BundleDraft {
  const nowUs = parts.clock.nowUs();
  const execution = {
    attempt: work.attempt,
    ended: rfc3339(nowUs),
    jobId: work.id,
    operator: parts.operatorId,
    principal: work.producer,
    started: rfc3339(startedUs),
    status: "completed",
    tenant,
    validated: { recordId: row.recordId },
  };
  return {
    artifactType: "validation",
    engine: ENGINE,
    recipe: new Map([["constraints.json", canonicalJsonFile(constraints)]]),
    conditions: new Map(),
    results: new Map([["validation.json", jsonResult(output)]]),
    record: new Map([
      ["environment.json", canonicalJsonFile(parts.environment)],
      ["execution.json", canonicalJsonFile(execution)],
    ]),
    parents: [{ artifactId: row.artifactId, role: "validates" }],
    reported: false,
    manifest: {
      jobId: work.id,
      tenant,
      backendId: "none",
      cryptoMode: parts.cryptoMode,
      calibrationSnapshotId: "",
      emMethod: "none",
      emVersion: "",
      seed: "",
      sdkVersion: parts.sdkVersion,
      createdAt: rfc3339(nowUs),
    },
  };
}
