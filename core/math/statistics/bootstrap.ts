/** Intervals by resampling, for statistics whose distribution nobody knows. */
import type { Random } from "../../base/index.ts";
import { checkLevel, type Interval } from "./interval.ts";
import { normalCdf, normalQuantile } from "./special.ts";

/** A number computed from a sample. It may keep no reference to the sample, which is overwritten. */
export type Statistic = (sample: Float64Array) => number;

/** How to resample. */
export interface BootstrapOptions {
  /** All chance comes from here: same stream, same interval. */
  readonly random: Random;
  /** Default 2000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
}

/** The statistic of samples drawn with replacement, ascending. */
export function resample(
  data: ArrayLike<number>,
  statistic: Statistic,
  options: BootstrapOptions,
): Float64Array {
  const { random, resamples = 2000 } = options;
  if (data.length === 0) throw new TypeError("nothing to resample");
  if (!Number.isInteger(resamples) || resamples < 2) throw new TypeError(`${resamples} resamples`);
  const sample = new Float64Array(data.length);
  return Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < sample.length; i++) sample[i] = data[random.nextInt(sample.length)] as number;
    return statistic(sample);
  }).sort();
}

/**
 * The percentile interval: the middle of the resampled statistics. Simple, and too narrow for small or skewed samples: of 95 %
 * nominal it gives 94.8 % for the mean of 100 normal numbers and 91.9 % for that of 30 exponential ones (docs/statistics.md).
 * @source Efron 1979
 */
export function bootstrap(
  data: ArrayLike<number>,
  statistic: Statistic,
  options: BootstrapOptions,
): Interval {
  const { level = 0.95 } = options;
  checkLevel(level);
  const values = resample(data, statistic, options);
  return { low: quantile(values, (1 - level) / 2), high: quantile(values, (1 + level) / 2) };
}

/**
 * The bias-corrected and accelerated interval: corrects for the median and the skewness of the statistic, and so is better
 * than {@link bootstrap} for skewed ones: 92.4 % for the mean of 30 exponential numbers. Costs one more evaluation for each datum.
 * @source Efron 1987; Efron and Tibshirani 1993, chapter 14
 */
export function bca(data: ArrayLike<number>, statistic: Statistic, options: BootstrapOptions): Interval {
  const { level = 0.95 } = options;
  checkLevel(level);
  const values = resample(data, statistic, options);
  const sample = Float64Array.from(data);
  const here = statistic(sample);
  let below = 0;
  for (const value of values) below += value < here ? 1 : value === here ? 0.5 : 0;
  // A statistic that all resamples lie on one side of has no finite bias: stay half a resample away from the ends.
  const share = Math.min(Math.max(below, 0.5), values.length - 0.5) / values.length;
  const bias = normalQuantile(share);
  const acceleration = accelerationOf(Float64Array.from(data), statistic);
  const corrected = (p: number): number => {
    const z = bias + normalQuantile(p);
    return quantile(values, normalCdf(bias + z / (1 - acceleration * z)));
  };
  return { low: corrected((1 - level) / 2), high: corrected((1 + level) / 2) };
}

/** A sixth of the skewness of the statistic, by leaving out each datum once. */
function accelerationOf(data: Float64Array, statistic: Statistic): number {
  if (data.length < 2) return 0;
  const rest = data.slice(1);
  const left = Float64Array.from(data, (_, i) => {
    if (i > 0) rest[i - 1] = data[i - 1] as number;
    return statistic(rest);
  });
  const mean = left.reduce((sum, value) => sum + value, 0) / left.length;
  let [squares, cubes] = [0, 0];
  for (const value of left) {
    const d = mean - value;
    squares += d * d;
    cubes += d * d * d;
  }
  return squares === 0 ? 0 : cubes / (6 * squares * Math.sqrt(squares));
}

/** The p-quantile of ascending values, between neighbours linearly; the ends beyond p (n + 1) < 1. */
export function quantile(values: Float64Array, p: number): number {
  const at = Math.min(Math.max(p * (values.length + 1) - 1, 0), values.length - 1);
  const low = Math.floor(at);
  const [a, b] = [values[low] as number, values[Math.min(low + 1, values.length - 1)] as number];
  return a + (b - a) * (at - low);
}

/** Counts of as many shots, drawn with replacement from those of a run: one resample of its outcomes. */
export function resampleCounts(counts: ReadonlyMap<string, number>, random: Random): Map<string, number> {
  const keys = [...counts.keys()];
  const ends = new Float64Array(keys.length);
  let total = 0;
  for (const [i, key] of keys.entries()) {
    total += counts.get(key) as number;
    ends[i] = total;
  }
  const out = new Map<string, number>();
  for (let shot = 0; shot < total; shot++) {
    const u = random.nextDouble() * total;
    let [low, high] = [0, keys.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (u < (ends[middle] as number)) high = middle;
      else low = middle + 1;
    }
    const key = keys[low] as string;
    out.set(key, (out.get(key) ?? 0) + 1);
  }
  return out;
}
