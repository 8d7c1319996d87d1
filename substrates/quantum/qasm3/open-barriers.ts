/** Fills in barriers that were written before it was known which qubits they are on. */
import type { Circuit } from "../circuit.ts";

/** The circuit with these qubits in instructions that have none so far, by number of the instruction. Linear. */
export function openBarriers(circuit: Circuit, qubits: ReadonlyMap<number, readonly number[]>): Circuit {
  if (qubits.size === 0) return circuit;
  let more = 0;
  for (const { length } of qubits.values()) more += length;
  const operandAt = new Uint32Array(circuit.operandAt.length);
  const operands = new Uint32Array(circuit.operands.length + more);
  let end = 0;
  for (let i = 0; i < circuit.length; i++) {
    const own = circuit.operands.subarray(circuit.operandAt[i], circuit.operandAt[i + 1]);
    const on = qubits.get(i) ?? own;
    operands.set(on, end);
    end += on.length;
    operandAt[i + 1] = end;
  }
  return { ...circuit, operandAt, operands };
}
