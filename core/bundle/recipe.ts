/** The recipe of a bundle, as a replay needs it. */
import { ArqonError, type JsonObject, jsonObject, parseCanonicalJson } from "../base/index.ts";
import { parseArtifact } from "./artifact.ts";
import type { ArtifactType, BundleFiles, Parent } from "./draft.ts";

export const PARAMETERS_PATH = "recipe/parameters.json";
export const SEEDS_PATH = "recipe/seeds.json";
export const REPLAY_PATH = "recipe/replay.json";

/** What was asked. */
export interface Recipe {
  readonly recipeId: string;
  readonly artifactType: ArtifactType;
  readonly engine: { readonly name: string; readonly semantics: string };
  readonly parents: readonly Parent[];
  /** All files of the recipe; paths relative to `recipe/`, as in a draft. */
  readonly files: BundleFiles;
  /** The files that are not parameters, seeds or replay rules: the program. */
  readonly program: BundleFiles;
  /** Empty objects where the recipe has no such file. */
  readonly parameters: JsonObject;
  readonly seeds: JsonObject;
  readonly replay: JsonObject;
}

/** A canonical JSON object among the files; empty when it is not there. */
export function readObject(files: BundleFiles, path: string): JsonObject {
  const bytes = files.get(path);
  return bytes ? jsonObject(parseCanonicalJson(bytes, path), path) : {};
}

/**
 * Reads the recipe of a bundle or of prepared files. It trusts them: verify first.
 * @throws ArqonError `BUNDLE_MALFORMED`, `JSON_INVALID`.
 */
export function recipeOf(files: BundleFiles): Recipe {
  const bytes = files.get("artifact.json");
  if (!bytes) throw new ArqonError("BUNDLE_MALFORMED", "the bundle has no artifact.json");
  const { recipe, recipe_id } = parseArtifact(bytes);
  const own = new Map<string, Uint8Array>();
  for (const { path } of recipe.files) {
    const content = files.get(path);
    if (!content) throw new ArqonError("BUNDLE_MALFORMED", `the bundle has no ${path}`);
    own.set(path.slice("recipe/".length), content);
  }
  const rules = new Set([PARAMETERS_PATH, SEEDS_PATH, REPLAY_PATH]);
  return {
    recipeId: recipe_id,
    artifactType: recipe.artifact_type,
    engine: { name: recipe.engine.name, semantics: recipe.engine.semantics_version },
    parents: recipe.parents.map(({ artifact_id, role }) => ({ artifactId: artifact_id, role })),
    files: own,
    program: new Map([...own].filter(([name]) => !rules.has(`recipe/${name}`))),
    parameters: readObject(files, PARAMETERS_PATH),
    seeds: readObject(files, SEEDS_PATH),
    replay: readObject(files, REPLAY_PATH),
  };
}
