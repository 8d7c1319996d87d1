/** Serves `calibration.jobs`: what a device is told to be goes through the door, and is sealed as a Calibration. */
import { ArqonError, canonicalJsonFile, jsonObject, parseJson } from "@arqon/core/base";
import {
  beforeDoor,
  CALIBRATE_KIND,
  type Handler,
  HopWatch,
  type Operation,
  type Work,
} from "../runtime/index.ts";
import { DEVICE_MANIFEST } from "./device-plugin.ts";
import { programJson } from "./program-json.ts";
import { type DoorParts, openRun, passDoor, sealPassed } from "./through-door.ts";

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
    const run = openRun(work, parts, {
      title: work.capsule.name || "calibration.json",
      tenant,
      artifactType: "calibration",
      parents: [],
    });
    const { refusal, results } = await watch.hop("execute", () => passDoor(operation, run, context, parts));
    const ids = await sealPassed(run, watch, context, parts);
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
  return {
    kind: CALIBRATE_KIND,
    backendId: String(backend),
    program: canonicalJsonFile(programJson(capsule.program, name)),
    programMediaType: "application/json",
    name,
    parameters: {},
    seed: 0n,
  };
}
