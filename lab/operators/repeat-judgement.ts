/** Repeats a judgement: the declared constraints of a Validation, against the run that it judged. */
import { ArqonError, jsonObject, parseCanonicalJson } from "@arqon/core/base";
import { type Recipe, readConstraints, recipeOf, validateRun, validationJson } from "@arqon/core/bundle";
import { CONSTRAINTS_FILE, JUDGEMENT_ENGINE, judgementDraft, VALIDATES } from "./judgement.ts";
import { type Loaded, loadVerified } from "./load-verified.ts";
import {
  notComparable,
  REPLAY_OF,
  type Repetition,
  type Replaying,
  type ReplayRequest,
} from "./repetition.ts";
import type { DoorParts } from "./through-door.ts";

/** Whether a recipe is that of a Validation, or of the replay of one. */
export function isJudgement({ engine }: Recipe): boolean {
  return engine.name === JUDGEMENT_ENGINE.name;
}

/** @throws ArqonError `USAGE` when something else is asked for, `REPLAY_NOT_COMPARABLE` without the run that was judged. */
export async function repeatJudgement(
  { row, files }: Loaded,
  { seed, shots }: ReplayRequest,
  { work, tenant, parts }: Replaying,
): Promise<Repetition> {
  if (seed !== undefined || shots !== undefined)
    throw new ArqonError(
      "USAGE",
      `${row.artifactId} is a validation: it has neither a seed nor shots to change`,
    );
  const startedUs = parts.clock.nowUs();
  const recipe = recipeOf(files);
  const constraints = jsonObject(
    parseCanonicalJson(recipe.files.get(CONSTRAINTS_FILE) ?? new Uint8Array(), CONSTRAINTS_FILE),
    CONSTRAINTS_FILE,
  );
  const judged = await judgedRun(recipe, parts, tenant);
  const draft = judgementDraft(
    work,
    {
      artifactType: "replay",
      judged,
      constraints,
      outcome: validationJson(validateRun(judged.files, readConstraints(constraints))),
      parents: [{ artifactId: row.artifactId, role: REPLAY_OF }],
      tenant,
      startedUs,
    },
    parts,
  );
  return { draft };
}

async function judgedRun({ parents }: Recipe, parts: DoorParts, tenant: string): Promise<Loaded> {
  const judged = parents.find(({ role }) => role === VALIDATES);
  if (!judged) throw notComparable("its recipe does not say what it judged");
  try {
    return await loadVerified(judged.artifactId, parts, tenant);
  } catch (thrown) {
    if (ArqonError.from(thrown).code !== "ARTIFACT_UNKNOWN") throw thrown;
    throw notComparable(`the run it judged, ${judged.artifactId}, is not here; import it first`);
  }
}
