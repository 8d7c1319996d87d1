/** What a run hands over to be sealed, and what a sealed bundle is. The layout is described in docs/spec/bundle.md. */
import type { JsonObject } from "../base/index.ts";

/** The files of a bundle by path, e.g. "recipe/circuit.qasm". */
export type BundleFiles = ReadonlyMap<string, Uint8Array>;

/** The kinds of artifact there are. */
export type ArtifactType = "run" | "gradient" | "calibration" | "replay" | "validation";

/** Another artifact this one came from. */
export interface Parent {
  /** "sha256:" and 64 hexadecimal digits. */
  readonly artifactId: string;
  /** e.g. "replayOf", "calibratedBy", "derivedFrom". */
  readonly role: string;
}

/** A result: its bytes, and the digest of what they mean, which does not depend on how they are stored. */
export interface ResultFile {
  readonly bytes: Uint8Array;
  /** 64 hexadecimal digits; for counts, SHA-256 of the canonical JSON of the sorted map. */
  readonly logicalSha256: string;
  /** Number of rows or entries. */
  readonly rows: number;
}

/** A result that is not held: the digests of its bytes and of what they mean. */
export interface LargeResult {
  /** Of its bytes; 64 hexadecimal digits. */
  readonly sha256: string;
  readonly size: number;
  readonly logicalSha256: string;
  readonly rows: number;
}

/** Everything of one run, before it has ids. Paths are relative to their section, e.g. "circuit.qasm" in `recipe`. */
export interface BundleDraft {
  readonly artifactType: ArtifactType;
  /** The engine's name and the version of its *semantics*; a package version is record, not identity. */
  readonly engine: { readonly name: string; readonly semantics: string };
  /** What was asked. Enters `recipe_id`. */
  readonly recipe: BundleFiles;
  /** Backend, calibration and resolved plan. Enters `artifact_id`. */
  readonly conditions: BundleFiles;
  /** What came out. Logical digests enter `artifact_id`. */
  readonly results: ReadonlyMap<string, ResultFile>;
  /** Results too large to hold, which the vault keeps already (`Vault.keep`); their names, as those of results. */
  readonly large?: ReadonlyMap<string, LargeResult>;
  /** Times, environment, logs, decision. Signed, in no id. */
  readonly record: BundleFiles;
  readonly parents: readonly Parent[];
  /** Sealed from what the bus recorded of a foreign operator's job, not by the door. */
  readonly reported: boolean;
  /** Fields of `record/run_manifest.json` the sealer cannot know; it adds ids, suites and digests. */
  readonly manifest: ManifestInput;
}

/** The part of a run manifest that the run knows. */
export interface ManifestInput {
  readonly jobId: string;
  readonly tenant: string;
  readonly backendId: string;
  readonly cryptoMode: "classical" | "hybrid" | "pqc-required";
  /** Empty when the backend needs no calibration. */
  readonly calibrationSnapshotId: string;
  /** "none" when nothing was mitigated. */
  readonly emMethod: string;
  readonly emVersion: string;
  readonly seed: string;
  /** e.g. "arqon/0.1.0 (typescript)". */
  readonly sdkVersion: string;
  /** UTC, RFC 3339. */
  readonly createdAt: string;
  /** What the sealer's cryptography rests on where its policy requires a certified one: names, as the sealer states them. */
  readonly fips?: string;
  /** The scheduler's decision, when there was one. */
  readonly decision?: JsonObject;
}

/** The three digests of a bundle; each "sha256:" and 64 hexadecimal digits. */
export interface BundleIds {
  /** What was asked. */
  readonly recipeId: string;
  /** What was asked, under which conditions, with which results: equal for equal runs anywhere. */
  readonly artifactId: string;
  /** Everything, times included: unique to this run. */
  readonly recordId: string;
}
