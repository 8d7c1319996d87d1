/**
 * Two-qubit unitaries as local gates around exp(i(a XX + b YY + c ZZ)).
 *
 * @source Kraus and Cirac 2001; Zhang, Vala, Sastry, Whaley 2003
 */
import { adjoint, atan2, cos, type Matrix, multiply, sin } from "@arqon/core/math";
import { eigenHermitian } from "../noise/hermitian.ts";
import { gateMatrix } from "./one-qubit.ts";

/** `unitary` = `left` exp(i(a XX + b YY + c ZZ)) `right` up to phase, with pi/4 >= a >= b >= |c|, and c >= 0 where a = pi/4. */
export interface Weyl {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Products of one-qubit gates, 4 x 4. */
  readonly left: Matrix;
  readonly right: Matrix;
}

/** Roundings of a decomposition, squares among them. */
const EXACT = 1e-11;
/** Angles this close to a corner of the chamber are taken for it. */
const NEAR = 1e-9;
const R = Math.SQRT1_2;
/** Columns in which local gates of determinant 1 are real. */
const MAGIC: Matrix = Float64Array.of(
  ...[R, 0, 0, 0, 0, 0, 0, R],
  ...[0, 0, 0, R, R, 0, 0, 0],
  ...[0, 0, 0, R, -R, 0, 0, 0],
  ...[R, 0, 0, 0, 0, 0, 0, -R],
);
const MAGIC_BACK = adjoint(MAGIC, 4);

const product = (...factors: readonly Matrix[]): Matrix =>
  factors.reduce((all, factor) => multiply(all, factor, 4));

/** `high` on the second qubit, `low` on the first. */
export function kron(high: Matrix, low: Matrix): Matrix {
  const out = new Float64Array(32);
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++) {
      const h = 2 * (2 * (r >> 1) + (c >> 1));
      const l = 2 * (2 * (r & 1) + (c & 1));
      const [hr, hi, lr, li] = [high[h], high[h + 1], low[l], low[l + 1]] as [number, number, number, number];
      out[2 * (4 * r + c)] = hr * lr - hi * li;
      out[2 * (4 * r + c) + 1] = hr * li + hi * lr;
    }
  return out;
}

/** The one-qubit factors of a product, each unitary; their common phase is lost. */
export function factors(local: Matrix): { readonly high: Matrix; readonly low: Matrix } {
  let best = 0;
  const size = (k: number): number => {
    const [re, im] = [local[2 * k] as number, local[2 * k + 1] as number];
    return re * re + im * im;
  };
  for (let k = 1; k < 16; k++) if (size(k) > size(best)) best = k;
  const [row, column] = [best >> 2, best & 3];
  const pick = (index: (i: number, j: number) => number): Matrix => {
    const out = new Float64Array(8);
    let norm = 0;
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 2; j++) {
        const from = 2 * index(i, j);
        const to = 2 * (2 * i + j);
        out[to] = local[from] as number;
        out[to + 1] = local[from + 1] as number;
        for (const x of [out[to], out[to + 1]] as number[]) norm += x * x;
      }
    return out.map((x) => x / Math.sqrt(norm / 2));
  };
  return {
    low: pick((i, j) => 4 * ((row & 2) | i) + ((column & 2) | j)),
    high: pick((i, j) => 4 * ((i << 1) | (row & 1)) + ((j << 1) | (column & 1))),
  };
}

/** The decomposition; `undefined` when it does not come out. */
export function weyl(unitary: Matrix): Weyl | undefined {
  const special = withoutDeterminant(unitary);
  const turned = product(MAGIC_BACK, special, MAGIC);
  const squared = multiply(transpose(turned), turned, 4);
  for (const [re, im] of MIXTURES) {
    const mixed = new Float64Array(32);
    for (let k = 0; k < 32; k += 2) mixed[k] = re * (squared[k] as number) + im * (squared[k + 1] as number);
    const found = fromBasis(turned, squared, eigenHermitian(mixed, 4).vectors);
    if (found) return canonical(found);
  }
  return undefined;
}

/** Real and imaginary part have common eigenvectors; those of one of these mixtures tell equal eigenvalues apart. */
const MIXTURES: readonly (readonly [number, number])[] = [
  [0.8, 0.6],
  [0.28, 0.96],
  [0.96, -0.28],
  [0.352, -0.936],
];

function fromBasis(turned: Matrix, squared: Matrix, vectors: Matrix): Weyl | undefined {
  const basis = vectors.map((x, k) => (k & 1 ? 0 : x));
  if (determinant(basis)[0] < 0) for (let r = 0; r < 4; r++) basis[8 * r] = -(basis[8 * r] as number);
  const back = transpose(basis);
  const diagonal = product(back, squared, basis);
  const angles: number[] = [];
  for (let k = 0; k < 16; k++) {
    const [re, im] = [diagonal[2 * k] as number, diagonal[2 * k + 1] as number];
    if (k % 5 === 0) angles.push(atan2(im, re) / 2);
    else if (Math.abs(re) + Math.abs(im) > EXACT) return undefined;
  }
  // The angles sum to a whole number of half turns; an odd one is brought to even, and the sum to 0.
  const halves = Math.round(angles.reduce((sum, x) => sum + x, 0) / Math.PI);
  angles[0] = (angles[0] as number) - halves * Math.PI;
  const undo = new Float64Array(32);
  angles.forEach((x, k) => {
    undo[10 * k] = cos(x);
    undo[10 * k + 1] = -sin(x);
  });
  const left = product(turned, basis, undo);
  for (let k = 1; k < 32; k += 2) if (Math.abs(left[k] as number) > EXACT) return undefined;
  const [d0, d1, , d3] = angles as [number, number, number, number];
  return {
    a: (d0 + d1) / 2,
    b: (d1 + d3) / 2,
    c: (d0 + d3) / 2,
    left: product(MAGIC, left, MAGIC_BACK),
    right: product(MAGIC, back, MAGIC_BACK),
  };
}

const PAULIS = ["x", "y", "z"].map((name) => gateMatrix(name));
const ONE = gateMatrix("id");
/** By the axis that stays: a local gate that exchanges the other two. */
const EXCHANGES = ["sx", "h", "s"].map((name) => kron(gateMatrix(name), gateMatrix(name)));

/** Brings the three angles into their chamber, and what that takes into the local gates. */
function canonical(from: Weyl): Weyl {
  const angles = [from.a, from.b, from.c];
  let { left, right } = from;
  const conjugate = (by: Matrix): void => {
    left = multiply(left, adjoint(by, 4), 4);
    right = multiply(by, right, 4);
  };
  const shift = (axis: number, quarters: number): void => {
    angles[axis] = (angles[axis] as number) - (quarters * Math.PI) / 2;
    const pauli = PAULIS[axis] as Matrix;
    if (quarters % 2 !== 0) left = multiply(left, kron(pauli, pauli), 4);
  };
  const flip = (i: number, j: number): void => {
    for (const axis of [i, j]) angles[axis] = -(angles[axis] as number);
    conjugate(kron(PAULIS[3 - i - j] as Matrix, ONE));
  };
  for (let axis = 0; axis < 3; axis++) shift(axis, Math.round(((angles[axis] as number) * 2) / Math.PI));
  for (const [i, j] of [
    [0, 1],
    [1, 2],
    [0, 1],
  ] as const) {
    if (Math.abs(angles[i] as number) >= Math.abs(angles[j] as number)) continue;
    [angles[i], angles[j]] = [angles[j] as number, angles[i] as number];
    conjugate(EXCHANGES[3 - i - j] as Matrix);
  }
  if ((angles[0] as number) < 0) flip(0, (angles[1] as number) < 0 ? 1 : 2);
  if ((angles[1] as number) < 0) flip(1, 2);
  if ((angles[0] as number) > Math.PI / 4 - NEAR && (angles[2] as number) < 0) {
    flip(0, 2);
    shift(0, -1);
  }
  const [a, b, c] = angles as [number, number, number];
  return { a, b, c, left, right };
}

function transpose(m: Matrix): Matrix {
  const out = new Float64Array(32);
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++) {
      out[2 * (4 * r + c)] = m[2 * (4 * c + r)] as number;
      out[2 * (4 * r + c) + 1] = m[2 * (4 * c + r) + 1] as number;
    }
  return out;
}

type Complex = readonly [re: number, im: number];
const mul = ([ar, ai]: Complex, [br, bi]: Complex): Complex => [ar * br - ai * bi, ar * bi + ai * br];

function determinant(m: Matrix): Complex {
  const at = (r: number, c: number): Complex => [
    m[2 * (4 * r + c)] as number,
    m[2 * (4 * r + c) + 1] as number,
  ];
  const minor = (r: number, i: number, j: number): Complex => {
    const [p, q] = [mul(at(r, i), at(r + 1, j)), mul(at(r, j), at(r + 1, i))];
    return [p[0] - q[0], p[1] - q[1]];
  };
  let [re, im] = [0, 0];
  for (const [i, j, k, l, sign] of LAPLACE) {
    const term = mul(minor(0, i, j), minor(2, k, l));
    re += sign * term[0];
    im += sign * term[1];
  }
  return [re, im];
}

const LAPLACE: readonly (readonly [number, number, number, number, number])[] = [
  [0, 1, 2, 3, 1],
  [0, 2, 1, 3, -1],
  [0, 3, 1, 2, 1],
  [1, 2, 0, 3, 1],
  [1, 3, 0, 2, -1],
  [2, 3, 0, 1, 1],
];

function withoutDeterminant(m: Matrix): Matrix {
  const [re, im] = determinant(m);
  const angle = -atan2(im, re) / 4;
  const [c, s] = [cos(angle), sin(angle)];
  const out = new Float64Array(32);
  for (let k = 0; k < 32; k += 2) {
    const [x, y] = [m[k] as number, m[k + 1] as number];
    out[k] = x * c - y * s;
    out[k + 1] = x * s + y * c;
  }
  return out;
}
