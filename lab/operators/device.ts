/** Runs a circuit on a simulated device, in a thread. */
import { fromUtf8, type JsonObject, parseJson } from "@arqon/core/base";
import {
  type Calibration,
  deviceNoise,
  ibmCalibration,
  parseQasm,
  readCalibration,
  runNoisyCircuit,
} from "@arqon/substrates/quantum";
import type { SimulationAnswer, SimulationRequest } from "./simulation.ts";

/** One circuit, and the calibration the device stands under. */
export interface DeviceRequest extends SimulationRequest {
  readonly calibration: JsonObject;
}

/** A calibration as a file has it: our own form, or the properties IBM publishes. @throws ArqonError `CALIBRATION_INVALID`, `JSON_INVALID`. */
export function calibrationFile(bytes: Uint8Array, name: string): Calibration {
  const json = parseJson(fromUtf8(bytes), name);
  const isIbm = json !== null && typeof json === "object" && "backend_name" in json;
  return isIbm ? ibmCalibration(json) : readCalibration(json);
}

/** @throws ArqonError what reading the circuit or the noise throws. */
export function runOnDevice(
  { source, fileName, shots, seed, memoryBytes, calibration }: DeviceRequest,
  progress: (fraction: number, note: string) => void,
): SimulationAnswer {
  const circuit = parseQasm(source, fileName);
  const noise = deviceNoise(readCalibration(calibration));
  const { counts, method, reason, warnings } = runNoisyCircuit(circuit, {
    shots,
    seed,
    noise,
    limits: { memoryBytes },
    onProgress: (fraction) => progress(fraction, "simulating"),
  });
  return {
    counts: Object.fromEntries(counts),
    engine: method,
    reason,
    qubits: circuit.qubits,
    warnings: [...warnings, ...noise.notes],
  };
}
