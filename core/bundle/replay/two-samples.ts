/** Whether two samples of counts are told apart, by the test that a comparator declares, and what it could have found. */
import { createRandom } from "../../base/index.ts";
import { chiSquarePower, chiSquareTail } from "../../math/index.ts";
import { comparePaths } from "../path.ts";
import type { Counts } from "../result.ts";
import type { DistributionComparison } from "./distribution.ts";
import type { Comparator } from "./rules.ts";

type Declared = Extract<Comparator, { readonly kind: "distribution" }>;

/** What a test said. */
export type TestOutcome = {
  readonly name: Declared["test"];
  readonly alpha: number;
  readonly p_value: number;
  /** Whether the test could have found what it was to find. */
  readonly conclusive: boolean;
  /** Total variation that was to be found, where the comparator names one, and the least probability to find it. */
  readonly effect?: number;
  readonly power?: number;
};

/** Runs the declared test. Neither test needs more than counts; both are the same on every machine. */
export function testSamples(
  declared: Declared,
  before: Counts,
  after: Counts,
  distribution: DistributionComparison,
): TestOutcome {
  const { test: name, alpha, effect } = declared;
  const { shots } = distribution;
  const size = (shots[0] * shots[1]) / (shots[0] + shots[1]);
  const base = { name, alpha };
  if (!(size > 0)) return { ...base, p_value: 1, conclusive: false };
  if (name === "permutation") {
    const { pValue, critical } = permuted(before, after, declared);
    if (effect === undefined) return { ...base, p_value: pValue, conclusive: true };
    // McDiarmid: one shot moves the distance by at most 1/n, and its mean is at least that of the distributions.
    const above = Math.max(0, effect - critical);
    const power = above === 0 ? 0 : 1 - chiSquareTail(4 * above * above * size, 2);
    return { ...base, p_value: pValue, conclusive: power >= declared.power, effect, power };
  }
  const { p_value, conclusive, bins } = distribution;
  if (effect === undefined || !conclusive) return { ...base, p_value, conclusive };
  // Of all pairs with this total variation d, none has a smaller noncentrality than 4 d^2 size (Cauchy and Schwarz).
  const power = chiSquarePower(4 * effect * effect * size, Math.max(1, bins - 1), alpha);
  return { ...base, p_value, conclusive: power >= declared.power, effect, power };
}

/** The permutation test of total variation: its p-value, and the distance above which it rejects. */
function permuted(
  before: Counts,
  after: Counts,
  { permutations, alpha }: Declared,
): { readonly pValue: number; readonly critical: number } {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(comparePaths);
  const totals = keys.map((key) => (before[key] ?? 0) + (after[key] ?? 0));
  const first = keys.reduce((sum, key) => sum + (before[key] ?? 0), 0);
  const all = totals.reduce((sum, count) => sum + count, 0);
  const outcomes = new Uint32Array(all);
  let filled = 0;
  totals.forEach((count, outcome) => {
    outcomes.fill(outcome, filled, filled + count);
    filled += count;
  });
  const distance = (taken: ArrayLike<number>): number => {
    let sum = 0;
    for (let k = 0; k < totals.length; k++) {
      const mine = taken[k] as number;
      sum += Math.abs(mine / first - ((totals[k] as number) - mine) / (all - first));
    }
    return sum / 2;
  };
  const seen = distance(keys.map((key) => before[key] ?? 0));
  const random = createRandom(0n, BigInt(all));
  const taken = new Uint32Array(totals.length);
  const distances: number[] = [];
  for (let permutation = 0; permutation < permutations; permutation++) {
    taken.fill(0);
    for (let i = 0; i < first; i++) {
      const at = i + random.nextInt(all - i);
      const outcome = outcomes[at] as number;
      outcomes[at] = outcomes[i] as number;
      outcomes[i] = outcome;
      taken[outcome] = (taken[outcome] as number) + 1;
    }
    distances.push(distance(taken));
  }
  // A distance that only rounding keeps below the one seen counts as equal to it.
  const reached = distances.filter((each) => each >= seen - 1e-12).length;
  distances.sort((a, b) => b - a);
  return {
    pValue: (1 + reached) / (1 + permutations),
    critical: distances[Math.max(0, Math.floor(alpha * (permutations + 1)) - 1)] ?? 1,
  };
}
