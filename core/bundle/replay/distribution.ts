/** Comparison of two samples of outcomes. */
import { chiSquareTail } from "../../math/index.ts";
import { comparePaths } from "../path.ts";
import type { Counts } from "../result.ts";

/** How far two samples lie apart, and whether chance alone would do that. */
export type DistributionComparison = {
  readonly shots: readonly [number, number];
  /** Half the sum of absolute differences of frequencies, in [0, 1]. */
  readonly total_variation: number;
  /** In [0, 1]. */
  readonly hellinger: number;
  /** Total variation that two samples of one distribution of this shape would show on average. */
  readonly total_variation_by_chance: number;
  /** Pearson's statistic of homogeneity over `bins` bins. */
  readonly chi_squared: number;
  /** Outcomes after rare ones were pooled, so that every expected count is at least 5. */
  readonly bins: number;
  /** Probability of a statistic at least this large when both samples have one distribution; 1 with fewer than two bins. */
  readonly p_value: number;
  /** With fewer than two bins the test says nothing, unless there is but one outcome. */
  readonly conclusive: boolean;
};

const LEAST_EXPECTED = 5;
const TWO_OVER_PI = 0.6366197723675814;

/** Pools outcomes whose expected count on either side is under 5 into one bin. */
function pool(pairs: readonly (readonly [number, number])[], least: number): [number, number][] {
  const bins: [number, number][] = [];
  const rare: [number, number] = [0, 0];
  for (const [a, b] of pairs) {
    if ((a + b) * least >= LEAST_EXPECTED) bins.push([a, b]);
    else {
      rare[0] += a;
      rare[1] += b;
    }
  }
  const rareTotal = rare[0] + rare[1];
  if (rareTotal === 0) return bins;
  if (rareTotal * least >= LEAST_EXPECTED || bins.length === 0) return [...bins, rare];
  let smallest = bins[0] as [number, number];
  for (const bin of bins) if (bin[0] + bin[1] < smallest[0] + smallest[1]) smallest = bin;
  smallest[0] += rare[0];
  smallest[1] += rare[1];
  return bins;
}

/**
 * Compares two samples of counts.
 *
 * The test is Pearson's chi-squared test of homogeneity on two samples. Failing to reject is not proof of equality: it
 * means that no difference was detectable at the level asked for.
 */
export function compareCounts(before: Counts, after: Counts): DistributionComparison {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(comparePaths);
  const pairs = keys
    .map((key): [number, number] => [before[key] ?? 0, after[key] ?? 0])
    .filter(([a, b]) => a + b > 0);
  let first = 0;
  let second = 0;
  for (const [a, b] of pairs) {
    first += a;
    second += b;
  }
  const all = first + second;
  const apart = { shots: [first, second], chi_squared: 0, bins: 0, p_value: 1, conclusive: false } as const;
  if (first === 0 || second === 0) {
    const distance = all === 0 ? 0 : 1;
    return { ...apart, total_variation: distance, hellinger: distance, total_variation_by_chance: 0 };
  }
  let variation = 0;
  let overlap = 0;
  let chance = 0;
  for (const [a, b] of pairs) {
    const p = a / first;
    const q = b / second;
    const mean = (a + b) / all;
    variation += Math.abs(p - q) / 2;
    overlap += Math.sqrt(p * q);
    chance += Math.sqrt(TWO_OVER_PI * mean * (1 - mean) * (1 / first + 1 / second)) / 2;
  }
  const bins = pool(pairs, Math.min(first, second) / all);
  let statistic = 0;
  for (const [a, b] of bins) {
    const difference = Math.sqrt(second / first) * a - Math.sqrt(first / second) * b;
    statistic += (difference * difference) / (a + b);
  }
  return {
    shots: [first, second],
    total_variation: Math.min(1, variation),
    hellinger: Math.sqrt(Math.max(0, 1 - overlap)),
    total_variation_by_chance: chance,
    chi_squared: bins.length < 2 ? 0 : statistic,
    bins: bins.length,
    p_value: bins.length < 2 ? 1 : chiSquareTail(statistic, bins.length - 1),
    conclusive: bins.length >= 2 || pairs.length === 1,
  };
}
