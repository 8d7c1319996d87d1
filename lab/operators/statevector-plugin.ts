/** The plugin of the statevector simulator: OpenQASM in, counts out. */
import type { JsonObject } from "@arqon/core/base";
import { estimateCircuit, parseQasm, QUANTUM_SEMANTICS, STABILIZER_QUBITS } from "@arqon/substrates/quantum";
import type { Operation, PluginFactory, PluginManifest } from "../runtime/index.ts";
import { QUANTUM_RUN_KIND, sourceText } from "../scheduler/index.ts";
import type { Simulate } from "./simulation.ts";

/** Id of the backend. */
export const STATEVECTOR_ID = "sim-statevector";

/** Most qubits the simulator takes: of a Clifford circuit, on a tableau. Others are bounded by the memory they would need. */
export const STATEVECTOR_QUBITS: number = STABILIZER_QUBITS;

/** What the simulator says of itself. */
export const STATEVECTOR_MANIFEST: PluginManifest = {
  id: STATEVECTOR_ID,
  backendClass: "simulator",
  kinds: [QUANTUM_RUN_KIND],
  engine: { name: "arqon-statevector", semantics: String(QUANTUM_SEMANTICS) },
  version: "0.1.0",
  maxQubits: STATEVECTOR_QUBITS,
  precision: "f64",
  deterministic: true,
  needsCalibration: false,
  costPerShot: 0,
  expectedFidelity: 1,
};

/**
 * The plugin around a way to simulate. Parameters: `{ shots }`. Results: "counts.json" and "summary.json", both the same
 * on any machine.
 */
export function statevectorPlugin(
  simulate: Simulate,
  limits: { readonly memoryBytes: number },
): PluginFactory {
  return (redeem) => ({
    manifest: STATEVECTOR_MANIFEST,
    estimate: (operation) => {
      const circuit = parseQasm(sourceText(operation.program, operation.name), fileNameOf(operation));
      const { memoryBytes, timeMs } = estimateCircuit(circuit, shotsOf(operation));
      return { qubits: circuit.qubits, memoryBytes, timeMs };
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
        ],
        notes: { engine: answer.engine, reason: answer.reason },
        warnings: answer.warnings,
      };
    },
  });
}

function fileNameOf({ name }: Operation): string {
  return name || "circuit.qasm";
}

function shotsOf({ parameters }: Operation): number {
  const { shots } = parameters;
  if (typeof shots !== "number") throw new TypeError("parameters.shots must be filled in");
  return shots;
}
