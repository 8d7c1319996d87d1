/** Reads a circuit before the door, so that a malformed one costs no lease of a backend. */
import { ArqonError, fromUtf8, type JsonObject } from "@arqon/core/base";
import {
  type CircuitFeatures,
  circuitFeatures,
  estimateExperiment,
  prepareExperiment,
  readExperimentOptions,
} from "@arqon/substrates/quantum";
import type { CircuitCost } from "./score.ts";

/**
 * Features of an OpenQASM text, and the cost of running it: with noise, of the circuit compiled for the machine.
 * @param options  as `quantumParameters` gives them.
 * @throws ArqonError `QASM_SYNTAX`, `QASM_SEMANTIC`, `QASM_UNSUPPORTED`, naming file, line and column; what a calibration or the
 *   transpiler refuses.
 */
export function readCircuit(
  program: Uint8Array,
  name: string,
  shots: number,
  options: JsonObject = {},
): { readonly features: CircuitFeatures; readonly estimate: CircuitCost } {
  const source = sourceText(program, name);
  const experiment = prepareExperiment(source, name || "circuit.qasm", readExperimentOptions(options));
  const { simulatedQubits: qubits, memoryBytes, timeMs } = estimateExperiment(experiment, shots);
  return { features: circuitFeatures(experiment.circuit), estimate: { qubits, memoryBytes, timeMs } };
}

/** The text of a program. @throws ArqonError `QASM_SYNTAX` when it is not UTF-8. */
export function sourceText(program: Uint8Array, name: string): string {
  try {
    return fromUtf8(program);
  } catch (cause) {
    throw new ArqonError("QASM_SYNTAX", `${name || "circuit.qasm"}:1:1: the text is not UTF-8`, { cause });
  }
}
