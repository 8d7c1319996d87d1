/** Compiling circuits for machines: layout, routing, synthesis, merging; and whether the result is the same circuit. */
export { EQUIVALENCE_QUBITS, isEquivalent, type Layouts, unitaryDifference } from "./equivalent.ts";
export {
  type Coupling,
  deviceTarget,
  ENTANGLERS,
  type Entangler,
  type OneQubitBasis,
  TARGET_QUBITS,
  type Target,
  targetOf,
} from "./target.ts";
export { type Transpiled, type TranspileOptions, transpile } from "./transpile.ts";
