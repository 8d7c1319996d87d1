/** A channel as chances: what can be drawn without looking at the state, and what cannot. */
import { adjoint, type Matrix, multiply } from "@arqon/core/math";
import type { Channel } from "../noise/channel.ts";

/** One unitary that happens with a probability of its own. */
export interface UnitaryBranch {
  readonly probability: number;
  readonly matrix: Matrix;
}

/** A channel taken apart. */
export interface Unravelling {
  /** Probability that nothing happens, whatever the state. */
  readonly identity: number;
  readonly unitaries: readonly UnitaryBranch[];
  /** Operators whose chances depend on the state; together they have what is left of probability. */
  readonly jumps: readonly Matrix[];
  /** K†K of each jump: its chance is the trace of that with the qubits' density matrix. */
  readonly weights: readonly Matrix[];
}

const TOLERANCE = 1e-12;

/** c where K†K = c 1, otherwise `undefined`. */
function unitaryWeight(square: Matrix, n: number): number | undefined {
  const c = square[0] as number;
  for (let i = 0; i < n * n; i++) {
    const wanted = i % (n + 1) === 0 ? c : 0;
    if (
      Math.abs((square[2 * i] as number) - wanted) > TOLERANCE * c ||
      Math.abs(square[2 * i + 1] as number) > TOLERANCE * c
    )
      return undefined;
  }
  return c;
}

/** Whether K is a multiple of the identity; the phase does not matter. */
function isIdentity(k: Matrix, n: number, weight: number): boolean {
  let [re, im] = [0, 0];
  for (let i = 0; i < n; i++) {
    re += k[2 * i * (n + 1)] as number;
    im += k[2 * i * (n + 1) + 1] as number;
  }
  return Math.abs(re * re + im * im - n * n * weight) <= TOLERANCE * n * n * weight;
}

/** Takes a channel apart by its Kraus operators. */
export function unravel({ qubits, kraus }: Channel): Unravelling {
  const n = 1 << qubits;
  let identity = 0;
  const unitaries: UnitaryBranch[] = [];
  const jumps: Matrix[] = [];
  const weights: Matrix[] = [];
  for (const k of kraus) {
    const square = multiply(adjoint(k, n), k, n);
    const weight = unitaryWeight(square, n);
    if (weight === undefined) {
      jumps.push(k);
      weights.push(square);
    } else if (weight > 0) {
      if (isIdentity(k, n, weight)) identity += weight;
      else unitaries.push({ probability: weight, matrix: k.map((value) => value / Math.sqrt(weight)) });
    }
  }
  // Without jumps the chances sum to 1 but for rounding; what rounding left belongs to the identity.
  const sum = unitaries.reduce((all, { probability }) => all + probability, 0);
  if (jumps.length === 0) identity = Math.max(0, 1 - sum);
  return { identity: Math.min(1, identity), unitaries, jumps, weights };
}
