/** Chooses the engine of an experiment, compiles for it, and says what it would cost. */
import { ArqonError, formatDuration } from "@arqon/core/base";
import { chooseEngine, type EngineChoice } from "../auto.ts";
import type { SimulatorName } from "../engine-name.ts";
import { checkShots, DEFAULT_LIMITS } from "../estimate.ts";
import { estimateNoisy, MAX_DENSITY_QUBITS, type NoisyEstimate } from "../estimate-noisy.ts";
import { circuitFeatures } from "../features.ts";
import type { MpsOptions } from "../mps/index.ts";
import { type NoiseModel, NoiseModelBuilder } from "../noise/index.ts";
import { type NoisyProgram, prepareNoisy } from "../noise/program.ts";
import { checkFinalState } from "../run.ts";
import { checkDensity, checkFinalState as checkNoisyFinalState } from "../run-noisy.ts";
import type { PauliNoise } from "../stabilizer/index.ts";
import { TrajectoryPlan } from "../trajectories/index.ts";
import { type ExactCost, exactCost } from "./exact.ts";
import type { AskedObservable, ExperimentEngine } from "./options.ts";
import { pauliNoiseOf } from "./pauli-noise.ts";
import type { Experiment } from "./prepare.ts";

/** What an experiment would need. */
export interface ExperimentEstimate {
  readonly engine: Exclude<ExperimentEngine, "auto">;
  /** Why this engine. */
  readonly reason: string;
  /** Qubits of the circuit as it was given, and those the simulation keeps. */
  readonly qubits: number;
  readonly simulatedQubits: number;
  readonly memoryBytes: number;
  readonly timeMs: number;
  /** What may yet come: what people should know before they run it. */
  readonly notes: readonly string[];
}

/** An experiment compiled for its engine. */
export type ExperimentPlan = { readonly estimate: ExperimentEstimate } & (
  | {
      readonly kind: "noiseless";
      readonly choice: EngineChoice;
      /** Of expectation values, where they are asked for. */
      readonly exact: ExactCost | undefined;
    }
  | {
      readonly kind: "frames";
      readonly rules: readonly PauliNoise[];
      readonly program: NoisyProgram;
      /** Of a density matrix, where expectation values are asked for. */
      readonly cost: NoisyEstimate | undefined;
    }
  | {
      readonly kind: "noisy";
      readonly plan: TrajectoryPlan;
      readonly program: NoisyProgram;
      readonly cost: NoisyEstimate;
      readonly method: "density" | "trajectories";
    }
);

const NAMES: Readonly<Record<SimulatorName, Exclude<ExperimentEngine, "auto">>> = {
  fast: "statevector",
  oracle: "statevector",
  stabilizer: "stabilizer",
  mps: "mps",
};
/** Nanoseconds of a frame operation for a batch of 1,024 shots, and of a bit on its way into a key. */
const FRAME_NS = 60;
const KEY_BIT_NS = 20;
const BATCH = 1024;
const SHOT_BYTES = 200;

/**
 * Chooses the engine and says what it would need. Allocates no state.
 *
 * @throws ArqonError `LIMIT_EXCEEDED` for too many shots; `QASM_UNSUPPORTED` when a named engine cannot run the circuit, or for an
 *   expectation value of a state that depends on a measurement; `QUANTUM_TOO_LARGE` for one with noise on too many qubits;
 *   what the calibration refuses.
 */
export function estimateExperiment(experiment: Experiment, shots: number): ExperimentEstimate {
  return planExperiment(experiment, shots).estimate;
}

/** The same, with everything that was compiled. */
export function planExperiment(experiment: Experiment, shots: number): ExperimentPlan {
  checkShots(shots);
  const noise = noiseFor(experiment);
  return noise ? noisyPlan(experiment, noise, shots) : noiselessPlan(experiment, shots);
}

/** Density and trajectories without noise run with a model that has none. */
function noiseFor({ noise, options: { engine } }: Experiment): NoiseModel | undefined {
  if (noise) return noise;
  return engine === "density" || engine === "trajectories"
    ? new NoiseModelBuilder("no noise").build()
    : undefined;
}

function noiselessPlan(experiment: Experiment, shots: number): ExperimentPlan {
  const { asked, circuit, options } = experiment;
  const { engine, precision, observables } = options;
  const named = engine === "statevector" ? "fast" : (engine as "auto" | "stabilizer" | "mps");
  const choice = chooseEngine(circuit, shots, named, {}, precision, options.mps);
  let exact: ExactCost | undefined;
  if (observables.length > 0) {
    checkFinalState(choice.program);
    const terms = observables.reduce((sum, observable) => sum + termsOf(observable).length, 0);
    exact = exactCost(choice, terms, precision);
  }
  const { memoryBytes, timeMs } = exact ?? choice.estimate;
  return {
    kind: "noiseless",
    choice,
    exact,
    estimate: {
      engine: NAMES[choice.engine],
      reason: choice.reason,
      qubits: asked.qubits,
      simulatedQubits: choice.estimate.qubits,
      memoryBytes: Math.min(memoryBytes, Number.MAX_VALUE),
      timeMs: Math.min(timeMs, Number.MAX_VALUE),
      notes: choice.mps?.mayTruncate ? [mayLose(choice.mps.options)] : [],
    },
  };
}

function mayLose({ maxBond, maxDiscarded }: MpsOptions): string {
  return (
    `its gates could make bonds above ${maxBond}: whether the run then loses more than ${maxDiscarded} of the state, and is refused, ` +
    "shows only in the run; --mps-bond and --mps-loss (mps.maxBond and mps.maxLoss) set both"
  );
}

function noisyPlan(experiment: Experiment, noise: NoiseModel, shots: number): ExperimentPlan {
  const { asked, circuit, options } = experiment;
  const { engine } = options;
  const { qubits } = asked;
  const isAsked = options.observables.length > 0;
  const program = prepareNoisy(circuit, noise);
  if (isAsked) checkNoisyFinalState(program);
  /** Exact values take a density matrix, whatever the counts come from. */
  const both = (need: ExperimentEstimate, cost: NoisyEstimate | undefined): ExperimentEstimate => {
    if (!isAsked || !cost) return need;
    checkDensity(program, cost);
    const { density } = cost;
    return {
      ...need,
      memoryBytes: Math.max(need.memoryBytes, density.memoryBytes),
      timeMs: Math.min(need.timeMs + density.timeMs, Number.MAX_VALUE),
    };
  };
  const rules = engine === "auto" || engine === "stabilizer" ? pauliNoiseOf(circuit, noise) : undefined;
  if (rules) {
    const cost = isAsked ? estimateNoisy(new TrajectoryPlan(program), 1) : undefined;
    const estimate = both({ ...frameCost(experiment, shots), qubits }, cost);
    return { kind: "frames", rules, program, cost, estimate };
  }
  if (engine === "stabilizer")
    throw new ArqonError(
      "QASM_UNSUPPORTED",
      `${asked.name} with this noise is not for the stabilizer engine: it takes Clifford gates, Pauli errors, readout that errs alike both ways, and measurements at the end`,
    );
  const plan = new TrajectoryPlan(program);
  const cost = estimateNoisy(plan, shots);
  const method = engine === "density" || engine === "trajectories" ? engine : fasterOf(cost);
  const reason =
    engine === "auto"
      ? `density ${timeOf(cost, "density")}, trajectories ${timeOf(cost, "trajectories")}, by estimate`
      : "it was asked for";
  const need = { engine: method, reason, qubits, simulatedQubits: cost.qubits, notes: [], ...cost[method] };
  return { kind: "noisy", plan, program, cost, method, estimate: both(need, cost) };
}

/** The Pauli strings of an observable with their weights. */
export const termsOf = (observable: AskedObservable): readonly (readonly [string, number])[] =>
  typeof observable === "string" ? [[observable, 1]] : Object.entries(observable);

const timeOf = (estimate: NoisyEstimate, method: "density" | "trajectories"): string =>
  method === "density" && estimate.qubits > MAX_DENSITY_QUBITS
    ? `not above ${MAX_DENSITY_QUBITS} qubits`
    : formatDuration(estimate[method].timeMs);

/** Depends on circuit, noise and shots alone, never on the machine: the two draw differently. */
function fasterOf(estimate: NoisyEstimate): "density" | "trajectories" {
  const { density, trajectories } = estimate;
  const fits = estimate.qubits <= MAX_DENSITY_QUBITS && density.memoryBytes <= DEFAULT_LIMITS.memoryBytes;
  return fits && density.timeMs <= trajectories.timeMs ? "density" : "trajectories";
}

function frameCost({ circuit }: Experiment, shots: number): Omit<ExperimentEstimate, "qubits"> {
  const { measurements } = circuitFeatures(circuit);
  const width = circuit.qubits;
  const batches = Math.ceil(shots / BATCH);
  return {
    engine: "stabilizer",
    reason: "every gate is a Clifford gate and every error a Pauli operator: Pauli frames",
    simulatedQubits: width,
    notes: [],
    memoryBytes: 256 * width + 128 * measurements + (width * width) / 2 + SHOT_BYTES * shots + 2 ** 20,
    timeMs: (batches * circuit.length * 2 * FRAME_NS + shots * (KEY_BIT_NS * measurements + 200)) / 1e6,
  };
}
