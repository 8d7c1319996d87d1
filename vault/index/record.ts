/**
 * The record sheet: one object that says what the index knows of a record, so that the index can be lost, and holds the
 * record's small files: canonical JSON, a line feed, and their bytes side by side.
 */
import {
  ArqonError,
  canonicalJsonFile,
  concatBytes,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  sha256Hex,
} from "@arqon/core/base";
import {
  ARTIFACT_PATH,
  type ArtifactDocument,
  type BundleFiles,
  type BundleIds,
  type BundleListing,
  digestOf,
  heldFiles,
  idsOf,
  type Parent,
  parseArtifact,
  type RunManifest,
  readManifest,
} from "@arqon/core/bundle";

/** Sheets of before held no files, and are written so still where there are none. */
const PLAIN = "urn:arqon:record_sheet:v1";
const HOLDING = "urn:arqon:record_sheet:v2";

/** Largest file that is kept in the sheet, in bytes: a larger one is an object of its own, once however many have it. */
const WITHIN_BYTES = 16_384;

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
  /** The files that are in the sheet itself; the others are objects of their own. */
  readonly within: ReadonlyMap<string, Uint8Array>;
}

/** Digests of the files that are objects of their own, by path. */
export function filesBeside({ files, within }: RecordSheet): Map<string, string> {
  if (within.size === files.size) return new Map(); // Mostly it has all of them.
  return new Map([...files].filter(([path]) => !within.has(path)));
}

/** Whether a file is for the sheet: a small one. What parents give is the same for all their children. */
function isForSheet(path: string, file: Uint8Array): boolean {
  return file.length <= WITHIN_BYTES && !path.startsWith("provenance/parents/");
}

const LINE_FEED = 0x0a;

/** What a bundle does not say of itself. */
export type SheetContext = Pick<RecordSheet, "title" | "ledgerIndex" | "addedAt">;

/**
 * The sheet of a bundle. @throws ArqonError `BUNDLE_MALFORMED` when it lacks `artifact.json` or its manifest.
 * @param isWithin  which files it holds; the small ones unless told otherwise.
 */
export function sheetOf(
  contents: BundleListing,
  context: SheetContext,
  isWithin: (path: string, file: Uint8Array) => boolean = isForSheet,
): RecordSheet {
  const files = heldFiles(contents);
  const bytes = files.get(ARTIFACT_PATH);
  if (!bytes) throw new ArqonError("BUNDLE_MALFORMED", `the bundle has no ${ARTIFACT_PATH}`);
  const artifact = parseArtifact(bytes);
  const digests = new Map([...contents].map(([path, file]) => [path, digestOf(file)]));
  return sheetFrom(
    { ids: idsOf(artifact, bytes), artifact, manifest: readManifest(files), files, digests },
    context,
    isWithin,
  );
}

/** What a sheet is made of, where it is at hand. */
export interface SheetSource {
  readonly ids: BundleIds;
  readonly artifact: ArtifactDocument;
  readonly manifest: RunManifest;
  /** The files that are held. */
  readonly files: BundleFiles;
  /** Of every file, held or not. */
  readonly digests: ReadonlyMap<string, string>;
}

/** As {@link sheetOf}, without reading or hashing anything anew. */
export function sheetFrom(
  { ids, artifact, manifest, files, digests }: SheetSource,
  context: SheetContext,
  isWithin: (path: string, file: Uint8Array) => boolean = isForSheet,
): RecordSheet {
  const within = new Map<string, Uint8Array>();
  files.forEach((file, path) => {
    if (isWithin(path, file)) within.set(path, file);
  });
  return {
    ...ids,
    artifactType: artifact.recipe.artifact_type,
    jobId: manifest.job_id,
    backendId: manifest.backend_id,
    createdAt: manifest.created_at,
    reported: manifest.reported,
    ...context,
    parents: artifact.recipe.parents.map(({ artifact_id, role }) => ({ artifactId: artifact_id, role })),
    files: digests,
    within,
  };
}

/** The sheet's bytes. */
export function encodeSheet(sheet: RecordSheet): Uint8Array {
  const { within, ...row } = sheet;
  const paths = [...within.keys()].sort();
  // Keys in their canonical order.
  const head = canonicalJsonFile({
    addedAt: row.addedAt,
    artifactId: row.artifactId,
    artifactType: row.artifactType,
    backendId: row.backendId,
    createdAt: row.createdAt,
    files: Object.fromEntries(filesBeside(sheet)),
    jobId: row.jobId,
    ledgerIndex: row.ledgerIndex,
    parents: row.parents.map(({ artifactId, role }) => ({ artifactId, role })),
    recipeId: row.recipeId,
    recordId: row.recordId,
    reported: row.reported,
    schema: paths.length > 0 ? HOLDING : PLAIN,
    title: row.title,
    ...(paths.length > 0 && { within: paths.map((path) => [path, within.get(path)?.length ?? 0]) }),
  });
  return concatBytes(head, ...paths.map((path) => within.get(path) as Uint8Array));
}

/** Reads a sheet. @throws ArqonError `JSON_INVALID` naming `what`. */
export function parseSheet(bytes: Uint8Array, what: string): RecordSheet {
  const end = bytes.indexOf(LINE_FEED) + 1 || bytes.length;
  const object = jsonObject(parseCanonicalJson(bytes.subarray(0, end), what), what);
  const { schema } = object;
  if (schema !== PLAIN && schema !== HOLDING)
    throw new ArqonError("JSON_INVALID", `${what} is not a record sheet`);
  const text = (from: JsonObject, key: string): string => {
    const value = from[key];
    if (typeof value !== "string") throw new ArqonError("JSON_INVALID", `${what}: "${key}" is not a text`);
    return value;
  };
  const beside = jsonObject(object["files"], `${what}: files`);
  const within = cut(bytes.subarray(end), object["within"], what);
  const files = new Map(Object.keys(beside).map((path) => [path, text(beside, path)]));
  for (const [path, file] of within) files.set(path, sha256Hex(file));
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
    files,
    within,
  };
}

/** The files side by side, as `sizes` lists them: path and bytes of each. */
function cut(bytes: Uint8Array, sizes: Json | undefined, what: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  for (const entry of Array.isArray(sizes) ? (sizes as readonly Json[]) : []) {
    const [path, size] = Array.isArray(entry) ? (entry as readonly Json[]) : [];
    if (typeof path !== "string" || !Number.isSafeInteger(size) || Number(size) < 0)
      throw new ArqonError("JSON_INVALID", `${what}: "within" is not a list of paths and sizes`);
    files.set(path, bytes.subarray(at, at + Number(size)));
    at += Number(size);
  }
  if (at !== bytes.length)
    throw new ArqonError("JSON_INVALID", `${what} has ${bytes.length} bytes of files, but lists ${at}`);
  return files;
}
