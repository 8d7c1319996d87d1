/** How many quarter turns a two-qubit unitary takes, from its invariants alone. */
import type { Matrix } from "@arqon/core/math";

const SIGNS = [-1, 1, 1, -1] as const;
/** Invariants this close to those of a class are looked at in full. */
const NEAR = 1e-6;

/**
 * Whether a unitary might be made with fewer than `uses` quarter turns; `false` is certain.
 *
 * @param unitary  4 x 4, of any phase.
 * @source Shende, Bullock, Markov 2004, "Recognizing small-circuit structure in two-qubit operators"
 */
export function mayTakeFewer(unitary: Matrix, uses: number): boolean {
  if (uses > 3) return true;
  if (uses < 2) return uses === 1;
  const gamma = gammaOf(unitary);
  let [re, im] = [0, 0];
  for (let k = 0; k < 4; k++) {
    re += gamma[10 * k] as number;
    im += gamma[10 * k + 1] as number;
  }
  const size = re * re + im * im;
  if (uses === 2) return size > 16 - NEAR || (size < NEAR && isMinusOne(gamma));
  if (size < NEAR) return true;
  const [sr, si] = [re * re - im * im, 2 * re * im];
  const [dr, di] = determinant(unitary);
  // Real and not below 0 for two.
  return Math.abs(si * dr - sr * di) < NEAR && sr * dr + si * di > -NEAR;
}

/** U times YY U^T YY. */
function gammaOf(u: Matrix): Matrix {
  const out = new Float64Array(32);
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++) {
      let [re, im] = [0, 0];
      for (let k = 0; k < 4; k++) {
        const [x, y] = [2 * (4 * r + k), 2 * (4 * (3 - c) + 3 - k)];
        const sign = (SIGNS[k] as number) * (SIGNS[c] as number);
        const [ar, ai, br, bi] = [u[x], u[x + 1], u[y], u[y + 1]] as [number, number, number, number];
        re += sign * (ar * br - ai * bi);
        im += sign * (ar * bi + ai * br);
      }
      out[2 * (4 * r + c)] = re;
      out[2 * (4 * r + c) + 1] = im;
    }
  return out;
}

/** Whether the square of gamma is a multiple of 1, as that of one quarter turn is. */
function isMinusOne(gamma: Matrix): boolean {
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++) {
      if (r === c) continue;
      let [re, im] = [0, 0];
      for (let k = 0; k < 4; k++) {
        const [x, y] = [2 * (4 * r + k), 2 * (4 * k + c)];
        const [ar, ai, br, bi] = [gamma[x], gamma[x + 1], gamma[y], gamma[y + 1]] as [
          number,
          number,
          number,
          number,
        ];
        re += ar * br - ai * bi;
        im += ar * bi + ai * br;
      }
      if (Math.abs(re) + Math.abs(im) > NEAR) return false;
    }
  return true;
}

/** By pairs of rows (Laplace). */
function determinant(u: Matrix): [number, number] {
  let [re, im] = [0, 0];
  for (const [i, j, k, l, sign] of PAIRS) {
    const [ar, ai] = minor(u, 0, i, j);
    const [br, bi] = minor(u, 2, k, l);
    re += sign * (ar * br - ai * bi);
    im += sign * (ar * bi + ai * br);
  }
  return [re, im];
}

const PAIRS = [
  [0, 1, 2, 3, 1],
  [0, 2, 1, 3, -1],
  [0, 3, 1, 2, 1],
  [1, 2, 0, 3, 1],
  [1, 3, 0, 2, -1],
  [2, 3, 0, 1, 1],
] as const;

/** The determinant of two rows and columns. */
function minor(u: Matrix, row: number, i: number, j: number): [number, number] {
  const at = (r: number, c: number): [number, number] => [
    u[2 * (4 * r + c)] as number,
    u[2 * (4 * r + c) + 1] as number,
  ];
  const [ar, ai] = at(row, i);
  const [br, bi] = at(row, j);
  const [cr, ci] = at(row + 1, i);
  const [dr, di] = at(row + 1, j);
  return [ar * dr - ai * di - (br * cr - bi * ci), ar * di + ai * dr - (br * ci + bi * cr)];
}
