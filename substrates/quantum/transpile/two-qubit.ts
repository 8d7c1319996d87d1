/** Synthesis of two-qubit unitaries with as few two-qubit gates as they can have. */
import { adjoint, cos, identity, type Matrix, multiply, sin } from "@arqon/core/math";
import { CLOSE, type One, type Swap, type Zz } from "./item.ts";
import { anglesOf, gateMatrix, HADAMARD, turnZ } from "./one-qubit.ts";
import { factors, type Weyl, weyl } from "./weyl.ts";

/** The unitary of items on two qubits; `low` is the lower bit of its index. */
export function unitaryOf(items: readonly (One | Zz | Swap)[], low: number): Matrix {
  const all = identity(4);
  for (const item of items) {
    if (item.kind === "one") {
      const [first, other] = item.qubit === low ? [2, 1] : [1, 2];
      mix(all, 0, other, item.matrix);
      mix(all, first, first + other, item.matrix);
    } else if (item.kind === "swap") exchange(all, 1, 2);
    else {
      // exp(-i angle/2 ZZ)
      const [c, s] = [cos(item.angle / 2), sin(item.angle / 2)];
      for (let row = 0; row < 4; row++) turn(all, row, c, row === 0 || row === 3 ? -s : s);
    }
  }
  return all;
}

/** Angles that may be roundings of a decomposition. */
const LOOSE = 1e-9;
const ROUNDED = 1e-10;
/** Entries of what is made and of what was asked differ by less. */
const TRUE = 1e-13;

/** Rows `p` and `q` of a 4 x 4 matrix become the 2 x 2 matrix times them. */
function mix(all: Matrix, p: number, q: number, by: Matrix): void {
  const [ar, ai, br, bi] = [by[0], by[1], by[2], by[3]] as [number, number, number, number];
  const [cr, ci, dr, di] = [by[4], by[5], by[6], by[7]] as [number, number, number, number];
  for (let k = 0; k < 8; k += 2) {
    const [x, y] = [8 * p + k, 8 * q + k];
    const [xr, xi, yr, yi] = [all[x], all[x + 1], all[y], all[y + 1]] as [number, number, number, number];
    all[x] = ar * xr - ai * xi + br * yr - bi * yi;
    all[x + 1] = ar * xi + ai * xr + br * yi + bi * yr;
    all[y] = cr * xr - ci * xi + dr * yr - di * yi;
    all[y + 1] = cr * xi + ci * xr + dr * yi + di * yr;
  }
}

function turn(all: Matrix, row: number, re: number, im: number): void {
  for (let k = 8 * row; k < 8 * row + 8; k += 2) {
    const [x, y] = [all[k] as number, all[k + 1] as number];
    all[k] = re * x - im * y;
    all[k + 1] = re * y + im * x;
  }
}

function exchange(all: Matrix, p: number, q: number): void {
  for (let k = 0; k < 8; k++) {
    const kept = all[8 * p + k] as number;
    all[8 * p + k] = all[8 * q + k] as number;
    all[8 * q + k] = kept;
  }
}

/**
 * Items that make a two-qubit unitary up to phase.
 *
 * @param fractional  whether ZZ rotations of any angle are one gate; else only those of a quarter turn are, and one of
 *   another angle is two.
 * @returns  items on `low` and `high`, or `undefined` when they do not come out to `within`, 1e-13 by default.
 */
export function synthesize(
  unitary: Matrix,
  low: number,
  high: number,
  fractional: boolean,
  within: number = TRUE,
): readonly (One | Zz)[] | undefined {
  const wanted = weyl(unitary);
  if (!wanted) return undefined;
  // Fewest gates first: what may be roundings is taken for nothing, and what comes out says whether it was.
  for (const close of [LOOSE, CLOSE]) {
    const core = coreOf(wanted, low, high, fractional, close);
    const made = weyl(unitaryOf(core, low));
    if (!made || !sameClass(wanted, made)) continue;
    const before = factors(multiply(adjoint(made.right, 4), wanted.right, 4));
    const after = factors(multiply(wanted.left, adjoint(made.left, 4), 4));
    for (const as of [rounded, (matrix: Matrix) => matrix]) {
      const out: (One | Zz)[] = [
        { kind: "one", qubit: low, matrix: as(before.low) },
        { kind: "one", qubit: high, matrix: as(before.high) },
        ...core,
        { kind: "one", qubit: low, matrix: as(after.low) },
        { kind: "one", qubit: high, matrix: as(after.high) },
      ];
      if (distance(unitaryOf(out, low), unitary) < within) return out;
    }
  }
  return undefined;
}

/** Roundings grow where a unitary is almost none: angles that are whole parts of a turn but for these are made whole. */
function rounded(matrix: Matrix): Matrix {
  const { theta, phi, lambda } = anglesOf(matrix);
  const isDiagonal = theta < ROUNDED;
  const angles = isDiagonal ? [theta, 0, phi + lambda] : [theta, phi, lambda];
  const near = angles.map((angle) => (Math.round((angle * 4) / Math.PI) * Math.PI) / 4);
  const gaps = angles.map((angle, k) => Math.abs(angle - (near[k] as number)));
  if (!gaps.some((gap) => gap > CLOSE && gap < ROUNDED)) return matrix;
  const whole = angles.map((angle, k) => ((gaps[k] as number) < ROUNDED ? (near[k] as number) : angle));
  return gateMatrix("u", whole);
}

function sameClass(x: Weyl, y: Weyl): boolean {
  return Math.abs(x.a - y.a) + Math.abs(x.b - y.b) + Math.abs(x.c - y.c) < 10 * LOOSE;
}

/** Items of the same class as the angles. */
function coreOf(
  { a, b, c }: Weyl,
  low: number,
  high: number,
  fractional: boolean,
  close: number,
): readonly (One | Zz)[] {
  const one = (qubit: number, matrix: Matrix): One => ({ kind: "one", qubit, matrix });
  const zz = (angle: number): Zz => ({ kind: "zz", a: low, b: high, angle });
  const both = (matrix: Matrix): One[] => [one(low, matrix), one(high, matrix)];
  const cx = (target: number): (One | Zz)[] => [
    one(target, HADAMARD),
    zz(-Math.PI / 2),
    ...both(gateMatrix("s")),
    one(target, HADAMARD),
  ];
  if (a < close) return [];
  if (b < close && (fractional || a > Math.PI / 4 - close)) return [zz(-2 * a)];
  if (fractional) {
    const two = [zz(-2 * a), ...both(HADAMARD), zz(-2 * b), ...both(HADAMARD)];
    if (Math.abs(c) < close) return two;
    return [...two, ...both(gateMatrix("sx")), zz(-2 * c), ...both(gateMatrix("sxdg"))];
  }
  if (Math.abs(c) < close)
    return [...cx(high), one(low, gateMatrix("rx", [-2 * a])), one(high, turnZ(-2 * b)), ...cx(high)];
  return [
    ...cx(low),
    one(low, turnZ(2 * c - Math.PI / 2)),
    one(high, gateMatrix("ry", [Math.PI / 2 - 2 * a])),
    ...cx(high),
    one(high, gateMatrix("ry", [Math.PI / 2 - 2 * b])),
    ...cx(low),
  ];
}

/** Largest difference of entries, after the phase that brings the matrices together. */
export function distance(x: Matrix, y: Matrix): number {
  let [re, im] = [0, 0];
  for (let k = 0; k < x.length; k += 2) {
    const [a, b, c, d] = [x[k], x[k + 1], y[k], y[k + 1]] as [number, number, number, number];
    re += a * c + b * d;
    im += b * c - a * d;
  }
  const length = Math.sqrt(re * re + im * im);
  if (length === 0) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let k = 0; k < x.length; k += 2) {
    const [c, d] = [y[k] as number, y[k + 1] as number];
    const [dr, di] = [
      (x[k] as number) - (c * re - d * im) / length,
      (x[k + 1] as number) - (c * im + d * re) / length,
    ];
    most = Math.max(most, Math.sqrt(dr * dr + di * di));
  }
  return most;
}
