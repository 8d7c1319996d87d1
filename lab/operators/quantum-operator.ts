/** Serves `backend.<id>.jobs`: verifies the decision, goes through the door, seals, answers. */
import {
  ArqonError,
  type Clock,
  canonicalJson,
  formatSeed,
  type Json,
  type JsonObject,
  jsonObject,
  sha256Hex,
  type Timer,
  utf8,
} from "@arqon/core/base";
import type { ArtifactType } from "@arqon/core/bundle";
import type { Vault } from "@arqon/vault";
import {
  beforeDoor,
  CALIBRATE_KIND,
  type CalibrationSource,
  calibrate,
  type ExecContext,
  type ExecutePolicy,
  type Execution,
  execute,
  type Handler,
  HopWatch,
  type Operation,
  type Outcome,
  type PluginRegistry,
  Run,
  type RuntimeLimits,
  sealRun,
  type Work,
  type WorkContext,
} from "../runtime/index.ts";
import {
  GRADIENT_JOB_SCHEMA,
  QUANTUM_RUN_KIND,
  quantumParameters,
  requireQuantumCapsule,
} from "../scheduler/index.ts";
import { deviceState } from "./device-state.ts";
import { GRADIENT } from "./gradient-operator.ts";
import { sourceRecord } from "./source-record.ts";
import { type Trust, verifyDecision } from "./trust.ts";

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

/** What a schema of jobs asks of the door, and what its answers are. */
export interface Served {
  readonly artifactType: ArtifactType;
  /** @throws ArqonError for a capsule that is not of the schema. */
  operationOf(work: Work, backendId: string): Operation;
  outputOf(execution: Execution): JsonObject;
}

/** Jobs that run a circuit. */
const CIRCUIT: Served = { artifactType: "run", operationOf, outputOf: quantumOutput };

/** Handles the bound jobs of one backend. */
export function quantumHandler(backendId: string, parts: DoorParts): Handler {
  return async (work, context) => {
    const watch = new HopWatch(parts.clock);
    const { operation, run, calibrations, served, source } = await beforeDoor(
      work,
      { ...parts, by: parts.operatorId },
      async () => {
        const decision = await watch.hop("verify-decision", () =>
          verifyDecision(work, backendId, parts.trust),
        );
        const served = work.capsule.schema === GRADIENT_JOB_SCHEMA ? GRADIENT : CIRCUIT;
        const operation = served.operationOf(work, backendId);
        const state = await deviceState(backendId, parts);
        const source = sourceRecord(work.capsule);
        const run = new Run({
          jobId: work.job.parentJobId,
          title: work.capsule.name,
          principal: decision.subject.principal,
          tenant: decision.subject.tenant,
          operator: parts.operatorId,
          attempt: work.attempt,
          artifactType: served.artifactType,
          parents: state.parents,
          traceParent: work.trace?.["traceparent"] ?? "",
          decision,
          environment: parts.environment,
          sdkVersion: parts.sdkVersion,
          cryptoMode: parts.cryptoMode,
        });
        return { operation, run, calibrations: state.calibrations, served, source };
      },
    );
    const execution = await watch.hop("execute", () =>
      passDoor(operation, run, context, parts, calibrations),
    );
    throwIfGone(context.signal);
    const { recipeId, artifactId, recordId } = await watch.hop("seal", () =>
      sealRun(run, parts.vault, parts.clock, source),
    );
    const ids = { recipeId, artifactId, recordId };
    return { ...answerOf(execution, served.outputOf), ids, hops: watch.hops };
  };
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

/** The output of an execution, or the error it ended with. */
function answerOf(execution: Execution, outputOf: Served["outputOf"]): Outcome {
  if (execution.refusal) return { error: execution.refusal.error };
  return { output: outputOf(execution) };
}

/** The JSON that people and SDKs read. */
export function quantumOutput({ operation, results, notes, warnings }: Execution): JsonObject {
  const value = (name: string): Json => results.find((result) => result.name === name)?.value ?? {};
  const summary = value("summary.json") as JsonObject;
  return {
    backend: operation.backendId,
    counts: value("counts.json"),
    engine: notes["engine"] ?? "",
    ...(results.some(({ name }) => name === "expectations.json") && {
      expectations: value("expectations.json"),
    }),
    qubits: summary["qubits"] ?? 0,
    reason: notes["reason"] ?? "",
    seed: formatSeed(operation.seed),
    shots: operation.parameters["shots"] ?? 0,
    warnings: [...warnings],
  };
}

function operationOf({ capsule, id }: Work, backendId: string): Operation {
  const programMediaType = requireQuantumCapsule(capsule);
  const { shots, seed, options } = quantumParameters(capsule.parametersJson, id);
  return {
    kind: QUANTUM_RUN_KIND,
    backendId,
    program: capsule.program,
    programMediaType,
    name: capsule.name,
    parameters: { ...options, shots },
    seed,
  };
}
