/** What an experiment would cost, and running it. */
import { ArqonError, formatDuration } from "@arqon/core/base";
import { chooseEngine } from "../auto.ts";
import type { SimulatorName } from "../engine-name.ts";
import { checkEstimate, checkShots, DEFAULT_LIMITS, type QuantumLimits } from "../estimate.ts";
import { estimateNoisyCircuit, MAX_DENSITY_QUBITS, type NoisyEstimate } from "../estimate-noisy.ts";
import type { Crew } from "../fast/crew.ts";
import { circuitFeatures } from "../features.ts";
import { type NoiseModel, NoiseModelBuilder } from "../noise/index.ts";
import { prepareNoisy } from "../noise/program.ts";
import { expectation } from "../observables/index.ts";
import { runCircuit, statevector } from "../run.ts";
import { noisyExpectations, runNoisyCircuit } from "../run-noisy.ts";
import { compileFrames, countFrames, type PauliNoise } from "../stabilizer/index.ts";
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
}

/** How to run one. */
export interface ExperimentRun {
  readonly shots: number;
  /** 64 bits; fixes every outcome of an engine. */
  readonly seed: bigint;
  readonly limits?: Partial<QuantumLimits>;
  /** Threads that help with a statevector; no result depends on them. */
  readonly crew?: Crew;
  readonly onProgress?: (fraction: number) => void;
}

/** What it gives. */
export interface ExperimentResult {
  readonly counts: ReadonlyMap<string, number>;
  readonly engine: string;
  readonly reason: string;
  readonly qubits: number;
  /** Exact values of the state before any measurement at the end, in the order asked; with noise, without readout errors. */
  readonly expectations: readonly number[];
  readonly warnings: readonly string[];
}

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
/** An amplitude in the engine's order and in the qubits' order; nanoseconds for one in the sum of a term. */
const STATE_BYTES = 32;
const TERM_NS = 4;

type Plan = ExperimentEstimate & { readonly frames?: readonly PauliNoise[] };

/**
 * Chooses the engine and says what it would need. Allocates no state.
 *
 * @throws ArqonError `LIMIT_EXCEEDED` for too many shots, `QASM_UNSUPPORTED` when a named engine cannot run the circuit.
 */
export function estimateExperiment(experiment: Experiment, shots: number): ExperimentEstimate {
  const { frames: _rules, ...estimate } = planOf(experiment, shots);
  return estimate;
}

function planOf(experiment: Experiment, shots: number): Plan {
  checkShots(shots);
  const { asked, circuit, options } = experiment;
  const { engine, precision } = options;
  const { qubits } = asked;
  const noise = noiseFor(experiment);
  if (!noise) {
    const named = engine === "statevector" ? "fast" : (engine as "auto" | "stabilizer" | "mps");
    const choice = chooseEngine(circuit, shots, named, {}, precision);
    const { memoryBytes, timeMs, qubits: simulatedQubits } = choice.estimate;
    return {
      engine: NAMES[choice.engine],
      reason: choice.reason,
      qubits,
      simulatedQubits,
      ...withExpectations(experiment, memoryBytes, timeMs),
    };
  }
  const frames = engine === "auto" || engine === "stabilizer" ? pauliNoiseOf(circuit, noise) : undefined;
  if (frames) return { ...frameCost(experiment, shots), qubits, frames };
  if (engine === "stabilizer")
    throw new ArqonError(
      "QASM_UNSUPPORTED",
      `${asked.name} with this noise is not for the stabilizer engine: it takes Clifford gates, Pauli errors, readout that errs alike both ways, and measurements at the end`,
    );
  const estimate = estimateNoisyCircuit(circuit, noise, shots);
  const method = engine === "density" || engine === "trajectories" ? engine : fasterOf(estimate);
  const reason =
    engine === "auto"
      ? `density ${timeOf(estimate, "density")}, trajectories ${timeOf(estimate, "trajectories")}, by estimate`
      : "it was asked for";
  return { engine: method, reason, qubits, simulatedQubits: estimate.qubits, ...estimate[method] };
}

/** Expectation values take the whole state a second time, after the shots, and a pass over it for each term. */
function withExpectations(
  { asked, options: { observables } }: Experiment,
  memoryBytes: number,
  timeMs: number,
): Pick<ExperimentEstimate, "memoryBytes" | "timeMs"> {
  if (observables.length === 0) return { memoryBytes, timeMs };
  const amplitudes = 2 ** asked.qubits;
  const terms = observables.reduce((sum, observable) => sum + termsOf(observable).length, 0);
  return {
    memoryBytes: Math.min(Math.max(memoryBytes, STATE_BYTES * amplitudes), Number.MAX_VALUE),
    timeMs: Math.min(timeMs + (terms * amplitudes * TERM_NS) / 1e6, Number.MAX_VALUE),
  };
}

/** Density and trajectories without noise run with a model that has none. */
function noiseFor({ noise, options: { engine } }: Experiment): NoiseModel | undefined {
  if (noise) return noise;
  return engine === "density" || engine === "trajectories"
    ? new NoiseModelBuilder("no noise").build()
    : undefined;
}

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

function frameCost({ circuit }: Experiment, shots: number): Omit<Plan, "qubits"> {
  const { measurements } = circuitFeatures(circuit);
  const width = circuit.qubits;
  const batches = Math.ceil(shots / BATCH);
  return {
    engine: "stabilizer",
    reason: "every gate is a Clifford gate and every error a Pauli operator: Pauli frames",
    simulatedQubits: width,
    memoryBytes: 256 * width + 128 * measurements + (width * width) / 2 + SHOT_BYTES * shots + 2 ** 20,
    timeMs: (batches * circuit.length * 2 * FRAME_NS + shots * (KEY_BIT_NS * measurements + 200)) / 1e6,
  };
}

/**
 * Runs an experiment.
 *
 * @throws ArqonError `QUANTUM_TOO_LARGE` when the estimate is over the limits, with the figures; `QASM_UNSUPPORTED` for an
 *   expectation value of a state that depends on a measurement.
 */
export function runExperiment(experiment: Experiment, run: ExperimentRun): ExperimentResult {
  const { asked, circuit, options, warnings } = experiment;
  const { shots, seed, limits, onProgress, crew } = run;
  const plan = planOf(experiment, shots);
  const noise = noiseFor(experiment);
  const tools = { shots, seed, ...(limits && { limits }), ...(onProgress && { onProgress }) };
  const { counts, told } = ((): { counts: ReadonlyMap<string, number>; told: readonly string[] } => {
    if (!noise) {
      const engine =
        options.engine === "statevector" ? "fast" : (options.engine as "auto" | "stabilizer" | "mps");
      const result = runCircuit(circuit, {
        ...tools,
        engine,
        precision: options.precision,
        ...(crew && { crew }),
      });
      return { counts: result.counts, told: result.warnings };
    }
    if (plan.frames) {
      const { memoryBytes, timeMs } = plan;
      const bounds = { ...DEFAULT_LIMITS, ...limits, maxQubits: Number.POSITIVE_INFINITY };
      checkEstimate(asked.name, { qubits: circuit.qubits, memoryBytes, timeMs, amplitudes: 0 }, bounds);
      const program = compileFrames(circuit, plan.frames);
      const told = [...circuit.warnings, ...prepareNoisy(circuit, noise).warnings];
      return { counts: countFrames(program, { shots, seed, progress: (part) => onProgress?.(part) }), told };
    }
    const method = plan.engine as "density" | "trajectories";
    const result = runNoisyCircuit(circuit, { ...tools, noise, method });
    return { counts: result.counts, told: result.warnings };
  })();
  return {
    counts,
    engine: plan.engine,
    reason: plan.reason,
    qubits: asked.qubits,
    expectations: expectationsOf(experiment, noise, limits),
    warnings: [...warnings, ...told],
  };
}

const termsOf = (observable: AskedObservable): readonly (readonly [string, number])[] =>
  typeof observable === "string" ? [[observable, 1]] : Object.entries(observable);

function expectationsOf(
  experiment: Experiment,
  noise: NoiseModel | undefined,
  limits: Partial<QuantumLimits> | undefined,
): number[] {
  const { asked, circuit, options } = experiment;
  if (options.observables.length === 0) return [];
  try {
    if (!noise) {
      const state = statevector(circuit, "fast", { precision: options.precision });
      return options.observables.map((observable) => expectation(state, termsOf(observable)));
    }
    const labels = [...new Set(options.observables.flatMap((each) => termsOf(each).map(([label]) => label)))];
    const values = noisyExpectations(
      circuit,
      noise,
      labels.map((label) => placedLabel(label, experiment)),
      limits,
    );
    const byLabel = new Map(labels.map((label, k) => [label, values[k] as number]));
    return options.observables.map((observable) =>
      termsOf(observable).reduce((sum, [label, weight]) => sum + weight * (byLabel.get(label) as number), 0),
    );
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ArqonError("QASM_UNSUPPORTED", `${asked.name} has no one final state: ${cause.message}`, {
      cause,
    });
  }
}

/** The label on the machine's qubits. */
function placedLabel(label: string, { asked, circuit, finalLayout }: Experiment): string {
  if (!finalLayout) return label;
  const letters = Array.from({ length: circuit.qubits }, () => "I");
  for (let q = 0; q < asked.qubits; q++)
    letters[circuit.qubits - 1 - (finalLayout[q] as number)] = label[asked.qubits - 1 - q] as string;
  return letters.join("");
}
