/** Clifford circuits: tableau simulation to thousands of qubits, and Pauli-frame sampling with noise. */
export { type CliffordStep, cliffordCircuit, cliffordSteps } from "./clifford.ts";
export { estimateStabilizer, STABILIZER_QUBITS } from "./estimate.ts";
export { compileFrames, type FrameProgram, type PauliNoise } from "./frame-program.ts";
export { FRAME_BATCH } from "./frame-sampler.ts";
export {
  countDetections,
  countFrames,
  type FrameBatch,
  type FrameOptions,
  referenceOf,
  sampleFrames,
} from "./frames.ts";
export { runStabilizer, type StabilizerOptions } from "./run.ts";
export { OP as CLIFFORD_OPS, Tableau } from "./tableau.ts";
