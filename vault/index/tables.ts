/** Tables of the index, as Kysely sees them; `migrations.ts` makes them. */
import type { Kysely } from "kysely";

/** A record. */
export interface RunTable {
  record_id: string;
  artifact_id: string;
  recipe_id: string;
  artifact_type: string;
  job_id: string;
  backend_id: string;
  created_at: string;
  title: string;
  reported: number;
  /** Position in the run ledger; -1 for an import. */
  ledger_index: number;
  added_at: string;
  /** Digest of its sheet. */
  sheet: string;
  /** Whose it is; empty for everybody's, null for nobody's. */
  tenant: string | null;
}

/** `seen_*` say which record a row was taken from: the rule by which one wins does not depend on the order they came in. */
export interface BackendTable {
  backend_id: string;
  vendor: string | null;
  region: string | null;
  cost_per_shot: number | null;
  availability: number | null;
  capabilities: string | null;
  last_calibration_id: string | null;
  seen_at: string;
  seen_in: string;
}

export interface CalibrationTable {
  id: string;
  backend_id: string;
  created_at: string;
  gates: string | null;
  readout_errors: string | null;
  raw_metrics: string | null;
  seen_in: string;
}

export interface ManifestTable {
  job_id: string;
  tenant: string;
  backend_id: string;
  pqc_suite: string;
  crypto_mode: string;
  calibration_snapshot_id: string;
  em_method: string;
  signature: string;
  s3_path: string;
  created_at: string;
  seen_in: string;
}

export interface EmResultTable {
  result_id: string;
  job_id: string;
  circuit_family: string | null;
  shots: number | null;
  unmitigated_fidelity: number | null;
  mitigated_fidelity: number | null;
  em_method: string | null;
  cost_seconds: number | null;
  created_at: string;
  parquet_path: string | null;
}

export interface DecisionTable {
  id: string;
  job_id: string;
  chosen_backend: string | null;
  score: number | null;
  reasons: string | null;
  decision_manifest_path: string;
  created_at: string;
}

/** A tag of a record. What came later in the governance ledger stands. */
export interface LabelTable {
  record_id: string;
  tag: string;
  /** Where the governance ledger says so; -1 for what the record was sealed with. */
  position: number;
  /** 0 for one that was taken away. */
  present: number;
}

/** What was said of a record after it was sealed. */
export interface AnnotationTable {
  /** In the governance ledger. */
  position: number;
  record_id: string;
  /** The entry, as canonical JSON. */
  said: string;
}

/** Every table. */
export interface Tables {
  run: RunTable;
  edge: { child: string; parent: string; role: string };
  file: { record_id: string; path: string; digest: string };
  label: LabelTable;
  annotation: AnnotationTable;
  mark: { name: string; value: number };
  /** One row: whose index this is. */
  vault: { one: number; owner: string };
  backends: BackendTable;
  calibration_snapshots: CalibrationTable;
  manifests: ManifestTable;
  em_results: EmResultTable;
  scheduler_decisions: DecisionTable;
}

export type IndexDatabase = Kysely<Tables>;

/** Tables that are filled from objects, those that others refer to first. */
export const FILLED: readonly (keyof Tables)[] = [
  "run",
  "edge",
  "file",
  "label",
  "annotation",
  "mark",
  "backends",
  "calibration_snapshots",
  "manifests",
  "em_results",
  "scheduler_decisions",
];
