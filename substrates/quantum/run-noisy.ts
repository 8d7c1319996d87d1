/** Running a circuit with noise: counts for shots, the whole distribution, or expectation values. */
import { ArqonError } from "@arqon/core/base";
import { type Buildable, type Circuit, circuitOf } from "./circuit.ts";
import { densityDistribution, densityFast, densityShots } from "./density/index.ts";
import { checkEstimate, checkSeed, checkShots, DEFAULT_LIMITS, type QuantumLimits } from "./estimate.ts";
import { estimateNoisy, MAX_DENSITY_QUBITS, type NoisyEstimate, type NoisyMethod } from "./estimate-noisy.ts";
import { fast } from "./fast/engine.ts";
import type { NoiseModel } from "./noise/index.ts";
import { type NoisyProgram, prepareNoisy } from "./noise/program.ts";
import { sortedCounts } from "./simulate/counts.ts";
import { runTrajectories, TrajectoryPlan } from "./trajectories/index.ts";

/** How to run a circuit with noise. */
export interface NoisyRunOptions {
  readonly shots: number;
  /** 64 bits; fixes every outcome of a method. The two methods draw differently. */
  readonly seed: bigint;
  readonly noise: NoiseModel;
  /** "auto", the default, takes the one that is estimated to be faster within the limits. */
  readonly method?: "auto" | NoisyMethod;
  readonly limits?: Partial<QuantumLimits>;
  /** Asked between pieces of work. */
  readonly isCancelled?: () => boolean;
  /** Told the part of the work done, in [0, 1], never falling. */
  readonly onProgress?: (fraction: number) => void;
}

/** What a noisy run gives. */
export interface NoisyRunResult {
  /** How often each outcome came, in ascending order of the key (Qiskit's form). */
  readonly counts: ReadonlyMap<string, number>;
  readonly method: NoisyMethod;
  /** Why this method. */
  readonly reason: string;
  readonly estimate: NoisyEstimate;
  /** Doubts about circuit and noise; what was found in a calibration is in the model's notes. */
  readonly warnings: readonly string[];
}

/**
 * Simulates a circuit with noise for a number of shots.
 *
 * @throws ArqonError `QUANTUM_TOO_LARGE` when no method, or not the one asked for, is within the limits;
 *   `CALIBRATION_REFUSED` for a gate the noise excludes; `CALIBRATION_INVALID` for a qubit it does not have; `CANCELLED`.
 * @cost see {@link estimateNoisy}; synchronous.
 */
export function runNoisyCircuit(circuit: Circuit | Buildable, options: NoisyRunOptions): NoisyRunResult {
  checkShots(options.shots);
  checkSeed(options.seed);
  const plan = new TrajectoryPlan(prepareNoisy(circuitOf(circuit), options.noise));
  return runNoisyPlan(plan, estimateNoisy(plan, options.shots), options);
}

/** The same for a circuit that was compiled and estimated before. */
export function runNoisyPlan(
  plan: TrajectoryPlan,
  estimate: NoisyEstimate,
  options: Omit<NoisyRunOptions, "noise">,
): NoisyRunResult {
  const { program } = plan;
  const { circuit } = program;
  const { method, reason } = choose(circuit.name, estimate, options);
  const run = { shots: options.shots, seed: options.seed, progress: watcher(circuit.name, options) };
  const counts =
    method === "density"
      ? densityShots(program, densityFast(program), run)
      : runTrajectories(plan, { ...run, engine: fast });
  return {
    counts: sortedCounts(counts),
    method,
    reason,
    estimate,
    warnings: [...circuit.warnings, ...program.warnings, ...unmeasured(program)],
  };
}

function unmeasured({ circuit, bits }: NoisyProgram): string[] {
  if (bits === circuit.bits) return [];
  return [
    `the circuit measures nothing: every qubit (${circuit.qubits}) was measured at its end, into 'meas'`,
  ];
}

function choose(
  name: string,
  estimate: NoisyEstimate,
  { method = "auto", limits }: Pick<NoisyRunOptions, "method" | "limits">,
): { method: NoisyMethod; reason: string } {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  const check = (one: NoisyMethod): void =>
    checkEstimate(
      `${name} by ${one}`,
      { qubits: estimate.qubits, amplitudes: 2 ** estimate.qubits, ...estimate[one] },
      one === "density" ? { ...bounds, maxQubits: Math.min(bounds.maxQubits, MAX_DENSITY_QUBITS) } : bounds,
    );
  if (method !== "auto") {
    check(method);
    return { method, reason: "asked for" };
  }
  const { density, trajectories } = estimate;
  const faster: NoisyMethod = density.timeMs <= trajectories.timeMs ? "density" : "trajectories";
  const figures = `density ${figure(density.timeMs)}, trajectories ${figure(trajectories.timeMs)}`;
  const slower = faster === "density" ? "trajectories" : "density";
  try {
    check(faster);
    return { method: faster, reason: `estimated faster: ${figures}` };
  } catch (over) {
    if (!(over instanceof ArqonError) || over.code !== "QUANTUM_TOO_LARGE") throw over;
    check(slower);
    return { method: slower, reason: `${faster} is over the limits: ${figures}` };
  }
}

const figure = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

function watcher(
  name: string,
  { isCancelled, onProgress }: Pick<NoisyRunOptions, "isCancelled" | "onProgress">,
): (fraction: number) => void {
  let most = -1;
  return (fraction) => {
    if (isCancelled?.()) throw new ArqonError("CANCELLED", `the run of ${name} was cancelled`);
    if (fraction <= most) return;
    most = fraction;
    onProgress?.(Math.min(1, fraction));
  };
}

/** Branches of measurements that an exact distribution follows at most: 2^10. */
const MAX_BRANCHINGS = 10;
/** Bits sampled at the end of an exact distribution at most: its keys are all their values. */
const MAX_SAMPLED = 16;

/**
 * The probability of each outcome of a noisy circuit, readout errors included, by key in ascending order.
 *
 * @throws ArqonError `QUANTUM_TOO_LARGE` above {@link MAX_DENSITY_QUBITS} qubits, the limits, 10 measurements on the way,
 *   or 16 at the end.
 */
export function noisyDistribution(
  given: Circuit | Buildable,
  noise: NoiseModel,
  limits?: Partial<QuantumLimits>,
): ReadonlyMap<string, number> {
  const circuit = circuitOf(given);
  const program = prepareNoisy(circuit, noise);
  for (const [count, most, what] of [
    [program.measurements, MAX_BRANCHINGS, "measurements on the way"],
    [program.sampled.length, MAX_SAMPLED, "measurements at the end"],
  ] as const)
    if (count > most)
      throw new ArqonError(
        "QUANTUM_TOO_LARGE",
        `${circuit.name} has ${count} ${what}; the limit of an exact distribution is ${most}`,
      );
  checkDensity(program, estimateNoisy(new TrajectoryPlan(program), 2 ** program.measurements), limits);
  return densityDistribution(program, densityFast(program));
}

/**
 * Expectation values of Pauli products in the final state, before any measurement: exact, without readout errors.
 *
 * @param paulis  one letter I, X, Y or Z per qubit of the circuit; the leftmost is the last qubit.
 * @throws ArqonError `QASM_UNSUPPORTED` when the state depends on a measurement; `USAGE` for a label of another form.
 */
export function noisyExpectations(
  given: Circuit | Buildable,
  noise: NoiseModel,
  paulis: readonly string[],
  limits?: Partial<QuantumLimits>,
): Float64Array {
  const program = prepareNoisy(circuitOf(given), noise);
  checkFinalState(program);
  checkDensity(program, estimateNoisy(new TrajectoryPlan(program), 1), limits);
  return finalExpectations(program, paulis);
}

/** @throws ArqonError `QASM_UNSUPPORTED` when the final state depends on a measurement. */
export function checkFinalState({ circuit, steps }: NoisyProgram): void {
  if (steps.some(({ condition, kind }) => condition || kind === "measure"))
    throw new ArqonError("QASM_UNSUPPORTED", `${circuit.name} has no one final state: it depends on chance`);
}

/** Expectation values of a program whose final state and whose density matrix were checked; see {@link noisyExpectations}. */
export function finalExpectations(program: NoisyProgram, paulis: readonly string[]): Float64Array {
  const { circuit, width, positions, steps } = program;
  for (const label of paulis)
    if (label.length !== circuit.qubits || !/^[IXYZ]*$/.test(label))
      throw new ArqonError("USAGE", `"${label}" is not ${circuit.qubits} letters of I, X, Y, Z`);
  const state = densityFast(program);
  for (const step of steps) {
    if (step.kind === "layers") state.apply(step.layers);
    else if (step.kind === "reset") state.reset(step.position);
  }
  return Float64Array.from(paulis, (label) => {
    const letters = Array.from({ length: width }, () => "I");
    for (let q = 0; q < circuit.qubits; q++) {
      const letter = label[circuit.qubits - 1 - q] as string;
      const position = positions[q] as number;
      // Of a qubit that is |0>, X and Y average to 0 and Z is 1.
      if (position >= 0) letters[width - 1 - position] = letter;
      else if (letter === "X" || letter === "Y") return 0;
    }
    return state.expectation(letters.join(""));
  });
}

/** @throws ArqonError `QUANTUM_TOO_LARGE` when a density matrix is over its qubits or the limits. */
export function checkDensity(
  { circuit }: NoisyProgram,
  { qubits, density }: NoisyEstimate,
  limits?: Partial<QuantumLimits>,
): void {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  checkEstimate(
    `${circuit.name} by density`,
    { qubits, amplitudes: 2 ** qubits, ...density },
    { ...bounds, maxQubits: Math.min(bounds.maxQubits, MAX_DENSITY_QUBITS) },
  );
}
