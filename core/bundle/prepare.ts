/** First half of sealing: from a draft to its ids, its files so far, and the statement to sign. */
import { ArqonError, parseCanonicalJson, utf8 } from "../base/index.ts";
import type { SignatureAlgorithm } from "../proof/index.ts";
import {
  ARTIFACT_SCHEMA,
  type ArtifactDocument,
  artifactIdOf,
  CONTENT_SCHEMA,
  encodeArtifact,
  idsOf,
  listFiles,
  listLogical,
  listParents,
  parseArtifact,
  RECIPE_SCHEMA,
  recipeIdOf,
} from "./artifact.ts";
import {
  biblatex,
  buildCitation,
  type CitationMetadata,
  citationCff,
  citationMarkdown,
  dataciteJson,
} from "./cite/index.ts";
import type { BundleListing, FileFacts } from "./contents.ts";
import type { BundleDraft, BundleFiles, BundleIds, ResultFile } from "./draft.ts";
import { ARTIFACT_PATH, attestationKeyPath, ENVELOPE_PATH, PROOF_PATH, VIEW_PATHS } from "./layout.ts";
import { buildManifest, encodeManifest, MANIFEST_PATH, type RunManifest } from "./manifest.ts";
import { requirePaths } from "./path.ts";
import { provenanceFiles, provenanceTest } from "./provenance.ts";
import { readLogical } from "./result.ts";
import { buildStatement } from "./statement.ts";
import { readTimes } from "./times.ts";
import { crateFile } from "./views/crate.ts";
import type { CrateEdition } from "./views/edition.ts";
import { previewFile } from "./views/preview.ts";
import { verifyText } from "./views/verify-text.ts";

/** How to prepare. */
export interface PrepareOptions {
  /** Suites that will sign; Ed25519 and ML-DSA-65 unless told otherwise. */
  readonly suites?: readonly SignatureAlgorithm[];
  /** For people, in the views only; identity does not depend on it. */
  readonly title?: string;
  /** Who made it and under which licence, for the views. */
  readonly citation?: CitationMetadata;
  /** Which RO-Crate the crate follows; "1.1" unless told otherwise. */
  readonly crate?: CrateEdition;
  /** Bundles of parents that are at hand; of each only the stub is taken. */
  readonly parents?: readonly BundleFiles[];
}

/** A bundle that lacks only what follows from signing. */
export interface Prepared {
  readonly ids: BundleIds;
  readonly files: BundleFiles;
  /** The files that are not held. */
  readonly large: ReadonlyMap<string, FileFacts>;
  readonly artifact: ArtifactDocument;
  readonly manifest: RunManifest;
  readonly suites: readonly SignatureAlgorithm[];
  /** Canonical bytes of the in-toto statement: the payload to sign, of type `IN_TOTO_TYPE`. */
  readonly statement: Uint8Array;
}

/** Results are left out: their logical digests need the same check. */
function requireCanonical(files: BundleFiles): void {
  for (const [path, bytes] of files) {
    if (!path.endsWith(".json") || path.startsWith("results/")) continue;
    parseCanonicalJson(bytes, path);
    if (bytes.at(-1) !== 0x0a) throw new ArqonError("JSON_INVALID", `${path} does not end in a line feed`);
  }
}

type Meaning = Pick<ResultFile, "logicalSha256" | "rows">;

/** Large results by path. Of JSON the meaning must be read, so it is held or not there. */
function largeFiles(
  { large = new Map() }: BundleDraft,
  held: ReadonlyMap<string, unknown>,
): Map<string, FileFacts> {
  const files = new Map<string, FileFacts>();
  for (const [name, { sha256, size }] of large) {
    const path = `results/${name}`;
    if (held.has(path) || path.endsWith(".json"))
      throw new ArqonError("BUNDLE_MALFORMED", `${path} is there twice, or JSON that is too large to hold`);
    files.set(path, { sha256, size });
  }
  return files;
}

/**
 * Computes the ids and everything that is signed. Pure: equal drafts give equal bytes.
 *
 * @throws ArqonError `BUNDLE_MALFORMED` for a path, parent or time that may not be, `JSON_INVALID` for a `.json` file
 *   that is not canonical, `BUNDLE_TAMPERED` for a result whose logical digest is not that of its bytes.
 */
export function prepareBundle(draft: BundleDraft, options: PrepareOptions = {}): Prepared {
  const suites = options.suites ?? ["ed25519", "ml-dsa-65"];
  const source = new Map<string, Uint8Array>();
  for (const section of ["recipe", "conditions", "record"] as const)
    for (const [name, bytes] of draft[section]) source.set(`${section}/${name}`, bytes);
  for (const [name, result] of draft.results) {
    const path = `results/${name}`;
    source.set(path, result.bytes);
    const logical = readLogical(path, result.bytes);
    if (logical && (logical.logicalSha256 !== result.logicalSha256 || logical.rows !== result.rows))
      throw new ArqonError(
        "BUNDLE_TAMPERED",
        `the logical digest or rows of ${path} are not those of its bytes`,
      );
  }
  const large = largeFiles(draft, source);
  if (source.has(MANIFEST_PATH)) throw new TypeError(`${MANIFEST_PATH} is written by the sealer`);
  requireCanonical(source);

  const recipe = {
    schema: RECIPE_SCHEMA,
    artifact_type: draft.artifactType,
    engine: { name: draft.engine.name, semantics_version: draft.engine.semantics },
    files: listFiles("recipe", draft.recipe),
    parents: listParents(draft.parents),
  } as const;
  const recipeId = recipeIdOf(recipe);
  const content = {
    schema: CONTENT_SCHEMA,
    recipe_id: recipeId,
    conditions: listFiles("conditions", draft.conditions),
    results: listLogical(new Map<string, Meaning>([...draft.results, ...(draft.large ?? [])])),
  } as const;
  const artifactId = artifactIdOf(content);

  const manifest = buildManifest(draft, { recipeId, artifactId }, suites);
  const manifestBytes = encodeManifest(manifest);
  source.set(MANIFEST_PATH, manifestBytes);
  const record = new Map(draft.record).set(MANIFEST_PATH.slice("record/".length), manifestBytes);
  const results = new Map<string, Uint8Array | FileFacts>(
    [...draft.results].map(([name, { bytes }]) => [name, bytes]),
  );
  for (const [name, file] of draft.large ?? []) results.set(name, file);
  const artifact: ArtifactDocument = {
    schema: ARTIFACT_SCHEMA,
    recipe_id: recipeId,
    artifact_id: artifactId,
    recipe,
    content,
    results: listFiles("results", results),
    record: listFiles("record", record),
  };
  const artifactBytes = encodeArtifact(artifact);
  parseArtifact(artifactBytes);
  const files = new Map(source).set(ARTIFACT_PATH, artifactBytes);

  const title = options.title || `Job ${manifest.job_id} on ${manifest.backend_id}`;
  const times = readTimes(files);
  for (const [path, bytes] of provenanceFiles(artifact, options.parents ?? [])) files.set(path, bytes);
  const citation = buildCitation(title, artifact, manifest, options.citation);
  files.set("CITATION.cff", utf8(citationCff(citation)));
  files.set("CITATION.md", utf8(citationMarkdown(citation)));
  files.set("citation.bib", utf8(biblatex(citation)));
  files.set("datacite.json", dataciteJson(citation));
  files.set("VERIFY.md", utf8(verifyText({ recipeId, artifactId }, suites)));
  const later = [ENVELOPE_PATH, PROOF_PATH, ...suites.map(attestationKeyPath)];
  const listed = (): BundleListing => new Map<string, Uint8Array | FileFacts>([...files, ...large]);
  files.set("ro-crate-preview.html", utf8(previewFile(citation, listed(), later)));
  files.set(
    "ro-crate-metadata.json",
    crateFile(citation, artifact, manifest, times, listed(), later, options.crate ?? "1.1"),
  );
  requirePaths([...listed().keys(), ...later]);

  const isProvenance = provenanceTest(artifact);
  const subjects = new Map(
    [...listed()].filter(
      ([path]) =>
        path === ARTIFACT_PATH ||
        path === MANIFEST_PATH ||
        path.startsWith("results/") ||
        VIEW_PATHS.includes(path) ||
        isProvenance(path),
    ),
  );
  const statement = buildStatement(artifact, manifest, subjects, times);
  return { ids: idsOf(artifact, artifactBytes), files, large, artifact, manifest, suites, statement };
}
