/** Exact expectation values without noise: by statevector where it fits, else by the tableau or the chain that gave the counts. */

import type { EngineChoice } from "../auto.ts";
import { DEFAULT_LIMITS, estimateProgram } from "../estimate.ts";
import type { Crew } from "../fast/crew.ts";
import { entries } from "../gates/unitary.ts";
import { Mps } from "../mps/index.ts";
import { expectation, pauliExpectation } from "../observables/index.ts";
import type { Precision } from "../precision.ts";
import { finalState, type RunResult } from "../run.ts";
import type { Program } from "../simulate/program.ts";
import { CLIFFORD_OPS as OP, Tableau } from "../stabilizer/index.ts";

/** What the values of all terms need, beside the counts. */
export interface ExactCost {
  readonly method: "statevector" | "stabilizer" | "mps";
  /** Qubits that a statevector has; 0 for the other methods, which the engine's own bound covers. */
  readonly qubits: number;
  readonly memoryBytes: number;
  readonly timeMs: number;
}

/** An amplitude in the engine's order and in the qubits' order; nanoseconds for one in the sum of a term. */
const STATE_BYTES = 32;
const TERM_NS = 4;
/** Nanoseconds a word of a tableau: copied, turned to the basis of a term, and read. */
const TABLEAU_NS = 12;

/** How the values are had: by the circuit and its engine alone, never by the machine, for roundings are part of a result. */
export function exactCost(choice: EngineChoice, terms: number, precision: Precision): ExactCost {
  const { program, engine, estimate, mps } = choice;
  const { width, circuit } = program;
  const wide = circuit.qubits > DEFAULT_LIMITS.maxQubits;
  const tools = { qubits: 0, memoryBytes: estimate.memoryBytes };
  const runMs = estimate.timeMs;
  if (wide && engine === "stabilizer") {
    const bytes = Tableau.bytes(width, 0);
    const timeMs = runMs + (terms * bytes * TABLEAU_NS) / 4e6;
    return { ...tools, method: engine, memoryBytes: Math.max(tools.memoryBytes, 2 * bytes), timeMs };
  }
  if (wide && engine === "mps" && mps)
    return { ...tools, method: engine, timeMs: runMs + mps.onceMs + terms * mps.termMs };
  const qubits = wide ? width : circuit.qubits;
  const amplitudes = 2 ** qubits;
  return {
    method: "statevector",
    qubits,
    memoryBytes: Math.max(tools.memoryBytes, STATE_BYTES * amplitudes),
    timeMs: runMs + estimateProgram(program, 1, precision).timeMs + (terms * amplitudes * TERM_NS) / 1e6,
  };
}

/** The value of each observable, a weighted sum of terms, in the final state of a program that has one. */
export function exactValues(
  choice: EngineChoice,
  { method }: ExactCost,
  observables: readonly (readonly (readonly [label: string, weight: number])[])[],
  {
    precision,
    crew,
    onTruncation,
  }: {
    readonly precision: Precision;
    readonly crew?: Crew | undefined;
    /** Told what a chain lost. */
    readonly onTruncation?: (truncation: NonNullable<RunResult["truncation"]>) => void;
  },
): number[] {
  const { program } = choice;
  const tools = { precision, ...(crew && { crew }) };
  if (method === "statevector" && program.circuit.qubits <= DEFAULT_LIMITS.maxQubits) {
    const state = finalState(program, "fast", tools);
    return observables.map((observable) => expectation(state, observable));
  }
  const average =
    method === "mps"
      ? byChain(choice, onTruncation)
      : method === "stabilizer"
        ? byTableau(choice)
        : byPositions(program, tools);
  return observables.map((observable) =>
    observable.reduce((sum, [label, weight]) => {
      const letters = placed(label, program);
      return letters === undefined ? sum : sum + weight * average(letters);
    }, 0),
  );
}

type Valued = (letters: readonly string[]) => number;

/** The letter at each position; `undefined` where the average is 0: X or Y of a qubit that is |0>, whose Z is 1. */
function placed(label: string, { circuit, width, positions }: Program): string[] | undefined {
  const letters = Array.from({ length: width }, () => "I");
  for (let q = 0; q < circuit.qubits; q++) {
    const letter = label[circuit.qubits - 1 - q] as string;
    const position = positions[q] as number;
    if (position >= 0) letters[position] = letter;
    else if (letter === "X" || letter === "Y") return undefined;
  }
  return letters;
}

function byPositions(program: Program, tools: { precision: Precision; crew?: Crew }): Valued {
  const state = finalState(program, "fast", { ...tools, byPosition: true });
  return (letters) => (letters.length === 0 ? 1 : pauliExpectation(state, letters.toReversed().join("")));
}

const MATRICES = new Map([
  ["X", entries([0, 1, 1, 0])],
  ["Y", Float64Array.of(0, 0, 0, -1, 0, 1, 0, 0)],
  ["Z", entries([1, 0, 0, -1])],
]);

function byChain(
  { program, mps }: EngineChoice,
  onTruncation?: (truncation: NonNullable<RunResult["truncation"]>) => void,
): Valued {
  if (!mps) throw new TypeError("a chain needs its options");
  const state = new Mps(program, mps.options);
  for (const step of program.steps) if (step.kind === "gates") state.apply(step.instructions, () => {});
  onTruncation?.({ discarded: state.mostDiscarded, largestBond: state.largestBond });
  return (letters) => state.expectation((position) => MATRICES.get(letters[position] as string));
}

/** -1, 0 or 1: the string is turned into Z of one qubit, whose outcome is fixed or is not. */
function byTableau({ program: { steps, width, positions, circuit }, clifford = [] }: EngineChoice): Valued {
  const final = new Tableau(width, 0);
  for (const step of steps)
    for (const i of step.kind === "gates" ? step.instructions : []) {
      const at = circuit.operandAt[i] as number;
      const place = (k: number): number => positions[circuit.operands[at + k] as number] as number;
      for (const { op, a, b } of clifford[i] ?? []) final.apply(op, place(a), place(b));
    }
  return (letters) => {
    const tableau = final.clone();
    let last = -1;
    for (const [position, letter] of letters.entries()) {
      if (letter === "I") continue;
      // Y becomes X under S, its sign turned; Z S is the inverse of S, which keeps it.
      if (letter === "Y") for (const op of [OP.s, OP.z]) tableau.apply(op, position, position);
      if (letter !== "Z") tableau.apply(OP.h, position, position);
      if (last >= 0) tableau.apply(OP.cx, last, position);
      last = position;
    }
    if (last < 0) return 1;
    const { random, outcome } = tableau.measure(last);
    return random ? 0 : outcome.constant ? -1 : 1;
  };
}
