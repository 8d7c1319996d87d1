/** Confidence intervals of a proportion. */
import { betaQuantile, normalQuantile } from "./special.ts";

/** Where a quantity lies, at some level of confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval for `successes` of `trials`.
 *
 * Its coverage is near `level` on average over proportions and goes a little below for some (93.5 % instead of 95 % is common
 * near 0 and 1): use it unless a guarantee is asked for.
 * @throws `TypeError` unless 0 <= successes <= trials, trials > 0 and 0 < level < 1.
 * @source Wilson 1927
 */
export function wilson(successes: number, trials: number, level = 0.95): Interval {
  check(successes, trials, level);
  const z = normalQuantile((1 + level) / 2);
  const p = successes / trials;
  const share = (z * z) / trials;
  const middle = (p + share / 2) / (1 + share);
  const half = (z / (1 + share)) * Math.sqrt((p * (1 - p)) / trials + share / (4 * trials));
  return { low: successes === 0 ? 0 : middle - half, high: successes === trials ? 1 : middle + half };
}

/**
 * The exact interval: it covers with at least `level`, for every proportion, and so is wider than it need be on average.
 * @throws `TypeError` as {@link wilson}.
 * @source Clopper and Pearson 1934
 */
export function clopperPearson(successes: number, trials: number, level = 0.95): Interval {
  check(successes, trials, level);
  const tail = (1 - level) / 2;
  const failures = trials - successes;
  return {
    low: successes === 0 ? 0 : betaQuantile(tail, successes, failures + 1),
    high: failures === 0 ? 1 : betaQuantile(1 - tail, successes + 1, failures),
  };
}

/** @throws `TypeError` for a level of confidence outside of (0, 1). */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1))
    throw new TypeError(`a level of confidence is between 0 and 1, not ${level}`);
}

function check(successes: number, trials: number, level: number): void {
  checkLevel(level);
  if (!(trials > 0) || !Number.isFinite(trials) || !(successes >= 0 && successes <= trials))
    throw new TypeError(`${successes} successes of ${trials} trials`);
}
