/**
 * Quantum circuits: OpenQASM 2 and 3, cost estimates, and simulation with shots. A circuit keeps its global phase, as
 * `Circuit.phase`; compiling for a machine gives a circuit that is equal up to one.
 */

export { chooseEngine, type EngineChoice, estimateCircuit } from "./auto.ts";
export {
  BARRIER,
  type Buildable,
  type Circuit,
  CircuitBuilder,
  type Condition,
  MEASURE,
  operandsOf,
  parametersOf,
  RESET,
  type Register,
  type Timing,
  timingOf,
} from "./circuit.ts";
export { DRAW_LIMITS, drawSvg, drawText, type TextOptions } from "./draw/index.ts";
export { type Duration, type DurationText, durationText, parseDuration } from "./duration.ts";
export type { EngineName, SimulatorName } from "./engine-name.ts";
export {
  type CircuitEstimate,
  DEFAULT_LIMITS,
  MAX_SHOTS,
  type QuantumLimits,
} from "./estimate.ts";
export {
  estimateNoisyCircuit,
  MAX_DENSITY_QUBITS,
  type MethodEstimate,
  type NoisyEstimate,
  type NoisyMethod,
} from "./estimate-noisy.ts";
export * from "./experiment/index.ts";
export { toQasm2, toQasm3 } from "./export/index.ts";
export { type Crew, type CrewTask, helpCrew } from "./fast/crew.ts";
export { compileKernels } from "./fast/module.ts";
export { type CircuitFeatures, circuitFeatures } from "./features.ts";
export { type GateMethods, type QuantumCircuit, quantumCircuit, type UnitaryMatrix } from "./fluent/index.ts";
export { GATES, type Gate, gateCode } from "./gates/table.ts";
export * from "./gradient/index.ts";
export * from "./mps/index.ts";
export * from "./noise/index.ts";
export * from "./observables/index.ts";
export { parseQasm } from "./parse-qasm.ts";
export type { Precision } from "./precision.ts";
export { QASM_LIMITS } from "./qasm/limits.ts";
export { parseQasm2 } from "./qasm/parser.ts";
export { parseQasm3, QASM3_LIMITS, type Qasm3Options } from "./qasm3/index.ts";
export * from "./qml/index.ts";
export {
  QUANTUM_SEMANTICS,
  type RunOptions,
  type RunResult,
  runCircuit,
  statevector,
} from "./run.ts";
export {
  type NoisyRunOptions,
  type NoisyRunResult,
  noisyDistribution,
  noisyExpectations,
  runNoisyCircuit,
} from "./run-noisy.ts";
export {
  amplitudesAt,
  type Checkpoint,
  type SnapshotOptions,
  snapshots,
} from "./snapshots.ts";
export * from "./stabilizer/index.ts";
export * from "./transpile/index.ts";
export * from "./webgpu/index.ts";
