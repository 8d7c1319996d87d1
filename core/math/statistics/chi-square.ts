/** Whether counts fit a distribution. */
import type { Weights } from "./distance.ts";
import { upperGamma } from "./special.ts";

/** Pearson's test. */
export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  /** Probability of a statistic at least as large when the distribution is right. */
  readonly pValue: number;
}

/** Probability that a chi-square number of so many degrees is at least x. */
export function chiSquareTail(x: number, degrees: number): number {
  return degrees === 0 ? (x > 0 ? 0 : 1) : upperGamma(degrees / 2, x / 2);
}

/**
 * Counts against probabilities. Outcomes expected less than `least` times (default 5) are taken together, as the
 * approximation asks; an outcome seen that has probability 0 gives the p-value 0.
 */
export function chiSquareFit(counts: Weights, probabilities: Weights, least = 5): ChiSquare {
  const keys = [...new Set([...counts.keys(), ...probabilities.keys()])].sort();
  const [shots, whole] = [sumOf(counts), sumOf(probabilities)];
  if (!(shots > 0) || !(whole > 0)) throw new TypeError("a distribution without weight");
  let [statistic, classes, seenRare, expectedRare] = [0, 0, 0, 0];
  let impossible = false;
  for (const key of keys) {
    const seen = counts.get(key) ?? 0;
    const expected = (shots * (probabilities.get(key) ?? 0)) / whole;
    if (expected === 0 && seen > 0) impossible = true;
    if (expected < least) {
      seenRare += seen;
      expectedRare += expected;
    } else {
      statistic += ((seen - expected) * (seen - expected)) / expected;
      classes++;
    }
  }
  if (expectedRare > 0) {
    statistic += ((seenRare - expectedRare) * (seenRare - expectedRare)) / expectedRare;
    classes++;
  }
  const degrees = Math.max(0, classes - 1);
  if (impossible) return { statistic: Number.POSITIVE_INFINITY, degrees, pValue: 0 };
  return { statistic, degrees, pValue: degrees === 0 ? 1 : chiSquareTail(statistic, degrees) };
}

function sumOf(weights: Weights): number {
  return [...weights.keys()].sort().reduce((sum, key) => sum + (weights.get(key) as number), 0);
}
