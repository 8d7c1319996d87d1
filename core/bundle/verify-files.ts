/** Verification of a bundle's files against one another: no keys involved. */
import { ArqonError, equalBytes, fromBase64, jsonObject, parseCanonicalJson } from "../base/index.ts";
import { parseEnvelope } from "../proof/index.ts";
import { type ArtifactDocument, artifactIdOf, listedFiles, parseArtifact, recipeIdOf } from "./artifact.ts";
import { type BundleListing, digestOf, heldFiles, sizeOf } from "./contents.ts";
import type { BundleFiles } from "./draft.ts";
import {
  ARTIFACT_PATH,
  ENVELOPE_PATH,
  keyFileSuite,
  PROOF_PATH,
  REQUIRED_VIEWS,
  VIEW_PATHS,
} from "./layout.ts";
import { MANIFEST_PATH, parseManifest, type RunManifest } from "./manifest.ts";
import { requirePaths } from "./path.ts";
import { provenanceTest } from "./provenance.ts";
import type { Findings } from "./report.ts";
import { readLogical } from "./result.ts";
import { parseSums, renderDigests, SUMS_PATH } from "./sums.ts";

/** What later steps need. */
export interface ReadBundle {
  readonly artifact: ArtifactDocument;
  readonly manifest: RunManifest;
}

const OWN_PATHS: readonly string[] = [ARTIFACT_PATH, SUMS_PATH, ENVELOPE_PATH, PROOF_PATH];
const REQUIRED_PATHS: readonly string[] = [...OWN_PATHS, ...REQUIRED_VIEWS, MANIFEST_PATH];

/** A test of paths: whether that may be in a bundle though `artifact.json` does not list it. */
function unlistedTest(artifact: ArtifactDocument | undefined): (path: string) => boolean {
  const isProvenance = artifact && provenanceTest(artifact);
  return (path) =>
    OWN_PATHS.includes(path) ||
    VIEW_PATHS.includes(path) ||
    ["attestations/keys/", "ledger/keys/"].some((folder) => keyFileSuite(path, folder) !== undefined) ||
    isProvenance?.(path) === true;
}

/** Runs every check that needs the files alone. Returns `undefined` when the bundle cannot even be read. */
export function verifyFiles(contents: BundleListing, found: Findings): ReadBundle | undefined {
  const files = heldFiles(contents);
  found.attempt("paths", undefined, () => requirePaths(contents.keys()));
  found.ok("paths", `${contents.size} files`);
  const artifactBytes = files.get(ARTIFACT_PATH);
  const artifact =
    artifactBytes && found.attempt("schema", ARTIFACT_PATH, () => parseArtifact(artifactBytes));
  if (!artifactBytes) found.fail("files", "it was removed", ARTIFACT_PATH);
  const digests = new Map([...contents].map(([path, file]) => [path, digestOf(file)]));
  checkSums(files, digests, artifact, found);
  if (!artifact) return undefined;

  checkListing(contents, digests, artifact, found);
  checkCanonical(contents, found);
  checkIds(artifact, found);
  checkResults(contents, artifact, found);
  const manifestBytes = files.get(MANIFEST_PATH);
  const manifest =
    manifestBytes && found.attempt("schema", MANIFEST_PATH, () => parseManifest(manifestBytes));
  if (!manifest) return undefined;
  const { recipe_id, artifact_id } = artifact;
  if (
    manifest.recipe_id !== recipe_id ||
    manifest.artifact_id !== artifact_id ||
    manifest.artifact_hash !== artifact_id
  )
    found.fail("ids", "it names other ids than artifact.json", MANIFEST_PATH);
  found.ok("schema", "artifact.v1, run_manifest.v1");
  found.ok("ids", `artifact ${artifact_id}, recipe ${recipe_id}`);
  return { artifact, manifest };
}

/** What artifact.json and the envelope say of digests, unproven: tells a changed file from a changed line about it. */
function witnesses(files: BundleFiles, artifact: ArtifactDocument | undefined): ReadonlyMap<string, string> {
  const told = new Map<string, string>();
  try {
    const { payload } = parseEnvelope(files.get(ENVELOPE_PATH) ?? new Uint8Array());
    for (const [path, digest] of subjectsOf(fromBase64(payload))) told.set(path, digest);
  } catch {
    // A later step says what is wrong with the envelope.
  }
  if (artifact) for (const [path, entry] of listedFiles(artifact)) told.set(path, entry.sha256);
  return told;
}

/** Every file is in SHA256SUMS with its digest, and nothing else is. */
function checkSums(
  files: BundleFiles,
  digests: ReadonlyMap<string, string>,
  artifact: ArtifactDocument | undefined,
  found: Findings,
): void {
  const bytes = files.get(SUMS_PATH);
  if (!bytes) {
    found.fail("files", "it was removed", SUMS_PATH);
    return;
  }
  const sums = found.attempt("digests", SUMS_PATH, () => parseSums(bytes));
  if (!sums) return;
  const witness = witnesses(files, artifact);
  const isUnlisted = unlistedTest(artifact);
  const belongs = (path: string) => witness.has(path) || isUnlisted(path);
  for (const [path, sum] of sums) {
    const digest = digests.get(path);
    if (digest === undefined && !belongs(path))
      found.fail("files", `it names ${path}, which no bundle has`, SUMS_PATH);
    else if (digest === undefined) found.fail("files", "it was removed", path);
    else if (digest !== sum && witness.get(path) === digest)
      found.fail("digests", `its line for ${path} was changed`, SUMS_PATH);
    else if (digest !== sum) {
      found.fail("digests", `it was changed: SHA-256 is ${digest}, not ${sum}`, path);
      // Nothing else knows the digest of what carries its own proof: it may be the line that is wrong.
      if (!witness.has(path))
        found.fail("digests", `its line for ${path} was changed, or the file`, SUMS_PATH);
    }
  }
  for (const path of digests.keys()) {
    if (path === SUMS_PATH || sums.has(path)) continue;
    if (belongs(path)) found.fail("files", `it lacks a line for ${path}`, SUMS_PATH);
    else found.fail("files", `it was added: ${SUMS_PATH} lacks it`, path);
  }
  const failed = found.checks.some(
    ({ name, status }) => status === "failed" && (name === "files" || name === "digests"),
  );
  if (!failed && !equalBytes(renderDigests(digests), bytes))
    found.fail("digests", "it is not in canonical form", SUMS_PATH);
}

/** Every file is either listed in artifact.json with its digest, or one of the few that cannot be. */
function checkListing(
  files: BundleListing,
  digests: ReadonlyMap<string, string>,
  artifact: ArtifactDocument,
  found: Findings,
): void {
  const listed = listedFiles(artifact);
  const told = new Set(found.checks.filter(({ status }) => status === "failed").map(({ path }) => path));
  for (const [path, entry] of listed) {
    if (told.has(path)) continue;
    const digest = digests.get(path);
    if (digest === undefined) found.fail("files", "it was removed: artifact.json lists it", path);
    else if (digest !== entry.sha256 || sizeOf(files.get(path) as Uint8Array) !== entry.size)
      found.fail("digests", "it was changed: artifact.json lists another digest or size", path);
  }
  const isUnlisted = unlistedTest(artifact);
  for (const path of REQUIRED_PATHS)
    if (!files.has(path) && !told.has(path)) found.fail("files", "it was removed", path);
  for (const path of files.keys())
    if (!listed.has(path) && !isUnlisted(path) && !told.has(path))
      found.fail("files", "it was added: artifact.json does not list it", path);
  found.ok("files", `${files.size} files, none added, none removed`);
  found.ok("digests", `${digests.size} digests`);
}

/** JSON files are canonical and end in one line feed; results are looked at with their logical digests. */
function checkCanonical(files: BundleListing, found: Findings): void {
  let count = 0;
  for (const [path, bytes] of files) {
    if (!path.endsWith(".json") || path.startsWith("results/")) continue;
    if (!(bytes instanceof Uint8Array)) {
      found.fail("canonical", `its ${bytes.size} bytes are too many to be judged`, path);
      continue;
    }
    found.attempt("canonical", path, () => parseCanonicalJson(bytes, path));
    if (bytes.at(-1) !== 0x0a) found.fail("canonical", "it does not end in a line feed", path);
    count++;
  }
  found.ok("canonical", `${count} JSON files`);
}

/** The ids follow from what artifact.json lists. */
function checkIds(artifact: ArtifactDocument, found: Findings): void {
  const recipeId = recipeIdOf(artifact.recipe);
  const artifactId = artifactIdOf(artifact.content);
  if (recipeId !== artifact.recipe_id)
    found.fail("ids", `recipe_id is ${artifact.recipe_id}, but follows as ${recipeId}`, ARTIFACT_PATH);
  if (artifactId !== artifact.artifact_id)
    found.fail("ids", `artifact_id is ${artifact.artifact_id}, but follows as ${artifactId}`, ARTIFACT_PATH);
}

/** Logical digests follow from the bytes of results, where the kind of file is known. */
function checkResults(files: BundleListing, artifact: ArtifactDocument, found: Findings): void {
  let known = 0;
  for (const { path, logical_sha256, rows } of artifact.content.results) {
    const bytes = files.get(path);
    if (!bytes) continue;
    if (!(bytes instanceof Uint8Array)) {
      if (path.endsWith(".json"))
        found.fail("results", `its ${bytes.size} bytes are too many to be judged`, path);
      continue;
    }
    const logical = found.attempt("results", path, () => readLogical(path, bytes));
    if (!logical) continue;
    known++;
    if (logical.logicalSha256 !== logical_sha256 || logical.rows !== rows)
      found.fail("results", "its logical digest or number of rows is not the one listed", path);
  }
  const all = artifact.content.results.length;
  if (known < all && !found.checks.some(({ name, status }) => name === "results" && status === "failed"))
    found.add(
      "results",
      "ok",
      `${known} of ${all} logical digests recomputed; the others are covered by their bytes`,
    );
  else found.ok("results", `${known} logical digests recomputed`);
}

/** The statement's subjects by path. @throws ArqonError `JSON_INVALID` when it is not a statement. */
export function subjectsOf(statement: Uint8Array): Map<string, string> {
  const object = jsonObject(parseCanonicalJson(statement, "statement"), "statement");
  const list = Array.isArray(object["subject"]) ? object["subject"] : [];
  const subjects = new Map<string, string>();
  for (const item of list) {
    const subject = jsonObject(item, "subject");
    const { name } = subject;
    const { sha256 } = jsonObject(subject["digest"], "digest");
    if (typeof name !== "string" || typeof sha256 !== "string")
      throw new ArqonError("JSON_INVALID", "a subject's name and SHA-256 must be texts");
    subjects.set(name, sha256);
  }
  return subjects;
}
