/** Expectation values of Pauli strings, from amplitudes and from counts. */
import { ArqonError } from "@arqon/core/base";
import { type Interval, wilson } from "@arqon/core/math";
import { oddBits, pauliString } from "./pauli.ts";

/** Amplitudes, split; qubit q is bit q of the index. As `statevector` gives them. */
export interface Amplitudes {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** A sum of Pauli strings with real coefficients. */
export type Observable = readonly (readonly [label: string, coefficient: number])[];

/** Terms summed at a time: keeps the order of summation fixed and its error small. */
const BLOCK = 4096;

/**
 * <P> of a normalised state. Sums run in index order, by blocks of 4096.
 *
 * @throws ArqonError `USAGE` unless the label has a letter for each qubit.
 * @cost  one pass over the amplitudes.
 */
export function pauliExpectation({ re, im }: Amplitudes, label: string): number {
  const { x, z, ys } = pauliString(label);
  if (2 ** label.length !== re.length)
    throw new ArqonError(
      "USAGE",
      `${label} is on ${label.length} qubits, the state has ${re.length} amplitudes`,
    );
  // P = i^ys X^x Z^z, so <P> = sum over i of conj(a[i ^ x]) i^ys (-1)^(z.i) a[i]; it is real.
  const turn = ys & 3;
  let total = 0;
  for (let from = 0; from < re.length; from += BLOCK) {
    let sum = 0;
    for (let i = from; i < Math.min(from + BLOCK, re.length); i++) {
      const j = i ^ x;
      const [ar, ai] = [re[j] as number, im[j] as number];
      const [br, bi] = [re[i] as number, im[i] as number];
      // Real part of i^turn (ar - i ai)(br + i bi).
      const part = turn & 1 ? ai * br - ar * bi : ar * br + ai * bi;
      sum += oddBits(i & z) ? -part : part;
    }
    total += sum;
  }
  return turn & 2 ? -total : total;
}

/** The sum of coefficient * <P> over the terms, in their order. */
export function expectation(state: Amplitudes, observable: Observable): number {
  return observable.reduce(
    (sum, [label, coefficient]) => sum + coefficient * pauliExpectation(state, label),
    0,
  );
}

/** An expectation value estimated from counts. */
export interface CountedExpectation {
  readonly value: number;
  /** Square root of (1 - value^2) / shots. */
  readonly standardError: number;
  /** From Wilson's interval of the odd share. */
  readonly interval: Interval;
}

/**
 * <P> from counts of a run that measured in the eigenbasis of P (see `basisChange`): bit k of the key, from the right and
 * without spaces, is qubit k.
 *
 * @throws ArqonError `USAGE` unless every key has a bit for each letter, and there are counts.
 */
export function countedExpectation(
  counts: ReadonlyMap<string, number>,
  label: string,
  level = 0.95,
): CountedExpectation {
  if (!/^[IXYZ]+$/.test(label)) throw new ArqonError("USAGE", `"${label}" is no product of I, X, Y, Z`);
  let [odd, shots] = [0, 0];
  for (const [key, count] of counts) {
    const bits = key.replaceAll(" ", "");
    if (bits.length !== label.length)
      throw new ArqonError("USAGE", `${label} and the outcome ${key} differ in length`);
    let parity = 0;
    for (let k = 0; k < bits.length; k++) if (label[k] !== "I" && bits[k] === "1") parity ^= 1;
    odd += parity * count;
    shots += count;
  }
  const { low, high } = wilson(odd, shots, level);
  const value = 1 - (2 * odd) / shots;
  return {
    value,
    standardError: Math.sqrt(Math.max(0, 1 - value * value) / shots),
    interval: { low: 1 - 2 * high, high: 1 - 2 * low },
  };
}
