/** Circuits written as chains of calls. */
export type { UnitaryMatrix } from "./matrix.ts";
export type { GateMethods, QuantumCircuit } from "./methods.ts";
export { quantumCircuit } from "./quantum-circuit.ts";
