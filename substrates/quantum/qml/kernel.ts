/** Kernels: how alike samples are, for each pair of them. Row-major, rows x columns. */

import type { Random } from "@arqon/core/base";
import { exp } from "@arqon/core/math";
import type { Amplitudes } from "../observables/index.ts";

/** |<a|b>|^2 of every pair, exactly. */
export function fidelityKernel(rows: readonly Amplitudes[], columns: readonly Amplitudes[]): Float64Array {
  return pairs(rows, columns, (a, b) => {
    let re = 0;
    let im = 0;
    for (let i = 0; i < a.re.length; i++) {
      const [ar, ai, br, bi] = [a.re[i], a.im[i], b.re[i], b.im[i]] as [number, number, number, number];
      re += ar * br + ai * bi;
      im += ar * bi - ai * br;
    }
    return Math.min(1, re * re + im * im);
  });
}

/**
 * What a device would give of an exact kernel: the share of `shots` in which "prepare a, undo b" finds every qubit in 0.
 * @param symmetric  rows and columns are the same samples: each pair is drawn once, and a sample is 1 like itself.
 */
export function sampledKernel(
  exact: Float64Array,
  columns: number,
  shots: number,
  random: Random,
  symmetric: boolean,
): Float64Array {
  const out = new Float64Array(exact.length);
  for (let at = 0; at < exact.length; at++) {
    const [r, c] = [Math.floor(at / columns), at % columns];
    if (symmetric && c < r) out[at] = out[c * columns + r] as number;
    else if (symmetric && c === r) out[at] = 1;
    else {
      let hits = 0;
      for (let shot = 0; shot < shots; shot++) if (random.nextDouble() < (exact[at] as number)) hits++;
      out[at] = hits / shots;
    }
  }
  return out;
}

/** exp(-gamma |a - b|^2): the classical control. */
export function rbfKernel(
  rows: readonly (readonly number[])[],
  columns: readonly (readonly number[])[],
  gamma: number,
): Float64Array {
  return pairs(rows, columns, (a, b) => exp(-gamma * squaredDistance(a, b)));
}

function pairs<T>(rows: readonly T[], columns: readonly T[], of: (a: T, b: T) => number): Float64Array {
  const out = new Float64Array(rows.length * columns.length);
  for (const [r, a] of rows.entries())
    for (const [c, b] of columns.entries()) out[r * columns.length + c] = of(a, b);
  return out;
}

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => {
    const difference = value - (b[k] as number);
    return sum + difference * difference;
  }, 0);
}
