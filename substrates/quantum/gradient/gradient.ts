/** The gradient of an observable in the parameters of a circuit, by the parameter-shift rule: exact, or from shots. */
import { ArqonError, createRandom } from "@arqon/core/base";
import { normalQuantile } from "@arqon/core/math";
import type { Circuit } from "../circuit.ts";
import type { QuantumLimits } from "../estimate.ts";
import { GATES } from "../gates/table.ts";
import { countedExpectation, type Observable } from "../observables/expectation.ts";
import { basisChange } from "../observables/pauli.ts";
import { losses, runCircuit } from "../run.ts";
import {
  checkGradient,
  estimateEvaluations,
  exactMean,
  type GradientEstimate,
  gatesOf,
  type Truncation,
} from "./evaluate.ts";
import { type CircuitParameter, requireUnitary } from "./parameters.ts";

/** How to estimate. */
export interface GradientOptions {
  /** For each term of the observable at each shifted angle; 0 computes exactly. */
  readonly shots: number;
  readonly seed: bigint;
  /** Confidence of the intervals; default 0.95. */
  readonly level?: number;
  readonly limits?: Partial<QuantumLimits>;
  /** Told the part of the work done, in [0, 1]. */
  readonly onProgress?: (fraction: number) => void;
}

/** A number with the interval in which it lies at the level asked for; both ends are the number when it is exact. */
export interface Estimated {
  readonly value: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
}

/** A gradient. */
export interface CircuitGradient {
  /** The observable where the circuit stands. */
  readonly value: Estimated;
  /** The derivative in each parameter, in their order. */
  readonly derivatives: readonly Estimated[];
  /** Circuits that were evaluated, each for every term of the observable. */
  readonly evaluations: number;
  /** What the worst of the matrix product states lost, where they lost more than roundings. */
  readonly warnings: readonly string[];
}

interface Mean {
  readonly value: number;
  readonly variance: number;
}

/** Weights of f(angle + shift) - f(angle - shift), shifts in quarter turns. */
const TWO: Shifts = [[1, 1 / 2]];
const FOUR: Shifts = [
  [1, (Math.SQRT2 + 1) / (4 * Math.SQRT2)],
  [3, -(Math.SQRT2 - 1) / (4 * Math.SQRT2)],
];
type Shifts = readonly (readonly [quarters: number, weight: number])[];

/** Gates on two qubits without a control: one frequency, as of gates on one qubit. Controlled ones may have a half of it too. */
const SINGLE: readonly string[] = ["rxx", "rzz"];

function shiftsOf(circuit: Circuit, instruction: number): Shifts {
  const gate = GATES[circuit.codes[instruction] as number];
  return gate?.qubits === 1 || SINGLE.includes(gate?.name ?? "") ? TWO : FOUR;
}

/** Circuits that a gradient evaluates: one where it stands, and 2 or 4 for each angle that any parameter enters. */
export function gradientEvaluations(circuit: Circuit, parameters: readonly CircuitParameter[]): number {
  return 1 + [...sites(parameters)].reduce((sum, [, at]) => sum + 2 * shiftsOf(circuit, at).length, 0);
}

/**
 * What a gradient would need. Allocates no state.
 *
 * @param shots  for each term at each shifted angle; 0 for an exact gradient.
 */
export function estimateGradient(
  circuit: Circuit,
  parameters: readonly CircuitParameter[],
  observable: Observable,
  shots: number,
): GradientEstimate {
  const evaluations = gradientEvaluations(circuit, parameters);
  const all = estimateEvaluations(circuit, observable, shots, evaluations);
  if (all.engine !== "stabilizer") return all;
  // A quarter of a turn takes some gates out of the Clifford group, and their evaluations to another engine.
  const kinds = new Map<number, { instruction: number; worst: GradientEstimate }>();
  const once = { ...all, timeMs: all.timeMs / evaluations };
  let { timeMs } = once;
  let worst = once;
  for (const [angle, instruction] of sites(parameters)) {
    const code = circuit.codes[instruction] as number;
    const kind = kinds.get(code) ?? { instruction, worst: once };
    kinds.set(code, kind);
    if (kind.instruction === instruction) {
      const shifted = estimateEvaluations(
        { ...circuit, parameters: turned(circuit, angle, 1) },
        observable,
        shots,
        1,
      );
      if (shifted.timeMs > kind.worst.timeMs) kind.worst = shifted;
    }
    timeMs += 2 * shiftsOf(circuit, instruction).length * kind.worst.timeMs;
    if (kind.worst.timeMs > worst.timeMs) worst = kind.worst;
  }
  return { ...worst, timeMs };
}

/** The angles with one of them turned by so many quarters. */
function turned(circuit: Circuit, angle: number, quarters: number): Float64Array {
  const angles = circuit.parameters.slice();
  angles[angle] = (angles[angle] as number) + quarters * (Math.PI / 2);
  return angles;
}

/** Instruction of every angle that some parameter enters. */
function sites(parameters: readonly CircuitParameter[]): Map<number, number> {
  return new Map(
    parameters.flatMap(({ uses }) => uses.map(({ angle, instruction }) => [angle, instruction] as const)),
  );
}

/**
 * Differentiates <observable> in each parameter. Angles that several parameters share are shifted once. The intervals from
 * shots are normal ones; the standard error of a term comes from Wilson's interval, which is never 0.
 *
 * Circuits of more qubits than a statevector has are differentiated as their observables are had: by the tableau at Clifford
 * points, else by a matrix product state.
 *
 * @throws ArqonError `QUANTUM_TOO_LARGE` with the figures when {@link estimateGradient} is over the limits; `QASM_UNSUPPORTED` for a circuit whose state depends on chance, `USAGE` for an observable of other
 *   qubits, and what a run throws.
 * @source Mitarai et al. 2018, Schuld et al. 2019; Anselmetti et al. 2021 for controlled gates.
 */
export function circuitGradient(
  circuit: Circuit,
  parameters: readonly CircuitParameter[],
  observable: Observable,
  options: GradientOptions,
): CircuitGradient {
  requireUnitary(circuit);
  for (const [label] of observable)
    if (label.length !== circuit.qubits)
      throw new ArqonError(
        "USAGE",
        `${label} has ${label.length} letters, ${circuit.name} ${circuit.qubits} qubits`,
      );
  checkGradient(
    circuit.name,
    estimateGradient(circuit, parameters, observable, options.shots),
    options.limits,
  );
  const z = normalQuantile((1 + (options.level ?? 0.95)) / 2);
  const total = gradientEvaluations(circuit, parameters);
  let evaluations = 0;
  let worst: Truncation | undefined;
  const onTruncation = (truncation: Truncation): void => {
    if (!worst || truncation.discarded > worst.discarded) worst = truncation;
  };
  const evaluate = (angles: Float64Array): Mean => {
    const mean = meanOf({ ...circuit, parameters: angles }, observable, options, evaluations++, onTruncation);
    options.onProgress?.(evaluations / total);
    return mean;
  };
  const here = evaluate(circuit.parameters);
  const byAngle = new Map<number, Mean>();
  for (const [angle, instruction] of sites(parameters)) {
    let [value, variance] = [0, 0];
    for (const [quarters, weight] of shiftsOf(circuit, instruction)) {
      const [above, below] = [1, -1].map((sign) => evaluate(turned(circuit, angle, sign * quarters))) as [
        Mean,
        Mean,
      ];
      value += weight * (above.value - below.value);
      variance += weight * weight * (above.variance + below.variance);
    }
    byAngle.set(angle, { value, variance });
  }
  const derivatives = parameters.map(({ uses }) => {
    let [value, variance] = [0, 0];
    for (const { angle, factor } of uses) {
      const part = byAngle.get(angle) as Mean;
      value += factor * part.value;
      variance += factor * factor * part.variance;
    }
    return estimated({ value, variance }, z);
  });
  return { value: estimated(here, z), derivatives, evaluations, warnings: worst ? losses(worst) : [] };
}

function estimated({ value, variance }: Mean, z: number): Estimated {
  const standardError = Math.sqrt(variance);
  return { value, standardError, low: value - z * standardError, high: value + z * standardError };
}

function meanOf(
  circuit: Circuit,
  observable: Observable,
  { shots, seed, limits }: GradientOptions,
  index: number,
  onTruncation: (truncation: Truncation) => void,
): Mean {
  if (shots === 0) return { value: exactMean(circuit, observable, onTruncation), variance: 0 };
  const random = createRandom(seed, BigInt(index));
  let [value, variance] = [0, 0];
  for (const [label, coefficient] of observable) {
    if (/^I*$/.test(label)) {
      value += coefficient;
      continue;
    }
    const { counts, truncation } = runCircuit(measuredIn(circuit, label), {
      shots,
      seed: (BigInt(random.nextU32()) << 32n) | BigInt(random.nextU32()),
      ...(limits && { limits }),
    });
    if (truncation) onTruncation(truncation);
    const counted = countedExpectation(counts, label, ONE_SIGMA);
    const error = (counted.interval.high - counted.interval.low) / 2;
    value += coefficient * counted.value;
    variance += coefficient * coefficient * error * error;
  }
  return { value, variance };
}

/** Confidence of an interval of one standard error on both sides. */
const ONE_SIGMA = 0.6826894921370859;

/** The circuit with every qubit measured in the eigenbasis of a Pauli string. */
function measuredIn(circuit: Circuit, label: string): Circuit {
  const builder = gatesOf(circuit);
  builder.creg("meas", circuit.qubits);
  for (const { gate, qubit } of basisChange(label)) builder.gate(gate, [], [qubit]);
  for (let qubit = 0; qubit < circuit.qubits; qubit++) builder.measure(qubit, qubit);
  return builder.build();
}
