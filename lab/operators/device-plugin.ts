/** The plugin of a simulated device: it is what its newest calibration says, noise and all. */
import { ArqonError, canonicalJson, type JsonObject, sha256Hex, utf8 } from "@arqon/core/base";
import {
  depolarizing,
  estimateNoisyCircuit,
  GATES,
  MAX_DENSITY_QUBITS,
  type NoiseModel,
  NoiseModelBuilder,
  parseQasm,
  QUANTUM_SEMANTICS,
} from "@arqon/substrates/quantum";
import type { PluginFactory, PluginManifest } from "../runtime/index.ts";
import { QUANTUM_RUN_KIND, sourceText } from "../scheduler/index.ts";
import { fileNameOf, shotsOf } from "./circuit-operation.ts";
import { calibrationFile, type DeviceRequest } from "./device.ts";
import type { OffThread, SimulationAnswer } from "./simulation.ts";

const DAY_MS = 86_400_000;

/** What the device says of itself. Circuits come in its calibration's own gates, on its own qubits. */
export const DEVICE_MANIFEST: PluginManifest = {
  id: "sim-device",
  backendClass: "simulator",
  kinds: [QUANTUM_RUN_KIND],
  engine: { name: "arqon-device", semantics: QUANTUM_SEMANTICS },
  version: "0.1.0",
  maxQubits: 26,
  precision: "f64",
  deterministic: true,
  needsCalibration: true,
  replay: { drift: [], coherenceWindowMs: DAY_MS },
  costPerShot: 0,
  expectedFidelity: 0.9,
};

/** Stands in estimates for the noise of a calibration, which is known only once the run has begun. */
function typicalNoise(): NoiseModel {
  const noise = new NoiseModelBuilder("typical");
  const errors = [undefined, depolarizing(0.001, 1), depolarizing(0.01, 2)];
  for (const { name, qubits } of GATES) {
    const error = errors[qubits];
    if (error && name !== "rz") noise.after(name, error);
  }
  return noise.build();
}

/** The plugin around a way to simulate. Parameters `{shots}`; results "counts.json" and "summary.json". */
export function devicePlugin(
  simulate: OffThread<DeviceRequest, SimulationAnswer>,
  limits: { readonly memoryBytes: number },
): PluginFactory {
  const typical = typicalNoise();
  return (redeem) => ({
    manifest: DEVICE_MANIFEST,
    estimate: (operation) => {
      const circuit = parseQasm(sourceText(operation.program, operation.name), fileNameOf(operation));
      const { qubits, density, trajectories } = estimateNoisyCircuit(circuit, typical, shotsOf(operation));
      const isDense = qubits <= MAX_DENSITY_QUBITS && density.timeMs <= trajectories.timeMs;
      return { qubits, ...(isDense ? density : trajectories) };
    },
    health: async () => ({ ok: true, note: "" }),
    calibrate: async (operation, permit, { clock }) => {
      redeem(permit, operation);
      const read = calibrationFile(operation.program, operation.name);
      const values = JSON.parse(JSON.stringify(read)) as JsonObject;
      const digest = sha256Hex(utf8(canonicalJson(values))).slice(0, 12);
      const takenAt = read.calibratedAt ?? new Date(clock.nowUs() / 1000).toISOString();
      return { id: `${read.device}/${digest}`, takenAt, values };
    },
    execute: async (operation, permit, { signal, progress, calibration }) => {
      redeem(permit, operation);
      if (!calibration) throw new ArqonError("BACKEND_UNSUITABLE", "the device has no calibration");
      const shots = shotsOf(operation);
      const answer = await simulate(
        {
          source: sourceText(operation.program, operation.name),
          fileName: fileNameOf(operation),
          shots,
          seed: operation.seed,
          memoryBytes: limits.memoryBytes,
          calibration: calibration.values,
        },
        { signal, progress },
      );
      const { counts, engine, reason, qubits, warnings } = answer;
      return {
        results: [
          { name: "counts.json", value: counts },
          { name: "summary.json", value: { outcomes: Object.keys(counts).length, qubits, shots } },
        ],
        notes: { engine, reason },
        warnings,
      };
    },
  });
}
