/** What the tables of manifests, backends, calibrations, mitigation and decisions say of a record: read from its files. */
import {
  canonicalJson,
  deriveUuid,
  fromUtf8,
  isUuidv7,
  type Json,
  type JsonObject,
  parseJson,
  readLabels,
} from "@arqon/core/base";
import {
  ENVELOPE_PATH,
  LABELS_PATH,
  MANIFEST_PATH,
  parseManifest,
  type RunManifest,
} from "@arqon/core/bundle";
import type { RecordSheet } from "./record.ts";
import type {
  BackendTable,
  CalibrationTable,
  DecisionTable,
  EmResultTable,
  ManifestTable,
} from "./tables.ts";

/** Rows of one record. Empty where it says nothing, or nothing that can be read: a foreign bundle may say anything. */
export interface RunFacts {
  readonly manifest?: ManifestTable;
  readonly backends: readonly BackendTable[];
  readonly calibrations: readonly CalibrationTable[];
  readonly emResults: readonly EmResultTable[];
  readonly decision?: DecisionTable;
  /** What the record was sealed with. */
  readonly tags: readonly string[];
  /** Whose it is; {@link EVERYBODY} for what is not one tenant's, null where the record does not say. */
  readonly tenant: string | null;
}

/**
 * The tenant of what all may see: calibrations, which tell the state of devices that all share, and what was imported, whose
 * tenants are another server's.
 */
export const EVERYBODY = "";

/** Whether `tenant` may see what is `owner`'s; without one, all. */
export function isSeenBy(owner: string | null, tenant: string | undefined): boolean {
  return tenant === undefined || owner === tenant || owner === EVERYBODY;
}

/** Whose a record with this manifest is; null where that does not say. */
export function ownerOf(
  { ledgerIndex, artifactType }: Pick<RecordSheet, "ledgerIndex" | "artifactType">,
  { tenant }: RunManifest,
): string | null {
  return ledgerIndex < 0 || artifactType === "calibration" ? EVERYBODY : text(tenant);
}

/** Where a run states how well it was mitigated: a list of objects with the columns of `em_results`. */
export const EM_RESULTS_PATH = "results/em_results.json";

const DECISION_PATH = "record/decision.dsse.json";
/** Largest file that is looked at. */
const LIMIT_BYTES = 16 * 2 ** 20;

/** Reads the facts of a record. `read` gives a file of it; `sheetDigest` is the object its sheet is; `known` its manifest, where that is at hand. */
export async function factsOf(
  sheet: RecordSheet,
  sheetDigest: string,
  read: (path: string) => Promise<Uint8Array | undefined>,
  known?: RunManifest,
): Promise<RunFacts> {
  const json = async (path: string): Promise<Json | undefined> => {
    if (!sheet.files.has(path)) return undefined;
    try {
      const bytes = await read(path);
      return bytes && bytes.length <= LIMIT_BYTES ? parseJson(fromUtf8(bytes), path) : undefined;
    } catch {
      return undefined; // The check says what is wrong with it.
    }
  };
  const tags = sheet.files.has(LABELS_PATH) ? tagsIn(await json(LABELS_PATH)) : [];
  const empty: RunFacts = { backends: [], calibrations: [], emResults: [], tags, tenant: null };
  let manifest: RunManifest;
  try {
    manifest = known ?? parseManifest((await read(MANIFEST_PATH)) ?? new Uint8Array());
  } catch {
    return empty;
  }
  const tenant = ownerOf(sheet, manifest);
  if (!isUuidv7(manifest.job_id)) return { ...empty, tenant };
  const place = placeIn(sheet, sheetDigest);
  const facts = { backends: [] as BackendTable[], calibrations: [] as CalibrationTable[] };
  for (const path of sheet.files.keys()) {
    if (!/^conditions\/(.*\/)?backend\.json$/.test(path)) continue;
    const backend = objectIn(await json(path));
    const calibration = objectIn(await json(path.replace(/backend\.json$/, "calibration.json")));
    const row = backend && backendRow(backend, calibration, manifest, sheet);
    if (!row) continue;
    facts.backends.push(row);
    const state = calibration && calibrationRow(calibration, row.backend_id, manifest, sheet);
    if (state) facts.calibrations.push(state);
  }
  return {
    ...facts,
    tags,
    tenant,
    manifest: manifestRow(manifest, sheet, place),
    emResults: emRows(await json(EM_RESULTS_PATH), manifest, place),
    ...(manifest.decision && { decision: decisionRow(manifest, manifest.decision, sheet, place) }),
  };
}

function tagsIn(labels: Json | undefined): readonly string[] {
  try {
    return readLabels(labels, LABELS_PATH).tags;
  } catch {
    return [];
  }
}

const objectIn = (value: Json | undefined): JsonObject | undefined =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as JsonObject) : undefined;
// PostgreSQL keeps no NUL, in text or in JSON.
const text = (value: Json | undefined): string | null =>
  typeof value === "string" && !value.includes("\0") ? value : null;
const number = (value: Json | undefined): number | null => (typeof value === "number" ? value : null);
const whole = (value: Json | undefined): number | null =>
  Number.isSafeInteger(value) ? (value as number) : null;
const json = (value: Json | undefined): string | null => {
  const encoded = value === undefined ? null : canonicalJson(value);
  return encoded?.includes("\\u0000") ? null : encoded;
};

/** The place of a file: an object of its own, or the part of that name of the object that is the sheet. */
type Place = (path: string) => string;

function placeIn({ files, within }: RecordSheet, sheetDigest: string): Place {
  const object = (digest: string): string => `sha256/${digest.slice(0, 2)}/${digest.slice(2)}`;
  return (path) => {
    const digest = files.get(path);
    if (digest === undefined) return "";
    return within.has(path) ? `${object(sheetDigest)}#${path}` : object(digest);
  };
}

function backendRow(
  backend: JsonObject,
  calibration: JsonObject | undefined,
  manifest: RunManifest,
  sheet: RecordSheet,
): BackendTable | undefined {
  const id = text(backend["id"] ?? backend["backend_id"]);
  if (id === null) return undefined;
  const offers = manifest.decision?.["catalogue"];
  const offer = Array.isArray(offers) ? offers.map(objectIn).find((each) => each?.["id"] === id) : undefined;
  return {
    backend_id: id,
    vendor: text(offer?.["vendor"] ?? backend["vendor"]),
    region: text(offer?.["region"] ?? backend["region"]),
    cost_per_shot: number(offer?.["costPerShot"]),
    availability: number(offer?.["availability"]),
    capabilities: json(backend),
    last_calibration_id: text(calibration?.["id"]),
    seen_at: manifest.created_at,
    seen_in: sheet.recordId,
  };
}

function calibrationRow(
  calibration: JsonObject,
  backendId: string,
  manifest: RunManifest,
  sheet: RecordSheet,
): CalibrationTable | undefined {
  const id = text(calibration["id"]);
  if (id === null) return undefined;
  const { gates, readout_errors, readoutErrors, ...rest } = calibration;
  return {
    id,
    backend_id: backendId,
    created_at: manifest.created_at,
    gates: json(gates),
    readout_errors: json(readout_errors ?? readoutErrors),
    raw_metrics: json(rest),
    seen_in: sheet.recordId,
  };
}

function manifestRow(manifest: RunManifest, { recordId }: RecordSheet, place: Place): ManifestTable {
  const { job_id, created_at, crypto_mode } = manifest;
  const said = (value: string): string => value.replaceAll("\0", "");
  return {
    job_id,
    created_at,
    crypto_mode,
    tenant: said(manifest.tenant),
    backend_id: said(manifest.backend_id),
    pqc_suite: said(manifest.pqc_suite),
    calibration_snapshot_id: said(manifest.calibration_snapshot_id),
    em_method: said(manifest.em_method),
    signature: place(ENVELOPE_PATH),
    s3_path: place(MANIFEST_PATH),
    seen_in: recordId,
  };
}

function decisionRow(
  manifest: RunManifest,
  decision: JsonObject,
  { files }: RecordSheet,
  place: Place,
): DecisionTable {
  const { candidates } = decision;
  const chosen = text(decision["chosen"]);
  const best = Array.isArray(candidates)
    ? candidates.map(objectIn).find((each) => each?.["backend"] === chosen)
    : undefined;
  return {
    id: deriveUuid(manifest.job_id, "decision"),
    job_id: manifest.job_id,
    chosen_backend: chosen,
    score: number(best?.["score"]),
    reasons: json(candidates),
    decision_manifest_path: place(files.has(DECISION_PATH) ? DECISION_PATH : MANIFEST_PATH),
    created_at: manifest.created_at,
  };
}

function emRows(value: Json | undefined, manifest: RunManifest, place: Place): EmResultTable[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, 10_000).flatMap((item, i) => {
    const row = objectIn(item);
    if (!row) return [];
    const parquet = text(row["parquet_path"]);
    return [
      {
        result_id: deriveUuid(manifest.job_id, `em ${i}`),
        job_id: manifest.job_id,
        circuit_family: text(row["circuit_family"]),
        shots: whole(row["shots"]),
        unmitigated_fidelity: number(row["unmitigated_fidelity"]),
        mitigated_fidelity: number(row["mitigated_fidelity"]),
        em_method: text(row["em_method"]),
        cost_seconds: number(row["cost_seconds"]),
        created_at: manifest.created_at,
        parquet_path: parquet === null ? null : place(parquet) || null,
      },
    ];
  });
}
