/** `artifact.json`: what a bundle is made of, and the ids that follow from it. */
import {
  ArqonError,
  canonicalJson,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  sha256Hex,
  sha256HexOfText,
} from "../base/index.ts";
import { type BundleListing, digestOf, sizeOf } from "./contents.ts";
import type { ArtifactType, BundleIds, Parent, ResultFile } from "./draft.ts";
import { comparePaths } from "./path.ts";

/** One file as it is listed: path from the bundle's root, digest in 64 hexadecimal digits, size in bytes. */
export type FileEntry = { readonly path: string; readonly sha256: string; readonly size: number };

/** What a result means, as it is listed. */
export type LogicalEntry = { readonly path: string; readonly logical_sha256: string; readonly rows: number };

/** What was asked: the canonical JSON of this, under its domain, is the recipe id. */
export type RecipeDocument = {
  readonly schema: typeof RECIPE_SCHEMA;
  readonly artifact_type: ArtifactType;
  readonly engine: { readonly name: string; readonly semantics_version: string };
  readonly files: readonly FileEntry[];
  readonly parents: readonly { readonly artifact_id: string; readonly role: string }[];
};

/** What was asked, under which conditions, with which results: gives the artifact id. */
export type ContentDocument = {
  readonly schema: typeof CONTENT_SCHEMA;
  readonly recipe_id: string;
  readonly conditions: readonly FileEntry[];
  readonly results: readonly LogicalEntry[];
};

/** The file `artifact.json`; the digest of its bytes is the record id. */
export type ArtifactDocument = {
  readonly schema: typeof ARTIFACT_SCHEMA;
  readonly recipe_id: string;
  readonly artifact_id: string;
  readonly recipe: RecipeDocument;
  readonly content: ContentDocument;
  readonly results: readonly FileEntry[];
  readonly record: readonly FileEntry[];
};

export const RECIPE_SCHEMA = "urn:arqon:recipe:v1";
export const CONTENT_SCHEMA = "urn:arqon:content:v1";
export const ARTIFACT_SCHEMA = "urn:arqon:artifact:v1";
export const ARTIFACT_TYPES: readonly ArtifactType[] = [
  "run",
  "gradient",
  "calibration",
  "replay",
  "validation",
];

function domainDigest(domain: string, document: JsonObject): string {
  return `sha256:${sha256HexOfText(`${domain}\n${canonicalJson(document)}`)}`;
}

/** The recipe id: SHA-256 of "arqon.recipe.v1", a line feed, and the canonical JSON. */
export function recipeIdOf(recipe: RecipeDocument): string {
  return domainDigest("arqon.recipe.v1", recipe);
}

/** The artifact id: SHA-256 of "arqon.artifact.v1", a line feed, and the canonical JSON. */
export function artifactIdOf(content: ContentDocument): string {
  return domainDigest("arqon.artifact.v1", content);
}

/** The record id: SHA-256 of the bytes of `artifact.json`. */
export function recordIdOf(artifactJson: Uint8Array): string {
  return `sha256:${sha256Hex(artifactJson)}`;
}

/** Lists the files of a section, in the order of their paths. */
export function listFiles(section: string, files: BundleListing): FileEntry[] {
  return [...files]
    .map(([name, file]) => ({ path: `${section}/${name}`, sha256: digestOf(file), size: sizeOf(file) }))
    .sort((a, b) => comparePaths(a.path, b.path));
}

/** Lists what results mean, in the order of their paths. */
export function listLogical(
  results: ReadonlyMap<string, Pick<ResultFile, "logicalSha256" | "rows">>,
): LogicalEntry[] {
  return [...results]
    .map(([name, result]) => ({
      logical_sha256: result.logicalSha256,
      path: `results/${name}`,
      rows: result.rows,
    }))
    .sort((a, b) => comparePaths(a.path, b.path));
}

/** Parents in their one order: by artifact id, then role. */
export function listParents(parents: readonly Parent[]): RecipeDocument["parents"] {
  return parents
    .map(({ artifactId, role }) => ({ artifact_id: requireId(artifactId, "parent"), role }))
    .sort((a, b) => comparePaths(`${a.artifact_id} ${a.role}`, `${b.artifact_id} ${b.role}`));
}

/** @throws ArqonError `BUNDLE_MALFORMED` unless `id` is "sha256:" and 64 lower-case hexadecimal digits. */
export function requireId(id: string, what: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(id))
    throw new ArqonError(
      "BUNDLE_MALFORMED",
      `${what} id "${id.slice(0, 80)}" is not sha256: and 64 hex digits`,
    );
  return id;
}

function shape(value: Json | undefined, keys: string, what: string): JsonObject {
  const object = jsonObject(value, what);
  if (Object.keys(object).join() !== keys)
    throw new ArqonError("BUNDLE_MALFORMED", `${what} must have exactly the keys ${keys}`);
  return object;
}

function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new ArqonError("BUNDLE_MALFORMED", what);
}

const isText = (value: Json | undefined): value is string => typeof value === "string" && value !== "";
const isCount = (value: Json | undefined): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isDigest = (value: Json | undefined): boolean =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

function list(value: Json | undefined, section: string, logical: boolean, what: string): void {
  must(Array.isArray(value), `${what} must be a list`);
  let before = "";
  for (const item of value as readonly Json[]) {
    const entry = shape(
      item,
      logical ? "logical_sha256,path,rows" : "path,sha256,size",
      `an entry of ${what}`,
    );
    const path = entry["path"];
    must(isText(path) && path.startsWith(`${section}/`), `${what} lists ${JSON.stringify(path)}`);
    must(before === "" || comparePaths(before, path) < 0, `${what} is not sorted at ${path}`);
    must(
      isDigest(entry[logical ? "logical_sha256" : "sha256"]) && isCount(entry[logical ? "rows" : "size"]),
      `${what}: ${path} has a malformed digest or size`,
    );
    before = path;
  }
}

/**
 * Reads `artifact.json` and checks its structure, not its digests or ids.
 * @throws ArqonError `JSON_INVALID`, `BUNDLE_MALFORMED`.
 */
export function parseArtifact(bytes: Uint8Array): ArtifactDocument {
  return requireArtifact(parseCanonicalJson(bytes, "artifact.json"));
}

/** Checks the structure of what `artifact.json` holds, as parsed: keys in their order. @throws ArqonError `BUNDLE_MALFORMED`. */
export function requireArtifact(value: Json): ArtifactDocument {
  const keys = "artifact_id,content,recipe,recipe_id,record,results,schema";
  const whole = shape(value, keys, "artifact.json");
  const recipe = shape(whole["recipe"], "artifact_type,engine,files,parents,schema", "recipe");
  const content = shape(whole["content"], "conditions,recipe_id,results,schema", "content");
  const engine = shape(recipe["engine"], "name,semantics_version", "engine");
  must(
    whole["schema"] === ARTIFACT_SCHEMA,
    `artifact.json has the schema ${JSON.stringify(whole["schema"])}`,
  );
  must(recipe["schema"] === RECIPE_SCHEMA, `recipe has the schema ${JSON.stringify(recipe["schema"])}`);
  must(content["schema"] === CONTENT_SCHEMA, `content has the schema ${JSON.stringify(content["schema"])}`);
  must(
    isText(engine["name"]) && isText(engine["semantics_version"]),
    "engine must have a name and semantics",
  );
  must(ARTIFACT_TYPES.includes(recipe["artifact_type"] as ArtifactType), "artifact_type is not known");
  list(recipe["files"], "recipe", false, "recipe files");
  list(content["conditions"], "conditions", false, "conditions");
  list(content["results"], "results", true, "content results");
  list(whole["results"], "results", false, "results");
  list(whole["record"], "record", false, "record");
  const parents = recipe["parents"];
  must(Array.isArray(parents), "parents must be a list");
  let before = "";
  for (const item of parents as readonly Json[]) {
    const parent = shape(item, "artifact_id,role", "a parent");
    must(isText(parent["artifact_id"]) && isText(parent["role"]), "a parent lacks its id or role");
    requireId(parent["artifact_id"], "parent");
    const order = `${parent["artifact_id"]} ${parent["role"]}`;
    must(before === "" || comparePaths(before, order) < 0, "parents are not sorted, or one is there twice");
    before = order;
  }
  const document = whole as unknown as ArtifactDocument;
  requireId(String(document.recipe_id), "recipe");
  requireId(String(document.artifact_id), "artifact");
  must(content["recipe_id"] === whole["recipe_id"], "content names another recipe_id");
  const paths = (entries: readonly { readonly path: string }[]) => entries.map(({ path }) => path).join("\n");
  must(paths(document.content.results) === paths(document.results), "the two lists of results differ");
  return document;
}

/** Every file that `artifact.json` lists, by path. */
export function listedFiles(document: ArtifactDocument): Map<string, FileEntry> {
  const all = [
    ...document.recipe.files,
    ...document.content.conditions,
    ...document.results,
    ...document.record,
  ];
  return new Map(all.map((entry) => [entry.path, entry]));
}

/** The ids a document states, and the record id of its bytes. */
export function idsOf(document: ArtifactDocument, artifactJson: Uint8Array): BundleIds {
  return {
    recipeId: document.recipe_id,
    artifactId: document.artifact_id,
    recordId: recordIdOf(artifactJson),
  };
}
