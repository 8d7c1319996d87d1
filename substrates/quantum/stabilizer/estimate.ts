/** What a stabiliser run would cost. */
import type { Program, Step } from "../simulate/program.ts";
import type { CliffordStep } from "./clifford.ts";
import { OP, Tableau } from "./tableau.ts";

/** Most qubits a tableau is made for: 50 MB of generators. */
export const STABILIZER_QUBITS = 10_000;

/** Nanoseconds a word: of a column under a gate, of all columns under a measurement where generators are dense. */
const GATE_NS = 1.5;
const MEASURE_NS = 3;
/** A bit of a shot on its way into a key. */
const BIT_NS = 15;
const OPERATION_NS = 60;
/** A shot of its own key, beside one byte a bit. */
const SHOT_BYTES = 160;

/** Random measurements a program can have. */
export function mostSymbols({ branchings, sampled, width }: Program): number {
  return branchings + (sampled.length > 0 ? width : 0);
}

/** Whether a step is Pauli gates under one classical bit: it turns signs, and shots need not be told apart. */
export function turnsSignsOnly(step: Step, steps: readonly (readonly CliffordStep[])[]): boolean {
  if (step.kind !== "gates" || step.condition?.bits.length !== 1) return false;
  return step.instructions.every((i) =>
    steps[i]?.every(({ op }) => op === OP.x || op === OP.y || op === OP.z),
  );
}

/** At most this memory and, within a factor of a few for dense states, this time. */
export function estimateStabilizer(
  program: Program,
  steps: readonly (readonly CliffordStep[])[],
  shots: number,
): { readonly qubits: number; readonly memoryBytes: number; readonly timeMs: number } {
  const { width, bits } = program;
  const symbols = mostSymbols(program);
  const divisions = program.steps.filter((step) => step.condition && !turnsSignsOnly(step, steps)).length;
  const ways = Math.min(shots, 2 ** Math.min(divisions, 53));
  const words = 2 * Math.ceil(width / 32);
  const operations = steps.reduce((sum, list) => sum + list.length, 0);
  const pass = operations * (OPERATION_NS + words * GATE_NS) + symbols * width * words * MEASURE_NS;
  return {
    qubits: width,
    memoryBytes:
      Tableau.bytes(width, symbols) * (1 + Math.min(divisions, shots)) +
      (symbols * shots) / 8 +
      // What each classical bit, and each qubit measured at the end, is made of.
      ((bits + width) * symbols) / 8 +
      shots * (SHOT_BYTES + 2 * bits) +
      2 ** 20,
    timeMs: (ways * pass + shots * bits * BIT_NS + shots * symbols) / 1e6,
  };
}
