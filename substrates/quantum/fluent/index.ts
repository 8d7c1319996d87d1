/** Circuits written as chains of calls. */
export type { UnitaryMatrix } from "./matrix.ts";
export { type GateMethods, type QuantumCircuit, quantumCircuit } from "./quantum-circuit.ts";
