/** Circuits written as chains of calls. */
export { type GateMethods, type QuantumCircuit, quantumCircuit } from "./quantum-circuit.ts";
