/** Support-vector machines on a given kernel. */

/** A separation of two classes: the sign of `bias` + sum of weights[i] * kernel(sample, i). */
export interface Svm {
  /** Dual variable times the sample's side, 0 for all but support vectors. */
  readonly weights: Float64Array;
  readonly bias: number;
  /** Steps taken. */
  readonly steps: number;
}

/** Violation of the conditions of optimality that is let stand. */
const TOLERANCE = 1e-3;
const LEAST_CURVATURE = 1e-12;

/**
 * Trains a C-SVM by sequential minimal optimisation, with the working set chosen by second order.
 *
 * @param kernel  n x n, symmetric, positive semidefinite up to sampling noise.
 * @param sides   +1 or -1 for each sample.
 * @param c       cost of a violation, above 0.
 * @source Fan, Chen and Lin 2005, Working set selection using second order information
 */
export function trainSvm(
  kernel: Float64Array,
  sides: ArrayLike<number>,
  c: number,
  mostSteps = 100_000,
): Svm {
  const n = sides.length;
  const alpha = new Float64Array(n);
  // Gradient of 1/2 a'Qa - e'a, Q_ij = y_i y_j K_ij.
  const gradient = new Float64Array(n).fill(-1);
  let steps = 0;
  for (; steps < mostSteps; steps++) {
    const pair = workingSet(kernel, sides, alpha, gradient, c);
    if (!pair) break;
    const [i, j] = pair;
    const [yi, yj] = [sides[i] as number, sides[j] as number];
    const [oldI, oldJ] = [alpha[i] as number, alpha[j] as number];
    const curvature = Math.max(
      LEAST_CURVATURE,
      at(kernel, n, i, i) + at(kernel, n, j, j) - 2 * at(kernel, n, i, j),
    );
    // Along y_i da_i = -y_j da_j = t.
    let t = (-yi * (gradient[i] as number) + yj * (gradient[j] as number)) / curvature;
    t = Math.min(t, yi > 0 ? c - oldI : oldI, yj > 0 ? oldJ : c - oldJ);
    alpha[i] = oldI + yi * t;
    alpha[j] = oldJ - yj * t;
    for (let k = 0; k < n; k++)
      gradient[k] =
        (gradient[k] as number) + (sides[k] as number) * t * (at(kernel, n, i, k) - at(kernel, n, j, k));
  }
  return {
    weights: alpha.map((value, k) => value * (sides[k] as number)),
    bias: biasOf(sides, alpha, gradient, c),
    steps,
  };
}

/** The value whose sign tells the side. @param row  kernel of the sample with every training sample. */
export function decide({ weights, bias }: Svm, row: Float64Array): number {
  let sum = bias;
  for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (row[k] as number);
  return sum;
}

function at(kernel: Float64Array, n: number, r: number, c: number): number {
  return kernel[r * n + c] as number;
}

/** Whether a dual variable may move so that y * alpha grows, or shrinks. */
const mayGrow = (side: number, alpha: number, c: number): boolean => (side > 0 ? alpha < c : alpha > 0);
const mayShrink = (side: number, alpha: number, c: number): boolean => (side > 0 ? alpha > 0 : alpha < c);

function workingSet(
  kernel: Float64Array,
  sides: ArrayLike<number>,
  alpha: Float64Array,
  gradient: Float64Array,
  c: number,
): readonly [number, number] | undefined {
  const n = sides.length;
  let i = -1;
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < n; k++) {
    const value = -(sides[k] as number) * (gradient[k] as number);
    if (value > highest && mayGrow(sides[k] as number, alpha[k] as number, c)) [i, highest] = [k, value];
  }
  if (i < 0) return undefined;
  let j = -1;
  let lowest = Number.POSITIVE_INFINITY;
  let best = 0;
  for (let k = 0; k < n; k++) {
    if (!mayShrink(sides[k] as number, alpha[k] as number, c)) continue;
    const value = -(sides[k] as number) * (gradient[k] as number);
    lowest = Math.min(lowest, value);
    const gap = highest - value;
    if (gap <= 0) continue;
    const curvature = Math.max(
      LEAST_CURVATURE,
      at(kernel, n, i, i) + at(kernel, n, k, k) - 2 * at(kernel, n, i, k),
    );
    const gain = (gap * gap) / curvature;
    if (gain > best) [j, best] = [k, gain];
  }
  return j < 0 || highest - lowest < TOLERANCE ? undefined : [i, j];
}

/** From the variables strictly between their bounds; between the bounds of the others when there is none. */
function biasOf(sides: ArrayLike<number>, alpha: Float64Array, gradient: Float64Array, c: number): number {
  let [sum, free] = [0, 0];
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let k = 0; k < alpha.length; k++) {
    const [side, a] = [sides[k] as number, alpha[k] as number];
    const value = -side * (gradient[k] as number);
    if (a > 0 && a < c) {
      sum += value;
      free++;
    } else if (mayGrow(side, a, c)) low = Math.max(low, value);
    else high = Math.min(high, value);
  }
  if (free > 0) return sum / free;
  if (!Number.isFinite(low)) return Number.isFinite(high) ? high : 0;
  return Number.isFinite(high) ? (low + high) / 2 : low;
}
