/** The record sheet: what the index knows of one record, kept as an object of its own, so that the index can be lost. */
import {
  ArqonError,
  canonicalJsonFile,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
} from "@arqon/core/base";
import {
  ARTIFACT_PATH,
  type BundleListing,
  digestOf,
  heldFiles,
  idsOf,
  type Parent,
  parseArtifact,
  readManifest,
} from "@arqon/core/bundle";

const SCHEMA = "urn:arqon:record_sheet:v1";

/** A record, as a row of the index with its files. */
export interface RecordSheet {
  readonly recipeId: string;
  readonly artifactId: string;
  readonly recordId: string;
  readonly artifactType: string;
  readonly jobId: string;
  readonly backendId: string;
  readonly createdAt: string;
  readonly title: string;
  readonly reported: boolean;
  /** Position in this vault's run ledger; -1 for a record that came by import. */
  readonly ledgerIndex: number;
  /** When this vault took it in: UTC, RFC 3339. */
  readonly addedAt: string;
  readonly parents: readonly Parent[];
  /** Digest of every file, 64 hexadecimal digits, by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** What a bundle does not say of itself. */
export type SheetContext = Pick<RecordSheet, "title" | "ledgerIndex" | "addedAt">;

/** The sheet of a bundle. @throws ArqonError `BUNDLE_MALFORMED` when it lacks `artifact.json` or its manifest. */
export function sheetOf(contents: BundleListing, context: SheetContext): RecordSheet {
  const files = heldFiles(contents);
  const bytes = files.get(ARTIFACT_PATH);
  if (!bytes) throw new ArqonError("BUNDLE_MALFORMED", `the bundle has no ${ARTIFACT_PATH}`);
  const artifact = parseArtifact(bytes);
  const manifest = readManifest(files);
  return {
    ...idsOf(artifact, bytes),
    artifactType: artifact.recipe.artifact_type,
    jobId: manifest.job_id,
    backendId: manifest.backend_id,
    createdAt: manifest.created_at,
    reported: manifest.reported,
    ...context,
    parents: artifact.recipe.parents.map(({ artifact_id, role }) => ({ artifactId: artifact_id, role })),
    files: new Map([...contents].map(([path, file]) => [path, digestOf(file)])),
  };
}

/** The sheet's bytes. */
export function encodeSheet(sheet: RecordSheet): Uint8Array {
  return canonicalJsonFile({
    schema: SCHEMA,
    ...sheet,
    parents: sheet.parents.map(({ artifactId, role }) => ({ artifactId, role })),
    files: Object.fromEntries(sheet.files),
  });
}

/** Reads a sheet. @throws ArqonError `JSON_INVALID` naming `what`. */
export function parseSheet(bytes: Uint8Array, what: string): RecordSheet {
  const object = jsonObject(parseCanonicalJson(bytes, what), what);
  if (object["schema"] !== SCHEMA) throw new ArqonError("JSON_INVALID", `${what} is not a record sheet`);
  const text = (from: JsonObject, key: string): string => {
    const value = from[key];
    if (typeof value !== "string") throw new ArqonError("JSON_INVALID", `${what}: "${key}" is not a text`);
    return value;
  };
  const files = jsonObject(object["files"], `${what}: files`);
  const parents = (object["parents"] ?? []) as readonly Json[];
  return {
    recipeId: text(object, "recipeId"),
    artifactId: text(object, "artifactId"),
    recordId: text(object, "recordId"),
    artifactType: text(object, "artifactType"),
    jobId: text(object, "jobId"),
    backendId: text(object, "backendId"),
    createdAt: text(object, "createdAt"),
    title: text(object, "title"),
    reported: object["reported"] === true,
    ledgerIndex: Number(object["ledgerIndex"]),
    addedAt: text(object, "addedAt"),
    parents: parents.map((item) => {
      const parent = jsonObject(item, `${what}: a parent`);
      return { artifactId: text(parent, "artifactId"), role: text(parent, "role") };
    }),
    files: new Map(Object.keys(files).map((path) => [path, text(files, path)])),
  };
}
