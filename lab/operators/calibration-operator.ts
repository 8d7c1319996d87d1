/** Serves `calibration.jobs`: what a device is told to be goes through the door, and is sealed as a Calibration. */
import { ArqonError, canonicalJsonFile, fromUtf8, jsonObject, parseJson } from "@arqon/core/base";
import {
  beforeDoor,
  CALIBRATE_KIND,
  type Handler,
  HopWatch,
  type Operation,
  Run,
  sealRun,
  type Work,
} from "../runtime/index.ts";
import { DEVICE_MANIFEST } from "./device-plugin.ts";
import { type DoorParts, passDoor, throwIfGone } from "./quantum-operator.ts";

/** Schema of the capsule: a program of JSON, and perhaps the constraint "backend". */
export const CALIBRATION_JOB_SCHEMA = "arqonbus.calibration.job.v1";

/** Handles calibration jobs; the submitter needs the capability to execute on the backend. */
export function calibrationHandler(parts: DoorParts, tenantOf: (principal: string) => string): Handler {
  return async (work, context) => {
    const watch = new HopWatch(parts.clock);
    const tenant = tenantOf(work.producer);
    const operation = await beforeDoor(work, { ...parts, by: parts.operatorId, tenant }, () =>
      operationOf(work),
    );
    const run = new Run({
      jobId: work.id,
      title: work.capsule.name || "calibration.json",
      principal: work.producer,
      tenant,
      operator: parts.operatorId,
      attempt: work.attempt,
      artifactType: "calibration",
      parents: [],
      traceParent: work.trace?.["traceparent"] ?? "",
      environment: parts.environment,
      sdkVersion: parts.sdkVersion,
      cryptoMode: parts.cryptoMode,
    });
    const { refusal, results } = await watch.hop("execute", () => passDoor(operation, run, context, parts));
    throwIfGone(context.signal);
    const { recipeId, artifactId, recordId } = await watch.hop("seal", () =>
      sealRun(run, parts.vault, parts.clock),
    );
    const ids = { recipeId, artifactId, recordId };
    if (refusal) return { error: refusal.error, ids, hops: watch.hops };
    const { id, values } = jsonObject(results[0]?.value, "calibration.json");
    const { device, qubits, gates, calibratedAt } = jsonObject(values, "values");
    const output = {
      backend: operation.backendId,
      calibratedAt: calibratedAt ?? "",
      calibration: id ?? "",
      device: device ?? "",
      gates: Array.isArray(gates) ? gates.length : 0,
      qubits: Array.isArray(qubits) ? qubits.length : 0,
    };
    return { output, ids, hops: watch.hops };
  };
}

function operationOf({ capsule }: Work): Operation {
  if (capsule.schema !== CALIBRATION_JOB_SCHEMA)
    throw new ArqonError("SCHEMA_UNKNOWN", `"${capsule.schema}" is not ${CALIBRATION_JOB_SCHEMA}`);
  const name = capsule.name || "calibration.json";
  const constraints = jsonObject(
    parseJson(capsule.constraintsJson || "{}", "constraints_json"),
    "constraints_json",
  );
  const { backend = DEVICE_MANIFEST.id } = constraints;
  let text: string;
  try {
    text = fromUtf8(capsule.program);
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", `${name} is not a text`, { cause });
  }
  return {
    kind: CALIBRATE_KIND,
    backendId: String(backend),
    program: canonicalJsonFile(parseJson(text, name)),
    programMediaType: "application/json",
    name,
    parameters: {},
    seed: 0n,
  };
}
