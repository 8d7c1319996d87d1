/** Errors of inputs carried through a function, to first order. */

/** A value and its standard error. */
export interface Uncertain {
  readonly value: number;
  readonly error: number;
}

/**
 * Value and standard error of f at uncertain inputs; independent ones, unless a covariance matrix is given instead of errors.
 * Good while f is nearly straight over a few standard errors; else resample.
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
  if (spread.length !== n && spread.length !== n * n)
    throw new TypeError(`${n} inputs with ${spread.length} errors or covariances`);
  const independent = spread.length === n;
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
