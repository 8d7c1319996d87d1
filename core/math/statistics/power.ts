/** What chi-square tests can find: critical values and power. */
import { exp, log } from "../exponential.ts";
import { chiSquareTail } from "./chi-square.ts";

/** The value that a chi-square number exceeds with probability `tail`. */
export function chiSquareCritical(tail: number, degrees: number): number {
  if (!(tail > 0 && tail < 1) || degrees < 1)
    throw new TypeError(`a tail of ${tail} with ${degrees} degrees`);
  let [low, high] = [0, 1];
  while (chiSquareTail(high, degrees) > tail) high *= 2;
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (chiSquareTail(middle, degrees) > tail) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The probability that a test at level `alpha` rejects, when the statistic is chi-square with this noncentrality: a sum over
 * Poisson weights, from its middle outwards, to about 1e-12.
 */
export function chiSquarePower(noncentrality: number, degrees: number, alpha: number): number {
  const critical = chiSquareCritical(alpha, degrees);
  const mean = noncentrality / 2;
  if (!(mean > 0)) return alpha;
  const middle = Math.floor(mean);
  let logWeight = -mean + middle * log(mean);
  for (let k = 2; k <= middle; k++) logWeight -= log(k);
  const peak = exp(logWeight);
  const term = (k: number, weight: number): number => weight * chiSquareTail(critical, degrees + 2 * k);
  let power = 0;
  for (let k = middle, weight = peak; weight > 1e-15; weight *= mean / ++k) power += term(k, weight);
  for (let k = middle, weight = peak; k > 0 && weight > 1e-15; ) {
    weight *= k / mean;
    power += term(--k, weight);
  }
  return Math.min(1, power);
}
