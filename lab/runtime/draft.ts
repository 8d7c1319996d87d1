/** Lays a run out as the files of a bundle. What enters an id contains no clock, host, name of a person or of a file. */
import {
  canonicalJson,
  canonicalJsonFile,
  formatSeed,
  type Json,
  type JsonObject,
  RANDOM_ALGORITHM,
  sha256Hex,
  utf8,
} from "@arqon/core/base";
import { type BundleDraft, jsonResult, type ResultFile, replayExpectations } from "@arqon/core/bundle";
import type { Execution } from "./execution.ts";
import type { Operation } from "./operation.ts";
import { executionRecord, labelsRecord, traceLines } from "./record-files.ts";
import type { Run } from "./run.ts";

/** What a run adds to its bundle besides what its executions say; paths are relative to their section. */
export interface DraftExtras {
  readonly results?: Readonly<Record<string, Json>>;
  readonly record?: Readonly<Record<string, Json>>;
  /** Files of the record that are not JSON. */
  readonly recordFiles?: Readonly<Record<string, Uint8Array>>;
}

const PROGRAM_FILES: Readonly<Record<string, string>> = {
  "text/x-openqasm": "circuit.qasm",
  "application/json": "program.json",
};

/** The draft of a run's bundle. @throws TypeError when the run has no execution. */
export function draftOf(run: Run, createdAtUnixUs: number, extras: DraftExtras = {}): BundleDraft {
  const { info, executions } = run;
  const first = executions[0];
  if (!first) throw new TypeError(`run ${info.jobId} has no execution`);
  const recipe = new Map<string, Uint8Array>();
  const conditions = new Map<string, Uint8Array>();
  const results = new Map<string, ResultFile>();
  executions.forEach((execution, index) => {
    const folder = folderOf(index);
    addRecipe(recipe, folder, execution);
    addConditions(conditions, folder, execution);
    for (const { name, value } of resultsOf(execution)) results.set(`${folder}${name}`, jsonResult(value));
  });
  for (const [name, value] of Object.entries(extras.results ?? {})) results.set(name, jsonResult(value));

  const record = new Map<string, Uint8Array>([
    ["execution.json", canonicalJsonFile(executionRecord(run))],
    ["environment.json", canonicalJsonFile(info.environment)],
    ["trace.jsonl", traceLines(run)],
    ...labelsRecord(info.labels),
  ]);
  if (info.decision) record.set("decision.dsse.json", info.decision.envelope);
  for (const [name, value] of Object.entries(extras.record ?? {})) record.set(name, canonicalJsonFile(value));
  for (const [name, bytes] of Object.entries(extras.recordFiles ?? {})) record.set(name, bytes);

  return {
    artifactType: info.artifactType,
    engine: first.manifest?.engine ?? { name: "none", semantics: "0" },
    recipe,
    conditions,
    results,
    record,
    parents: info.parents,
    reported: false,
    manifest: {
      jobId: info.jobId,
      tenant: info.tenant,
      backendId: first.operation.backendId,
      cryptoMode: info.cryptoMode,
      calibrationSnapshotId: first.calibration?.id ?? "",
      emMethod: "none",
      emVersion: "",
      seed: formatSeed(first.operation.seed),
      sdkVersion: info.sdkVersion,
      createdAt: rfc3339(createdAtUnixUs),
      ...(info.decision && { decision: info.decision.payload }),
    },
  };
}

/** UTC of microseconds since 1970, e.g. "2026-11-21T08:00:00.000Z". */
export function rfc3339(unixUs: number): string {
  return new Date(unixUs / 1000).toISOString();
}

/** The name under which a program is kept: never the user's own, so that equal programs are equal recipes. */
export function programFile(mediaType: string): string {
  return PROGRAM_FILES[(mediaType.split(";")[0] as string).trim()] ?? "program.bin";
}

function folderOf(index: number): string {
  return index === 0 ? "" : `executions/${String(index).padStart(4, "0")}/`;
}

function addRecipe(
  recipe: Map<string, Uint8Array>,
  folder: string,
  { operation, manifest }: Execution,
): void {
  recipe.set(`${folder}${programFile(operation.programMediaType)}`, operation.program);
  recipe.set(`${folder}parameters.json`, canonicalJsonFile(operation.parameters));
  recipe.set(
    `${folder}seeds.json`,
    canonicalJsonFile({ algorithm: RANDOM_ALGORITHM, sampler: formatSeed(operation.seed) }),
  );
  recipe.set(`${folder}replay.json`, canonicalJsonFile(replayHooks(operation, manifest)));
}

/** What a replay needs besides program, parameters and seeds, and how its results are compared. */
function replayHooks(operation: Operation, manifest: Execution["manifest"]): JsonObject {
  return {
    ...(manifest?.replay ?? { drift: [] }),
    engine: { ...(manifest?.engine ?? { name: "none", semantics: "0" }) },
    expect: replayExpectations(["results/counts.json"]),
    kind: operation.kind,
    mediaType: operation.programMediaType,
    program: programFile(operation.programMediaType),
  };
}

function addConditions(conditions: Map<string, Uint8Array>, folder: string, execution: Execution): void {
  const { manifest, operation, calibration, compensation } = execution;
  const backend: JsonObject = manifest
    ? {
        backendClass: manifest.backendClass,
        engine: { ...manifest.engine },
        id: manifest.id,
        kinds: [...manifest.kinds].sort(),
        precision: manifest.precision,
      }
    : { id: operation.backendId };
  conditions.set(`${folder}backend.json`, canonicalJsonFile(backend));
  conditions.set(`${folder}mitigation.json`, canonicalJsonFile({ method: "none" }));
  if (!calibration) return;
  const state: JsonObject = {
    compensation: { ...compensation },
    id: calibration.id,
    sha256: sha256Hex(utf8(canonicalJson(calibration.values))),
    values: calibration.values,
  };
  conditions.set(`${folder}calibration.json`, canonicalJsonFile(state));
}

function resultsOf({ results, refusal, status }: Execution): readonly { name: string; value: Json }[] {
  if (!refusal) return results;
  const { file: _named, ...details } = refusal.details;
  return [{ name: "refusal.json", value: { code: refusal.code, details, duty: refusal.duty, status } }];
}
