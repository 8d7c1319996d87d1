/** What every operator that goes through the door does: opens a run, passes the door, seals. */
import {
  ArqonError,
  type Clock,
  canonicalJson,
  type JsonObject,
  jsonObject,
  parseLabels,
  sha256Hex,
  type Timer,
  utf8,
} from "@arqon/core/base";
import type { BundleIds } from "@arqon/core/bundle";
import type { Vault } from "@arqon/vault";
import {
  CALIBRATE_KIND,
  type CalibrationSource,
  calibrate,
  type DraftExtras,
  type ExecContext,
  type ExecutePolicy,
  type Execution,
  execute,
  type HopWatch,
  type Operation,
  type PluginRegistry,
  Run,
  type RunInfo,
  type RuntimeLimits,
  sealRun,
  type Work,
  type WorkContext,
} from "../runtime/index.ts";
import { QUANTUM_RUN_KIND } from "../scheduler/index.ts";
import type { Trust } from "./trust.ts";

/** What every operator that goes through the door stands on. */
export interface DoorParts {
  readonly registry: PluginRegistry;
  readonly policy: ExecutePolicy;
  readonly limits: RuntimeLimits;
  readonly vault: Vault;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Who does it, for the record. */
  readonly operatorId: string;
  readonly environment: JsonObject;
  readonly sdkVersion: string;
  readonly cryptoMode: "classical" | "hybrid" | "pqc-required";
}

/** What the parts and the job's message do not say of a run. */
export type RunAbout = Pick<RunInfo, "title" | "tenant" | "artifactType" | "parents"> &
  Partial<Pick<RunInfo, "jobId" | "principal" | "decision">>;

/**
 * A run for this work by this operator, on the producer's behalf unless `about` names another.
 * @throws ArqonError what `parseLabels` throws; the bus takes no job with such labels.
 */
export function openRun(
  { id, producer, attempt, trace, capsule }: Work,
  parts: DoorParts,
  about: RunAbout,
): Run {
  return new Run({
    jobId: id,
    principal: producer,
    attempt,
    labels: parseLabels(capsule.labelsJson),
    traceParent: trace?.["traceparent"] ?? "",
    operator: parts.operatorId,
    environment: parts.environment,
    sdkVersion: parts.sdkVersion,
    cryptoMode: parts.cryptoMode,
    ...about,
  });
}

/** One operation through the door, with the work's signal and progress. */
export function passDoor(
  operation: Operation,
  run: Run,
  context: WorkContext,
  parts: DoorParts,
  calibrations?: CalibrationSource,
): Promise<Execution> {
  const { registry, policy, limits, clock, timer } = parts;
  const through: ExecContext = {
    registry,
    policy,
    limits,
    clock,
    timer,
    run,
    signal: context.signal,
    ...calibrationsIn(operation),
    progress: (fraction, note) => void context.progress(fraction, note),
    ...(calibrations && { calibrations }),
  };
  return operation.kind === CALIBRATE_KIND
    ? calibrate(operation.backendId, through, operation)
    : execute(operation, through);
}

/**
 * The calibration a job brings with it, as the state of the device it is run on: its digest goes into the conditions.
 */
function calibrationsIn({ kind, parameters }: Operation): { calibrations?: CalibrationSource } {
  const noise = kind === QUANTUM_RUN_KIND ? parameters["noise"] : undefined;
  if (noise === undefined) return {};
  const { calibration } = jsonObject(noise, "noise");
  const values = jsonObject(calibration, "noise.calibration");
  const id = `sha256:${sha256Hex(utf8(canonicalJson(values)))}`;
  const takenAt = String(values["calibratedAt"] ?? "");
  return { calibrations: { current: async () => ({ id, takenAt, values }) } };
}

/** A lost lease or a stopping service leaves no artifact: another attempt makes it. @throws ArqonError the reason. */
export function throwIfGone(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const reason = ArqonError.from(signal.reason, "CANCELLED");
  if (reason.code !== "CANCELLED") throw reason;
}

/** Seals a run whose executions have passed, unless the work is gone. @throws ArqonError the reason, and those of {@link sealRun}. */
export async function sealPassed(
  run: Run,
  watch: HopWatch,
  { signal }: WorkContext,
  { vault, clock }: DoorParts,
  extras?: DraftExtras,
): Promise<BundleIds> {
  throwIfGone(signal);
  const { recipeId, artifactId, recordId } = await watch.hop("seal", () =>
    sealRun(run, vault, clock, extras),
  );
  return { recipeId, artifactId, recordId };
}
