/** Eigenvalues of small Hermitian matrices, for Choi matrices and positivity. */
import { identity, type Matrix } from "@arqon/core/math";

/** Eigenvalues in ascending order, and the eigenvectors as columns in the same order. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Matrix;
}

const SWEEPS = 60;

/**
 * Eigenvalues and eigenvectors of a Hermitian matrix by cyclic Jacobi rotations.
 *
 * @param a  n x n, interleaved re/im; only its Hermitian part counts.
 * @cost     O(n^3) a sweep, some ten sweeps.
 */
export function eigenHermitian(a: Matrix, n: number): Eigen {
  const m = hermitianPart(a, n);
  const v = identity(n);
  for (let sweep = 0; sweep < SWEEPS && offDiagonal(m, n) > 1e-30; sweep++)
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(m, v, n, p, q);
  const order = Array.from({ length: n }, (_, k) => k).sort(
    (x, y) => (m[2 * (x * n + x)] as number) - (m[2 * (y * n + y)] as number),
  );
  const vectors = new Float64Array(2 * n * n);
  order.forEach((from, to) => {
    for (let r = 0; r < n; r++) {
      vectors[2 * (r * n + to)] = v[2 * (r * n + from)] as number;
      vectors[2 * (r * n + to) + 1] = v[2 * (r * n + from) + 1] as number;
    }
  });
  return { values: Float64Array.from(order, (k) => m[2 * (k * n + k)] as number), vectors };
}

function hermitianPart(a: Matrix, n: number): Matrix {
  const out = new Float64Array(2 * n * n);
  for (let r = 0; r < n; r++)
    for (let c = 0; c < n; c++) {
      const [x, y] = [2 * (r * n + c), 2 * (c * n + r)];
      out[x] = ((a[x] as number) + (a[y] as number)) / 2;
      out[x + 1] = ((a[x + 1] as number) - (a[y + 1] as number)) / 2;
    }
  return out;
}

/** Weight off the diagonal as a part of all weight. */
function offDiagonal(m: Matrix, n: number): number {
  let [off, all] = [0, 0];
  for (let k = 0; k < n * n; k++) {
    const weight =
      (m[2 * k] as number) * (m[2 * k] as number) + (m[2 * k + 1] as number) * (m[2 * k + 1] as number);
    all += weight;
    if (k % (n + 1) !== 0) off += weight;
  }
  return all === 0 ? 0 : off / all;
}

/** m becomes J^dagger m J and v becomes v J, with J such that entry (p, q) of m vanishes. */
function rotate(m: Matrix, v: Matrix, n: number, p: number, q: number): void {
  const at = 2 * (p * n + q);
  const [re, im] = [m[at] as number, m[at + 1] as number];
  const size = Math.sqrt(re * re + im * im);
  if (size === 0) return;
  const tau = ((m[2 * (q * n + q)] as number) - (m[2 * (p * n + p)] as number)) / (2 * size);
  const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  const [er, ei] = [re / size, im / size];
  columns(m, n, p, q, c, s, er, ei);
  columns(v, n, p, q, c, s, er, ei);
  // The rows of m: those of J^dagger are the conjugates of the columns of J.
  for (let k = 0; k < n; k++) {
    const [x, y] = [2 * (p * n + k), 2 * (q * n + k)];
    const [ar, ai, br, bi] = [m[x], m[x + 1], m[y], m[y + 1]] as [number, number, number, number];
    m[x] = c * ar - s * (er * br - ei * bi);
    m[x + 1] = c * ai - s * (er * bi + ei * br);
    m[y] = s * (er * ar + ei * ai) + c * br;
    m[y + 1] = s * (er * ai - ei * ar) + c * bi;
  }
  m[at] = 0;
  m[at + 1] = 0;
  m[2 * (q * n + p)] = 0;
  m[2 * (q * n + p) + 1] = 0;
}

/** Columns p and q of `a` times [[c, s e], [-s conj(e), c]]. */
function columns(
  a: Matrix,
  n: number,
  p: number,
  q: number,
  c: number,
  s: number,
  er: number,
  ei: number,
): void {
  for (let k = 0; k < n; k++) {
    const [x, y] = [2 * (k * n + p), 2 * (k * n + q)];
    const [ar, ai, br, bi] = [a[x], a[x + 1], a[y], a[y + 1]] as [number, number, number, number];
    a[x] = c * ar - s * (er * br + ei * bi);
    a[x + 1] = c * ai - s * (er * bi - ei * br);
    a[y] = s * (er * ar - ei * ai) + c * br;
    a[y + 1] = s * (er * ai + ei * ar) + c * bi;
  }
}
