/** The distribution functions statistics needs, from the stable elementary functions. */
import { exp, log } from "../exponential.ts";

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;
const HALF_LOG_TAU = 0.9189385332046728;
const TINY = 1e-300;
const EPSILON = 1e-16;
/** Far above what any of the expansions below needs where it is used. */
const MOST_TERMS = 100_000;

/** Natural logarithm of the gamma function, for x > 0. Relative error about 1e-14. @source Lanczos 1964, g = 7. */
export function logGamma(x: number): number {
  const y = x - 1;
  const t = y + 7.5;
  let sum: number = LANCZOS[0];
  for (let k = 1; k < LANCZOS.length; k++) sum += (LANCZOS[k] as number) / (y + k);
  return HALF_LOG_TAU + (y + 0.5) * log(t) - t + log(sum);
}

/** Regularised upper incomplete gamma function Q(a, x), for a > 0 and x >= 0. */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  const factor = exp(a * log(x) - x - logGamma(a));
  if (x < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let k = 1; k < MOST_TERMS && term > sum * EPSILON; k++) {
      term *= x / (a + k);
      sum += term;
    }
    return 1 - sum * factor;
  }
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let k = 1; k < MOST_TERMS; k++) {
    const an = -k * (k - a);
    b += 2;
    d = 1 / awayFromZero(an * d + b);
    c = awayFromZero(b + an / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 2 * EPSILON) break;
  }
  return factor * h;
}

/** Regularised incomplete beta function I_x(a, b), for a, b > 0. @source Lentz's continued fraction */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const factor = exp(a * log(x) + b * log(1 - x) + logGamma(a + b) - logGamma(a) - logGamma(b));
  return x < (a + 1) / (a + b + 2)
    ? (factor * betaFraction(x, a, b)) / a
    : 1 - (factor * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let k = 1; k < MOST_TERMS; k++) {
    const even = (k * (b - k) * x) / ((a + 2 * k - 1) * (a + 2 * k));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    h *= d * c;
    const odd = (-(a + k) * (a + b + k) * x) / ((a + 2 * k) * (a + 2 * k + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 2 * EPSILON) break;
  }
  return h;
}

function awayFromZero(x: number): number {
  return Math.abs(x) < TINY ? TINY : x;
}

/** Probability that a standard normal number is below x. */
export function normalCdf(x: number): number {
  const tail = upperGamma(0.5, (x * x) / 2) / 2;
  return x < 0 ? tail : 1 - tail;
}

/** The number a standard normal number is below with probability p. Absolute error about 1e-13. */
export function normalQuantile(p: number): number {
  if (p === 0.5) return 0;
  if (p > 0.5) return -normalQuantile(1 - p);
  return bisected(-40, 0, (x) => normalCdf(x) < p);
}

/** Inverse of {@link incompleteBeta} in x. */
export function betaQuantile(p: number, a: number, b: number): number {
  return bisected(0, 1, (x) => incompleteBeta(x, a, b) < p);
}

/** Where `below` turns from true to false. */
function bisected(least: number, most: number, below: (x: number) => boolean): number {
  let [low, high] = [least, most];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (below(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
