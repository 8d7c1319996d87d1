/** Running an experiment. */
import { checkEstimate, DEFAULT_LIMITS, type QuantumLimits } from "../estimate.ts";
import type { Crew } from "../fast/crew.ts";
import { type RunResult, runChosen } from "../run.ts";
import { checkDensity, finalExpectations, runNoisyPlan } from "../run-noisy.ts";
import { compileFrames, countFrames } from "../stabilizer/index.ts";
import { exactValues } from "./exact.ts";
import { type ExperimentPlan, planExperiment, termsOf } from "./plan.ts";
import type { Experiment } from "./prepare.ts";

/** What a matrix product state lost, an estimate of 1 - fidelity, and its largest bond. */
type Truncation = NonNullable<RunResult["truncation"]>;

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
  /** Of a matrix product state. */
  readonly truncation?: Truncation;
  readonly warnings: readonly string[];
}

/**
 * Runs an experiment. Everything is compiled once, and everything that can be refused is before the first shot.
 *
 * @throws ArqonError `QUANTUM_TOO_LARGE` when the estimate is over the limits, with the figures; what `estimateExperiment` throws.
 */
export function runExperiment(experiment: Experiment, run: ExperimentRun): ExperimentResult {
  const plan = planExperiment(experiment, run.shots);
  checkExpectations(experiment, plan, run.limits);
  const { counts, truncation, warnings } = countsOf(experiment, plan, run);
  return {
    counts,
    engine: plan.estimate.engine,
    reason: truncation ? `${plan.estimate.reason}; ${keptOf(truncation)}` : plan.estimate.reason,
    ...(truncation && { truncation }),
    qubits: experiment.asked.qubits,
    expectations: experiment.options.observables.length === 0 ? [] : expectationsOf(experiment, plan, run),
    warnings: [...experiment.warnings, ...warnings],
  };
}

const keptOf = ({ discarded, largestBond }: Truncation): string =>
  `bonds grew to ${largestBond}, ${discarded === 0 ? "nothing" : `about ${discarded.toExponential(1)}`} of the state was lost`;

function checkExpectations(
  { asked, options: { observables } }: Experiment,
  plan: ExperimentPlan,
  limits: Partial<QuantumLimits> | undefined,
): void {
  if (observables.length === 0) return;
  if (plan.kind !== "noiseless") {
    if (plan.cost) checkDensity(plan.program, plan.cost, limits);
    return;
  }
  if (!plan.exact) return;
  const { qubits } = plan.exact;
  const estimate = { ...plan.estimate, qubits, amplitudes: 2 ** qubits };
  checkEstimate(`${asked.name} with its expectation values`, estimate, { ...DEFAULT_LIMITS, ...limits });
}

function countsOf(
  { asked, circuit }: Experiment,
  plan: ExperimentPlan,
  { shots, seed, limits, crew, onProgress }: ExperimentRun,
): Pick<ExperimentResult, "counts" | "truncation" | "warnings"> {
  const tools = { shots, seed, ...(limits && { limits }), ...(onProgress && { onProgress }) };
  if (plan.kind === "noiseless") return runChosen(plan.choice, { ...tools, ...(crew && { crew }) });
  if (plan.kind === "noisy") return runNoisyPlan(plan.plan, plan.cost, { ...tools, method: plan.method });
  const { memoryBytes, timeMs } = plan.estimate;
  const bounds = { ...DEFAULT_LIMITS, ...limits, maxQubits: Number.POSITIVE_INFINITY };
  checkEstimate(asked.name, { qubits: circuit.qubits, memoryBytes, timeMs, amplitudes: 0 }, bounds);
  const program = compileFrames(circuit, plan.rules);
  return {
    counts: countFrames(program, { shots, seed, progress: (part) => onProgress?.(part) }),
    warnings: [...circuit.warnings, ...plan.program.warnings],
  };
}

function expectationsOf(experiment: Experiment, plan: ExperimentPlan, { crew }: ExperimentRun): number[] {
  const { observables, precision } = experiment.options;
  if (plan.kind === "noiseless") {
    if (!plan.exact) return [];
    return exactValues(plan.choice, plan.exact, observables.map(termsOf), { precision, crew });
  }
  const labels = [...new Set(observables.flatMap((each) => termsOf(each).map(([label]) => label)))];
  const values = finalExpectations(
    plan.program,
    labels.map((label) => placedLabel(label, experiment)),
  );
  const byLabel = new Map(labels.map((label, k) => [label, values[k] as number]));
  return observables.map((observable) =>
    termsOf(observable).reduce((sum, [label, weight]) => sum + weight * (byLabel.get(label) as number), 0),
  );
}

/** The label on the machine's qubits. */
function placedLabel(label: string, { asked, circuit, finalLayout }: Experiment): string {
  if (!finalLayout) return label;
  const letters = Array.from({ length: circuit.qubits }, () => "I");
  for (let q = 0; q < asked.qubits; q++)
    letters[circuit.qubits - 1 - (finalLayout[q] as number)] = label[asked.qubits - 1 - q] as string;
  return letters.join("");
}
