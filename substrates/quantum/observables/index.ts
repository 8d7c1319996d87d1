/** What is asked of a state: expectation values, reduced density matrices, gradients. */
export {
  type Amplitudes,
  type CountedExpectation,
  countedExpectation,
  expectation,
  type Observable,
  pauliExpectation,
} from "./expectation.ts";
export { parameterShift, type ShiftRule } from "./gradient.ts";
export { basisChange, type PauliString, pauliString } from "./pauli.ts";
export { REDUCED_QUBITS, reducedDensity } from "./reduced.ts";
