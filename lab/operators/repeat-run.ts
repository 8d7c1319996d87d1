/** Repeats a run of the server's own operators: its recipe goes through the door again. */
import { ArqonError, type JsonObject, parseSeed } from "@arqon/core/base";
import { readManifest, recipeOf } from "@arqon/core/bundle";
import { CALIBRATE_KIND, draftOf, type Operation } from "../runtime/index.ts";
import { deviceState } from "./device-state.ts";
import type { Loaded } from "./load-verified.ts";
import {
  notComparable,
  REPLAY_OF,
  type Repetition,
  type Replaying,
  type ReplayRequest,
} from "./repetition.ts";
import { openRun, passDoor, throwIfGone } from "./through-door.ts";

/** @throws ArqonError the reason when the work is gone. */
export async function repeatRun(
  operation: Operation,
  { row, files }: Loaded,
  { work, context, watch, tenant, parts }: Replaying,
): Promise<Repetition> {
  const state = await deviceState(operation.backendId, parts);
  const run = openRun(work, parts, {
    title: `replay of ${row.title}`,
    tenant,
    artifactType: "replay",
    parents: [{ artifactId: row.artifactId, role: REPLAY_OF }, ...state.parents],
  });
  const { refusal } = await watch.hop("execute", () =>
    passDoor(operation, run, context, parts, state.calibrations),
  );
  throwIfGone(context.signal);
  run.close();
  const draft = draftOf(run, parts.clock.nowUs());
  // An original that was refused is repeated by the same refusal: that is an answer, not a failure.
  return refusal && !files.has("results/refusal.json") ? { draft, error: refusal.error } : { draft };
}

/** The operation of a recipe, with what the request changes. @throws ArqonError `REPLAY_NOT_COMPARABLE` */
export function operationOf({ row, files }: Loaded, request: ReplayRequest): Operation {
  if ([...files.keys()].some((path) => path.startsWith("recipe/executions/")))
    throw notComparable("the run has several executions; only runs of one can be repeated yet");
  const recipe = recipeOf(files);
  const { kind, mediaType, program } = recipe.replay;
  if (typeof kind !== "string" || typeof program !== "string")
    throw notComparable("its recipe does not say how to repeat it");
  if (kind === CALIBRATE_KIND && (request.seed !== undefined || request.shots !== undefined))
    throw new ArqonError(
      "USAGE",
      `${row.artifactId} is a calibration: it has neither a seed nor shots to change`,
    );
  const source = recipe.files.get(program);
  if (!source) throw notComparable(`its recipe has no ${program}`);
  const sampler = recipe.seeds["sampler"];
  const seed = request.seed ?? (typeof sampler === "string" ? parseSeed(sampler) : undefined);
  if (seed === undefined) throw notComparable("its recipe has no seed");
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
