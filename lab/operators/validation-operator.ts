/** Serves `validation.jobs`: judges a sealed run by declared constraints, and seals the judgement. No backend is touched. */
import { ArqonError, type JsonObject, jsonObject, parseCanonicalJson, utf8 } from "@arqon/core/base";
import { readConstraints, validateRun, validationJson } from "@arqon/core/bundle";
import { beforeDoor, type Handler, HopWatch, type Work } from "../runtime/index.ts";
import { judgementDraft } from "./judgement.ts";
import { loadVerified } from "./load-verified.ts";
import { programJson } from "./program-json.ts";
import type { DoorParts } from "./through-door.ts";

/** Schema of the capsule: the program is the constraints as JSON, the parameters name the artifact. */
export const VALIDATION_JOB_SCHEMA = "arqonbus.validation.job.v1";

/** Handles validation jobs. */
export function validationHandler(parts: DoorParts, tenantOf: (principal: string) => string): Handler {
  return async (work) => {
    const watch = new HopWatch(parts.clock);
    const tenant = tenantOf(work.producer);
    const startedUs = parts.clock.nowUs();
    const refuser = { ...parts, by: parts.operatorId, tenant };
    const { judged, constraints, outcome } = await beforeDoor(work, refuser, async () => {
      const constraints = constraintsOf(work);
      const declared = readConstraints(constraints);
      const judged = await watch.hop("load", () => loadVerified(artifactOf(work), parts, tenant));
      return { judged, constraints, outcome: validationJson(validateRun(judged.files, declared)) };
    });
    const judgement = {
      artifactType: "validation",
      judged,
      constraints,
      outcome,
      tenant,
      startedUs,
    } as const;
    const { recipeId, artifactId, recordId } = await watch.hop("seal", () =>
      parts.vault.seal(judgementDraft(work, judgement, parts), `validation of ${judged.row.title}`),
    );
    return {
      output: { ...outcome, artifact: judged.row.artifactId },
      ids: { recipeId, artifactId, recordId },
      hops: watch.hops,
    };
  };
}

function constraintsOf({ capsule }: Work): JsonObject {
  if (capsule.schema !== VALIDATION_JOB_SCHEMA)
    throw new ArqonError("SCHEMA_UNKNOWN", `"${capsule.schema}" is not ${VALIDATION_JOB_SCHEMA}`);
  const name = capsule.name || "constraints.json";
  return jsonObject(programJson(capsule.program, name), name);
}

function artifactOf({ capsule }: Work): string {
  const what = "parameters_json";
  const { artifact } = jsonObject(parseCanonicalJson(utf8(capsule.parametersJson), what), what);
  if (typeof artifact !== "string" || artifact === "")
    throw new ArqonError("USAGE", "a validation needs the id of an artifact");
  return artifact;
}
