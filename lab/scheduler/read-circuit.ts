/** Reads a circuit before the door, so that a malformed one costs no lease of a backend. */
import { ArqonError, fromUtf8 } from "@arqon/core/base";
import { circuitFeatures, estimateCircuit, parseQasm } from "@arqon/substrates/quantum";
import type { CircuitCost, CircuitFeatures } from "./score.ts";

/**
 * Features and cost of an OpenQASM text.
 * @throws ArqonError `QASM_SYNTAX`, `QASM_SEMANTIC`, `QASM_UNSUPPORTED`, naming file, line and column.
 */
export function readCircuit(
  program: Uint8Array,
  name: string,
  shots: number,
): { readonly features: CircuitFeatures; readonly estimate: CircuitCost } {
  const circuit = parseQasm(sourceText(program, name), name || "circuit.qasm");
  const { qubits, memoryBytes, timeMs } = estimateCircuit(circuit, shots);
  return { features: circuitFeatures(circuit), estimate: { qubits, memoryBytes, timeMs } };
}

/** The text of a program. @throws ArqonError `QASM_SYNTAX` when it is not UTF-8. */
export function sourceText(program: Uint8Array, name: string): string {
  try {
    return fromUtf8(program);
  } catch (cause) {
    throw new ArqonError("QASM_SYNTAX", `${name || "circuit.qasm"}:1:1: the text is not UTF-8`, { cause });
  }
}
