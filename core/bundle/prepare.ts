/** First half of sealing: from a draft to its ids, its files so far, and the statement to sign. */
import {
  ArqonError,
  canonicalJson,
  type Json,
  type Labels,
  parseCanonicalJson,
  readLabels,
  sha256Hex,
  TextBuffer,
} from "../base/index.ts";
import type { SignatureAlgorithm } from "../proof/index.ts";
import {
  ARTIFACT_SCHEMA,
  type ArtifactDocument,
  artifactIdOf,
  CONTENT_SCHEMA,
  listFiles,
  listLogical,
  listParents,
  RECIPE_SCHEMA,
  recipeIdOf,
  requireArtifact,
} from "./artifact.ts";
import {
  biblatex,
  buildCitation,
  type CitationMetadata,
  citationCff,
  citationMarkdown,
  dataciteJson,
} from "./cite/index.ts";
import type { FileFacts } from "./contents.ts";
import type { BundleDraft, BundleFiles, BundleIds, ResultFile } from "./draft.ts";
import { LABELS_PATH } from "./labels.ts";
import { ARTIFACT_PATH, attestationKeyPath, ENVELOPE_PATH, PROOF_PATH, VIEW_PATHS } from "./layout.ts";
import { buildManifest, MANIFEST_PATH, type RunManifest } from "./manifest.ts";
import { requirePaths } from "./path.ts";
import { provenanceFiles, provenanceTest } from "./provenance.ts";
import { readLogical } from "./result.ts";
import { buildStatement } from "./statement.ts";
import { EXECUTION_PATH, timesOf } from "./times.ts";
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
  /** Digest and size of every file, held or not. */
  readonly facts: ReadonlyMap<string, FileFacts>;
  readonly artifact: ArtifactDocument;
  readonly manifest: RunManifest;
  readonly suites: readonly SignatureAlgorithm[];
  /** Canonical bytes of the in-toto statement: the payload to sign, of type `IN_TOTO_TYPE`. */
  readonly statement: Uint8Array;
}

type Meaning = Pick<ResultFile, "logicalSha256" | "rows">;

/** Large results by path. Of JSON the meaning must be read, so it is held or not there. */
function largeFiles({ large = new Map() }: BundleDraft): Map<string, FileFacts> {
  const files = new Map<string, FileFacts>();
  for (const [name, { sha256, size }] of large) {
    const path = `results/${name}`;
    if (path.endsWith(".json"))
      throw new ArqonError("BUNDLE_MALFORMED", `${path} is JSON that is too large to hold`);
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
  const held = new HeldFiles(largeFiles(draft));
  for (const section of ["recipe", "conditions", "record"] as const)
    for (const [name, bytes] of draft[section]) held.addSource(`${section}/${name}`, bytes);
  for (const [name, result] of draft.results) held.addResult(`results/${name}`, result);
  if (held.files.has(MANIFEST_PATH)) throw new TypeError(`${MANIFEST_PATH} is written by the sealer`);

  // Keys stand in their canonical order, so that nothing is sorted when it is written.
  const recipe = {
    artifact_type: draft.artifactType,
    engine: { name: draft.engine.name, semantics_version: draft.engine.semantics },
    files: listFiles("recipe", held.section("recipe")),
    parents: listParents(draft.parents),
    schema: RECIPE_SCHEMA,
  } as const;
  const recipeId = recipeIdOf(recipe);
  const content = {
    conditions: listFiles("conditions", held.section("conditions")),
    recipe_id: recipeId,
    results: listLogical(new Map<string, Meaning>([...draft.results, ...(draft.large ?? [])])),
    schema: CONTENT_SCHEMA,
  } as const;
  const artifactId = artifactIdOf(content);

  const manifest = buildManifest(draft, { recipeId, artifactId }, suites);
  held.addJson(MANIFEST_PATH, manifest);
  const artifact: ArtifactDocument = {
    artifact_id: artifactId,
    content,
    recipe,
    recipe_id: recipeId,
    record: listFiles("record", held.section("record")),
    results: listFiles("results", held.section("results")),
    schema: ARTIFACT_SCHEMA,
  };
  held.addJson(ARTIFACT_PATH, artifact);
  requireArtifact(artifact);

  const title = options.title || `Job ${manifest.job_id} on ${manifest.backend_id}`;
  const times = timesOf(held.execution);
  for (const [path, bytes] of provenanceFiles(artifact, options.parents ?? [])) held.add(path, bytes);
  const citation = buildCitation(title, artifact, manifest, options.citation, held.labels);
  held.addText("CITATION.cff", citationCff(citation));
  held.addText("CITATION.md", citationMarkdown(citation));
  held.addText("citation.bib", biblatex(citation));
  held.add("datacite.json", dataciteJson(citation));
  held.addText("VERIFY.md", verifyText({ recipeId, artifactId }, suites));
  const later = [ENVELOPE_PATH, PROOF_PATH, ...suites.map(attestationKeyPath)];
  const { files, facts } = held;
  const counts = files.get("results/counts.json");
  held.addText("ro-crate-preview.html", previewFile(citation, facts, counts, later));
  held.addText(
    "ro-crate-metadata.json",
    crateFile(citation, artifact, manifest, times, facts, later, options.crate ?? "1.1"),
  );
  requirePaths([...facts.keys(), ...later]);

  const isProvenance = provenanceTest(artifact);
  const subjects = [...facts].filter(
    ([path]) =>
      path === ARTIFACT_PATH ||
      path === MANIFEST_PATH ||
      path.startsWith("results/") ||
      VIEW_PATHS.includes(path) ||
      isProvenance(path),
  );
  const statement = buildStatement(artifact, manifest, new Map(subjects), times);
  const ids = { recipeId, artifactId, recordId: `sha256:${facts.get(ARTIFACT_PATH)?.sha256}` };
  return { ids, files, large: held.large, facts, artifact, manifest, suites, statement };
}

/** The files of a bundle while it is made, each hashed once. */
class HeldFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly facts: Map<string, FileFacts>;
  readonly large: ReadonlyMap<string, FileFacts>;
  /** What `record/execution.json` holds. */
  execution: Json | undefined;
  labels: Labels | undefined;
  readonly #texts = new TextBuffer();

  constructor(large: ReadonlyMap<string, FileFacts>) {
    this.large = large;
    this.facts = new Map(large);
  }

  add(path: string, bytes: Uint8Array): void {
    if (this.large.has(path)) throw new ArqonError("BUNDLE_MALFORMED", `${path} is there twice`);
    this.files.set(path, bytes);
    this.facts.set(path, { sha256: sha256Hex(bytes), size: bytes.length });
  }

  addText(path: string, text: string): void {
    this.add(path, this.#texts.encode(text));
  }

  addJson(path: string, value: Json): void {
    this.addText(path, `${canonicalJson(value)}\n`);
  }

  /** A file of the draft: JSON must be canonical. */
  addSource(path: string, bytes: Uint8Array): void {
    if (path.endsWith(".json")) {
      const value = parseCanonicalJson(bytes, path);
      if (bytes.at(-1) !== 0x0a) throw new ArqonError("JSON_INVALID", `${path} does not end in a line feed`);
      if (path === EXECUTION_PATH) this.execution = value;
      if (path === LABELS_PATH) this.labels = readLabels(value, path);
    }
    this.add(path, bytes);
  }

  /** A result: its logical digest must be that of its bytes. */
  addResult(path: string, { bytes, logicalSha256, rows }: ResultFile): void {
    const logical = readLogical(path, bytes);
    if (logical && (logical.logicalSha256 !== logicalSha256 || logical.rows !== rows))
      throw new ArqonError(
        "BUNDLE_TAMPERED",
        `the logical digest or rows of ${path} are not those of its bytes`,
      );
    this.add(path, bytes);
  }

  /** The files of a folder, by their paths in it. */
  section(folder: string): Map<string, FileFacts> {
    const names: [string, FileFacts][] = [];
    for (const [path, file] of this.facts)
      if (path.startsWith(folder) && path[folder.length] === "/")
        names.push([path.slice(folder.length + 1), file]);
    return new Map(names);
  }
}
