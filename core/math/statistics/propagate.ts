/** Errors of inputs carried through a function: to first order, or by drawing inputs. */
import type { Random } from "../../base/index.ts";
import { cos, sin } from "../circular.ts";
import { log } from "../exponential.ts";
import { quantile } from "./bootstrap.ts";
import { checkLevel, type Interval } from "./interval.ts";

const TURN = 2 * Math.PI;

/** A value and its standard error. */
export interface Uncertain {
  readonly value: number;
  readonly error: number;
}

/**
 * Value and standard error of f at uncertain inputs; independent ones, unless a covariance matrix is given instead of errors.
 * Good while f is nearly straight over a few standard errors; else {@link propagateInterval}.
 *
 * @param spread  standard error of each input, or the covariance matrix, row-major, n * n (for one input its error).
 * @throws `TypeError` when the sizes do not fit.
 */
export function propagate(
  f: (inputs: Float64Array) => number,
  at: ArrayLike<number>,
  spread: ArrayLike<number>,
): Uncertain {
  const n = at.length;
  const independent = isIndependent(n, spread);
  const covariance = (i: number, j: number): number => {
    if (!independent) return spread[i * n + j] as number;
    return i === j ? (spread[i] as number) * (spread[i] as number) : 0;
  };
  const gradient = gradientOf(f, at);
  let variance = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      variance += (gradient[i] as number) * covariance(i, j) * (gradient[j] as number);
  return { value: f(Float64Array.from(at)), error: Math.sqrt(Math.max(0, variance)) };
}

/** Central differences with steps of about the cube root of the rounding error. */
function gradientOf(f: (inputs: Float64Array) => number, at: ArrayLike<number>): Float64Array {
  return Float64Array.from(at, (x, i) => {
    const step = 6e-6 * Math.max(Math.abs(x), 1);
    const inputs = Float64Array.from(at);
    inputs[i] = x + step;
    const above = f(inputs);
    inputs[i] = x - step;
    return (above - f(inputs)) / (2 * step);
  });
}

function isIndependent(n: number, spread: ArrayLike<number>): boolean {
  if (spread.length !== n && spread.length !== n * n)
    throw new TypeError(`${n} inputs with ${spread.length} errors or covariances`);
  return spread.length === n;
}

/** How to draw inputs. */
export interface PropagateOptions {
  /** All chance comes from here: same stream, same interval. */
  readonly random: Random;
  /** Default 2000. */
  readonly samples?: number;
  /** Default 0.95. */
  readonly level?: number;
}

/**
 * The interval of f at uncertain inputs, by drawing the inputs from normal distributions: for functions that bend within a
 * standard error, where {@link propagate} is too narrow. At least the level for the square of a number within its error of 0
 * (docs/statistics.md).
 *
 * @param spread  as for {@link propagate}; a covariance matrix must be positive semidefinite.
 * @throws `TypeError` when the sizes do not fit, or a matrix is not positive semidefinite.
 * @cost   `samples` evaluations of f.
 * @source JCGM 101:2008, Propagation of distributions using a Monte Carlo method; Box and Muller 1958
 */
export function propagateInterval(
  f: (inputs: Float64Array) => number,
  at: ArrayLike<number>,
  spread: ArrayLike<number>,
  { random, samples = 2000, level = 0.95 }: PropagateOptions,
): Interval {
  const n = at.length;
  checkLevel(level);
  if (!Number.isInteger(samples) || samples < 2) throw new TypeError(`${samples} samples`);
  const root = isIndependent(n, spread) ? undefined : choleskyOf(spread, n);
  const normals = new Float64Array(n);
  const values = Float64Array.from({ length: samples }, () => {
    for (let i = 0; i < n; i += 2) {
      const radius = Math.sqrt(-2 * log(1 - random.nextDouble()));
      const angle = TURN * random.nextDouble();
      normals[i] = radius * cos(angle);
      if (i + 1 < n) normals[i + 1] = radius * sin(angle);
    }
    const inputs = Float64Array.from(at, (x, i) => {
      if (!root) return x + (spread[i] as number) * (normals[i] as number);
      let sum = x;
      for (let j = 0; j <= i; j++) sum += (root[i * n + j] as number) * (normals[j] as number);
      return sum;
    });
    return f(inputs);
  }).sort();
  return { low: quantile(values, (1 - level) / 2), high: quantile(values, (1 + level) / 2) };
}

/** L of C = L L^T, row-major; directions without variance have columns of 0. */
function choleskyOf(covariance: ArrayLike<number>, n: number): Float64Array {
  const root = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    let pivot = covariance[j * n + j] as number;
    const size = Math.abs(pivot);
    for (let k = 0; k < j; k++) pivot -= (root[j * n + k] as number) * (root[j * n + k] as number);
    if (!(pivot >= -1e-9 * size)) throw new TypeError("a covariance matrix is not positive semidefinite");
    if (pivot <= 1e-14 * size) continue;
    const diagonal = Math.sqrt(pivot);
    root[j * n + j] = diagonal;
    for (let i = j + 1; i < n; i++) {
      let sum = covariance[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (root[i * n + k] as number) * (root[j * n + k] as number);
      root[i * n + j] = sum / diagonal;
    }
  }
  return root;
}
