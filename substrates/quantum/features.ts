/** What a circuit is like, without running it. */
import { BARRIER, type Buildable, type Circuit, circuitOf, MEASURE, operandsOf, RESET } from "./circuit.ts";

/** Counts over the instructions of a circuit. */
export interface CircuitFeatures {
  readonly qubits: number;
  readonly bits: number;
  /** Longest chain of instructions that share a qubit or a bit; barriers order, but do not count. */
  readonly depth: number;
  readonly oneQubitGates: number;
  readonly twoQubitGates: number;
  /** Gates of three or more qubits. */
  readonly largerGates: number;
  readonly measurements: number;
  readonly resets: number;
  readonly conditionals: number;
}

/** Counts gates, measurements and depth. Linear in the number of operands. */
export function circuitFeatures(given: Circuit | Buildable): CircuitFeatures {
  const circuit = circuitOf(given);
  const gates = [0, 0, 0, 0];
  let [measurements, resets, conditionals, depth] = [0, 0, 0, 0];
  const wires = new Uint32Array(circuit.qubits + circuit.bits);
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    const operands = operandsOf(circuit, i);
    const used = Array.from(operands);
    if (code === MEASURE) {
      measurements++;
      used[1] = circuit.qubits + (operands[1] as number);
    } else if (code === RESET) resets++;
    else if (code !== BARRIER)
      gates[Math.min(3, operands.length)] = (gates[Math.min(3, operands.length)] as number) + 1;
    const condition = circuit.conditions[circuit.conditionOf[i] as number];
    if (condition) {
      conditionals++;
      for (const bit of condition.bits) used.push(circuit.qubits + bit);
    }
    let level = 0;
    for (const wire of used) level = Math.max(level, wires[wire] as number);
    if (code !== BARRIER) level++;
    for (const wire of used) wires[wire] = level;
    depth = Math.max(depth, level);
  }
  return {
    qubits: circuit.qubits,
    bits: circuit.bits,
    depth,
    oneQubitGates: gates[1] as number,
    twoQubitGates: gates[2] as number,
    largerGates: gates[3] as number,
    measurements,
    resets,
    conditionals,
  };
}
