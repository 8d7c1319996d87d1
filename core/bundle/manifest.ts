/** `record/run_manifest.json`: one page that says what ran where, under which policy, decided how. */
import {
  ArqonError,
  canonicalJsonFile,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
} from "../base/index.ts";
import type { SignatureAlgorithm } from "../proof/index.ts";
import type { BundleDraft, BundleFiles } from "./draft.ts";

export const MANIFEST_PATH = "record/run_manifest.json";
export const MANIFEST_SCHEMA = "urn:arqon:run_manifest:v1";

/** The manifest as it is written. It cannot hold the record id, whose document lists the manifest's digest. */
export type RunManifest = {
  readonly schema: typeof MANIFEST_SCHEMA;
  readonly job_id: string;
  readonly tenant: string;
  readonly backend_id: string;
  /** Suites that sign this run, e.g. "ed25519+ml-dsa-65". */
  readonly pqc_suite: string;
  readonly crypto_mode: "classical" | "hybrid" | "pqc-required";
  readonly calibration_snapshot_id: string;
  readonly em_method: string;
  readonly em_version: string;
  readonly seed: string;
  readonly created_at: string;
  readonly sdk_version: string;
  readonly recipe_id: string;
  readonly artifact_id: string;
  /** The same digest as `artifact_id`, under the name other tools know. */
  readonly artifact_hash: string;
  readonly reported: boolean;
  readonly decision: JsonObject | null;
  /** What the sealer's cryptography rests on, as it states; there only where its policy requires a certified one. */
  readonly fips?: string;
};

const TIME = /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$/;

/** Whether a text is a UTC time as RFC 3339 has it, e.g. "2026-01-02T03:04:05Z", of a day that there is; no leap second. */
export function isUtcTime(value: Json | undefined): value is string {
  const match = typeof value === "string" ? TIME.exec(value) : null;
  if (!match) return false;
  const [year, month, day] = match.slice(1, 4).map(Number) as [number, number, number];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day >= 1 && day <= days;
}

/** The manifest of a draft whose ids are known. @throws ArqonError `BUNDLE_MALFORMED` on a malformed time. */
export function buildManifest(
  draft: BundleDraft,
  ids: { readonly recipeId: string; readonly artifactId: string },
  suites: readonly SignatureAlgorithm[],
): RunManifest {
  const { manifest } = draft;
  if (!isUtcTime(manifest.createdAt))
    throw new ArqonError(
      "BUNDLE_MALFORMED",
      `created_at "${manifest.createdAt}" is not a UTC time (RFC 3339)`,
    );
  // Keys in their canonical order.
  return {
    artifact_hash: ids.artifactId,
    artifact_id: ids.artifactId,
    backend_id: manifest.backendId,
    calibration_snapshot_id: manifest.calibrationSnapshotId,
    created_at: manifest.createdAt,
    crypto_mode: manifest.cryptoMode,
    decision: manifest.decision ?? null,
    em_method: manifest.emMethod,
    em_version: manifest.emVersion,
    ...(manifest.fips !== undefined && { fips: manifest.fips }),
    job_id: manifest.jobId,
    pqc_suite: suites.join("+"),
    recipe_id: ids.recipeId,
    reported: draft.reported,
    schema: MANIFEST_SCHEMA,
    sdk_version: manifest.sdkVersion,
    seed: manifest.seed,
    tenant: manifest.tenant,
  };
}

/** The file's bytes. */
export function encodeManifest(manifest: RunManifest): Uint8Array {
  return canonicalJsonFile(manifest);
}

const TEXTS = [
  "job_id",
  "tenant",
  "backend_id",
  "pqc_suite",
  "calibration_snapshot_id",
  "em_method",
  "em_version",
  "seed",
  "sdk_version",
  "recipe_id",
  "artifact_id",
  "artifact_hash",
];
const KEYS = [...TEXTS, "schema", "crypto_mode", "created_at", "reported", "decision"].sort().join();

/** Reads a manifest and checks its structure. @throws ArqonError `JSON_INVALID`, `BUNDLE_MALFORMED`. */
export function parseManifest(bytes: Uint8Array): RunManifest {
  const object = jsonObject(parseCanonicalJson(bytes, MANIFEST_PATH), MANIFEST_PATH);
  const decision = object["decision"];
  const right =
    Object.keys(object)
      .filter((key) => key !== "fips")
      .join() === KEYS &&
    ["string", "undefined"].includes(typeof object["fips"]) &&
    object["schema"] === MANIFEST_SCHEMA &&
    TEXTS.every((key) => typeof object[key] === "string") &&
    ["classical", "hybrid", "pqc-required"].includes(String(object["crypto_mode"])) &&
    isUtcTime(object["created_at"]) &&
    typeof object["reported"] === "boolean" &&
    (decision === null || (typeof decision === "object" && !Array.isArray(decision)));
  if (!right)
    throw new ArqonError("BUNDLE_MALFORMED", `${MANIFEST_PATH} does not have the form of run_manifest.v1`);
  return object as unknown as RunManifest;
}

/** The manifest of a bundle. @throws ArqonError `BUNDLE_MALFORMED` when it has none. */
export function readManifest(files: BundleFiles): RunManifest {
  const bytes = files.get(MANIFEST_PATH);
  if (!bytes) throw new ArqonError("BUNDLE_MALFORMED", `the bundle has no ${MANIFEST_PATH}`);
  return parseManifest(bytes);
}
