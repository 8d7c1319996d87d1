/** The plugin of the statevector simulator: OpenQASM in, counts out. */
import type { Json, JsonObject } from "@arqon/core/base";
import {
  estimateExperiment,
  prepareExperiment,
  QUANTUM_SEMANTICS,
  readExperimentOptions,
  STABILIZER_QUBITS,
} from "@arqon/substrates/quantum";
import type { Operation, PluginFactory, PluginManifest } from "../runtime/index.ts";
import { QUANTUM_RUN_KIND, sourceText } from "../scheduler/index.ts";
import { fileNameOf, shotsOf } from "./circuit-operation.ts";
import type { Simulate } from "./simulation.ts";

/** Id of the backend. */
export const STATEVECTOR_ID = "sim-statevector";

/** What the simulator says of itself. */
const STATEVECTOR_MANIFEST: PluginManifest = {
  id: STATEVECTOR_ID,
  backendClass: "simulator",
  kinds: [QUANTUM_RUN_KIND],
  engine: { name: "arqon-statevector", semantics: QUANTUM_SEMANTICS },
  version: "0.1.0",
  // Of a Clifford circuit, on a tableau. Others are bounded by the memory they would need.
  maxQubits: STABILIZER_QUBITS,
  precision: "f64",
  deterministic: true,
  needsCalibration: false,
  costPerShot: 0,
  expectedFidelity: 1,
};

/**
 * The plugin around a way to simulate. Parameters: `shots`, and what `readExperimentOptions` takes. Results: "counts.json",
 * "summary.json", and "expectations.json" where observables are asked for, all the same on any machine.
 */
export function statevectorPlugin(
  simulate: Simulate,
  limits: { readonly memoryBytes: number; readonly threads?: number },
): PluginFactory {
  return (redeem) => ({
    manifest: STATEVECTOR_MANIFEST,
    estimate: (operation) => {
      const source = sourceText(operation.program, operation.name);
      const options = readExperimentOptions(optionsOf(operation));
      const experiment = prepareExperiment(source, fileNameOf(operation), options);
      const { qubits, memoryBytes, timeMs } = estimateExperiment(experiment, shotsOf(operation));
      return { qubits, memoryBytes, timeMs };
    },
    health: async () => ({ ok: true, note: "" }),
    execute: async (operation, permit, { signal, progress }) => {
      redeem(permit, operation);
      const shots = shotsOf(operation);
      const answer = await simulate(
        {
          source: sourceText(operation.program, operation.name),
          fileName: fileNameOf(operation),
          shots,
          seed: operation.seed,
          memoryBytes: limits.memoryBytes,
          options: optionsOf(operation),
          ...(limits.threads !== undefined && { threads: limits.threads }),
        },
        { signal, progress },
      );
      const summary: JsonObject = {
        outcomes: Object.keys(answer.counts).length,
        qubits: answer.qubits,
        shots,
      };
      return {
        results: [
          { name: "counts.json", value: answer.counts },
          { name: "summary.json", value: summary },
          ...(answer.expectations
            ? [{ name: "expectations.json", value: expectationsOf(operation, answer.expectations) }]
            : []),
        ],
        notes: {
          engine: answer.engine,
          reason: answer.reason,
          ...(answer.layout && { layout: [...answer.layout] }),
        },
        warnings: answer.warnings,
      };
    },
  });
}

function optionsOf({ parameters }: Operation): JsonObject {
  const { shots: _shots, ...options } = parameters;
  return options;
}

/** Each observable as it was asked for, with its value. */
function expectationsOf({ parameters }: Operation, values: readonly number[]): Json {
  const asked = parameters["observables"] as readonly Json[];
  return values.map((value, k) => ({ observable: asked[k] as Json, value }));
}
