/** One expectation value of a circuit that is differentiated, exactly, and what all of them cost. */
import { chooseEngine } from "../auto.ts";
import { type Circuit, CircuitBuilder, operandsOf, parametersOf } from "../circuit.ts";
import { type CircuitEstimate, checkEstimate, DEFAULT_LIMITS, type QuantumLimits } from "../estimate.ts";
import { exactCost, exactValues } from "../experiment/exact.ts";
import { GATES } from "../gates/table.ts";
import { expectation, type Observable } from "../observables/expectation.ts";
import { type RunResult, statevector } from "../run.ts";

/** What a matrix product state lost. */
export type Truncation = NonNullable<RunResult["truncation"]>;

/** What a gradient takes: the figures of one circuit, the time of all. */
export interface GradientEstimate extends CircuitEstimate {
  readonly engine: "statevector" | "stabilizer" | "mps";
}

/** The gates alone, so that a builder can go on. */
export function gatesOf(circuit: Circuit): CircuitBuilder {
  const builder = new CircuitBuilder(circuit.name);
  builder.qreg("q", circuit.qubits);
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    if (code < GATES.length) builder.gate(code, parametersOf(circuit, i), Array.from(operandsOf(circuit, i)));
  }
  return builder;
}

/**
 * The observable in the final state: by statevector where that fits, else by the tableau of a Clifford circuit or by a
 * matrix product state, as {@link exactValues} of a run does.
 *
 * @throws ArqonError `QUANTUM_TOO_LARGE` when the chain would lose more of the state than its default allows.
 */
export function exactMean(
  circuit: Circuit,
  observable: Observable,
  onTruncation: (truncation: Truncation) => void,
): number {
  const bare = gatesOf(circuit).build();
  if (circuit.qubits <= DEFAULT_LIMITS.maxQubits) return expectation(statevector(bare), observable);
  const choice = chooseEngine(bare, 1);
  const cost = exactCost(choice, observable.length, "f64");
  const [value] = exactValues(choice, cost, [observable], { precision: "f64", onTruncation });
  return value as number;
}

/** Cost of so many evaluations. Shifted circuits are taken to be like the given one: they have its gates. */
export function estimateEvaluations(
  circuit: Circuit,
  observable: Observable,
  shots: number,
  evaluations: number,
): GradientEstimate {
  const terms = Math.max(1, observable.length);
  const choice = chooseEngine(shots === 0 ? gatesOf(circuit).build() : circuit, Math.max(1, shots));
  const { estimate, engine } = choice;
  const named = engine === "fast" || engine === "oracle" ? "statevector" : engine;
  if (shots > 0) return { ...estimate, engine: named, timeMs: estimate.timeMs * evaluations * terms };
  const { method, qubits, memoryBytes, timeMs } = exactCost(choice, terms, "f64");
  return {
    engine: method,
    amplitudes: method === "statevector" ? 2 ** qubits : 0,
    qubits: method === "statevector" ? qubits : estimate.qubits,
    memoryBytes,
    timeMs: Math.max(0, timeMs - estimate.timeMs) * evaluations,
  };
}

/** @throws ArqonError `QUANTUM_TOO_LARGE` with the figures when the estimate is over a limit. */
export function checkGradient(
  name: string,
  estimate: GradientEstimate,
  limits: Partial<QuantumLimits> = {},
): void {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  const isWide = estimate.engine !== "statevector";
  checkEstimate(
    `the gradient of ${name}, by ${estimate.engine},`,
    estimate,
    isWide ? { ...bounds, maxQubits: Number.POSITIVE_INFINITY } : bounds,
  );
}
