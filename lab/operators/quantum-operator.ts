/** Serves `backend.<id>.jobs`: verifies the decision, goes through the door, seals, answers. */
import { formatSeed, type Json, type JsonObject } from "@arqon/core/base";
import {
  beforeDoor,
  type Execution,
  type Handler,
  HopWatch,
  type Operation,
  type Outcome,
  type Work,
} from "../runtime/index.ts";
import {
  GRADIENT_JOB_SCHEMA,
  QUANTUM_RUN_KIND,
  quantumParameters,
  requireQuantumCapsule,
} from "../scheduler/index.ts";
import { deviceState } from "./device-state.ts";
import { GRADIENT } from "./gradient-operator.ts";
import type { Served } from "./served.ts";
import { sourceRecord } from "./source-record.ts";
import { type DoorParts, openRun, passDoor, sealPassed } from "./through-door.ts";
import { verifyDecision } from "./trust.ts";

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
        const { principal, tenant } = decision.subject;
        const run = openRun(work, parts, {
          jobId: work.job.parentJobId,
          title: work.capsule.name,
          principal,
          tenant,
          artifactType: served.artifactType,
          parents: state.parents,
          decision,
        });
        return { operation, run, calibrations: state.calibrations, served, source };
      },
    );
    const execution = await watch.hop("execute", () =>
      passDoor(operation, run, context, parts, calibrations),
    );
    const ids = await sealPassed(run, watch, context, parts, source);
    return { ...answerOf(execution, served.outputOf), ids, hops: watch.hops };
  };
}

/** The output of an execution, or the error it ended with. */
function answerOf(execution: Execution, outputOf: Served["outputOf"]): Outcome {
  if (execution.refusal) return { error: execution.refusal.error };
  return { output: outputOf(execution) };
}

/** The JSON that people and SDKs read. */
function quantumOutput({ operation, results, notes, warnings }: Execution): JsonObject {
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
