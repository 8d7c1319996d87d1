/** Powers of gates on several qubits: by eigenvalues, written out again as controlled gates of one qubit. */
import { atan2, cos, identity, type Matrix, multiply, sin } from "@arqon/core/math";
import { eigenHermitian } from "../noise/index.ts";
import type { Control, Operation } from "./operation.ts";
import { inverse, principal } from "./unitary.ts";

/** A gate of more qubits would become thousands of controlled ones. */
export const ROOT_QUBITS = 5;

/** One controlled gate of one qubit, or a phase under controls. */
export interface Elementary extends Operation {
  /** With its phase; for a phase, of no qubits, 1 x 1. */
  readonly whole: Matrix;
}

/**
 * The power of a product of controlled one-qubit gates, by the principal values of its eigenphases, in (-pi, pi].
 *
 * @returns  at most 2^(n-1) (2^n - 1) gates under n - 1 controls, or why there are none.
 * @cost     O(8^n) for n qubits.
 */
export function rootOf(operations: readonly Elementary[], exponent: number): Operation[] | string {
  const qubits = [
    ...new Set(operations.flatMap(({ qubits: on, controls }) => [...on, ...controls.map((c) => c.qubit)])),
  ];
  if (qubits.length > ROOT_QUBITS) return `a gate on ${qubits.length} qubits (the limit is ${ROOT_QUBITS})`;
  const size = 2 ** qubits.length;
  const unitary = identity(size);
  for (const operation of operations) apply(unitary, size, operation, qubits);
  const powered = power(unitary, size, exponent);
  return powered === undefined ? "a gate whose eigenvalues do not come out" : twoLevel(powered, qubits);
}

/** `matrix` becomes the operation times it. */
function apply(matrix: Matrix, size: number, operation: Elementary, qubits: readonly number[]): void {
  const bitOf = (qubit: number): number => 1 << qubits.indexOf(qubit);
  let [mask, wanted] = [0, 0];
  for (const { qubit, on } of operation.controls) {
    mask |= bitOf(qubit);
    if (on) wanted |= bitOf(qubit);
  }
  const [target] = operation.qubits;
  const { whole } = operation;
  for (let row = 0; row < size; row++) {
    if ((row & mask) !== wanted) continue;
    if (target === undefined) scaleRow(matrix, size, row, whole[0] as number, whole[1] as number);
    else if ((row & bitOf(target)) === 0) mixRows(matrix, size, row, row | bitOf(target), whole);
  }
}

function scaleRow(m: Matrix, size: number, row: number, re: number, im: number): void {
  for (let k = 2 * row * size; k < 2 * (row + 1) * size; k += 2) {
    const [a, b] = [m[k] as number, m[k + 1] as number];
    m[k] = a * re - b * im;
    m[k + 1] = a * im + b * re;
  }
}

/** Rows `low` and `high` become the 2 x 2 matrix times them. */
function mixRows(m: Matrix, size: number, low: number, high: number, by: Matrix): void {
  const [ar, ai, br, bi, cr, ci, dr, di] = by as unknown as Eight;
  for (let k = 0; k < size; k++) {
    const [x, y] = [2 * (low * size + k), 2 * (high * size + k)];
    const [p, q, r, s] = [m[x], m[x + 1], m[y], m[y + 1]] as [number, number, number, number];
    m[x] = ar * p - ai * q + br * r - bi * s;
    m[x + 1] = ar * q + ai * p + br * s + bi * r;
    m[y] = cr * p - ci * q + dr * r - di * s;
    m[y + 1] = cr * q + ci * p + dr * s + di * r;
  }
}

type Eight = [number, number, number, number, number, number, number, number];

/** Mixtures of the two Hermitian parts; one of them has no more equal eigenvalues than the unitary. */
const MIXTURES = [0.7390851, 1.6180339, 0.2679491, 2.5029078];
const GOOD = 1e-11;

/** The power of a unitary; `undefined` when its eigenvectors do not come out. */
function power(unitary: Matrix, size: number, exponent: number): Matrix | undefined {
  for (const angle of MIXTURES) {
    // cos U + sin (-i U), made Hermitian by the solver, has the eigenvectors of U.
    const [c, s] = [cos(angle), sin(angle)];
    const mixed = new Float64Array(unitary.length);
    for (let k = 0; k < unitary.length; k += 2) {
      const [re, im] = [unitary[k] as number, unitary[k + 1] as number];
      mixed[k] = c * re + s * im;
      mixed[k + 1] = c * im - s * re;
    }
    const { vectors } = eigenHermitian(mixed, size);
    const back = adjointOf(vectors, size);
    const diagonal = multiply(back, multiply(unitary, vectors, size), size);
    if (offDiagonal(diagonal, size) > GOOD) continue;
    const powers = new Float64Array(diagonal.length);
    for (let k = 0; k < size; k++) {
      const at = 2 * (k * size + k);
      const phase = principal(atan2(diagonal[at + 1] as number, diagonal[at] as number)) * exponent;
      powers[at] = cos(phase);
      powers[at + 1] = sin(phase);
    }
    return multiply(vectors, multiply(powers, back, size), size);
  }
  return undefined;
}

function adjointOf(m: Matrix, size: number): Matrix {
  const out = new Float64Array(m.length);
  for (let r = 0; r < size; r++)
    for (let c = 0; c < size; c++) {
      out[2 * (c * size + r)] = m[2 * (r * size + c)] as number;
      out[2 * (c * size + r) + 1] = -(m[2 * (r * size + c) + 1] as number);
    }
  return out;
}

function offDiagonal(m: Matrix, size: number): number {
  let most = 0;
  for (let k = 0; k < size * size; k++)
    if (k % (size + 1) !== 0)
      most = Math.max(most, Math.abs(m[2 * k] as number), Math.abs(m[2 * k + 1] as number));
  return most;
}

/**
 * A unitary as gates of one qubit under controls on all others: rows are cleared column by column, each with the one before
 * it in Gray order, which differs in one qubit.
 */
function twoLevel(unitary: Matrix, qubits: readonly number[]): Operation[] {
  const size = 2 ** qubits.length;
  const left = unitary.slice();
  const gray = Array.from({ length: size }, (_, k) => k ^ (k >> 1));
  const out: Operation[] = [];
  const step = (low: number, high: number, matrix: Matrix): void => {
    const [a, b] = low < high ? [low, high] : [high, low];
    const bit = 31 - Math.clz32(a ^ b);
    const controls: Control[] = [];
    for (const [k, qubit] of qubits.entries())
      if (k !== bit) controls.push({ qubit, on: ((a >> k) & 1) === 1 });
    mixRows(left, size, a, b, matrix);
    const target = qubits[bit] as number;
    out.push({ name: undefined, parameters: [], qubits: [target], matrix: inverse(matrix), controls });
  };
  for (let column = 0; column < size; column++) {
    const c = gray[column] as number;
    for (let row = size - 1; row > column; row--) {
      const [high, low] = [gray[row] as number, gray[row - 1] as number];
      const entry = (r: number): [number, number] => [
        left[2 * (r * size + c)] as number,
        left[2 * (r * size + c) + 1] as number,
      ];
      const [yr, yi] = entry(high);
      if (Math.abs(yr) + Math.abs(yi) < 1e-15) continue;
      const [xr, xi] = entry(low);
      const length = Math.sqrt(xr * xr + xi * xi + yr * yr + yi * yi);
      const [ar, ai, br, bi] = [xr / length, xi / length, yr / length, yi / length];
      // [[conj a, conj b], [-b, a]] takes (x, y) to (length, 0); its rows change places where `low` is the higher number.
      const clear =
        low < high
          ? Float64Array.of(ar, -ai, br, -bi, -br, -bi, ar, ai)
          : Float64Array.of(ar, ai, -br, -bi, br, -bi, ar, -ai);
      step(low, high, clear);
    }
  }
  const phases: Operation[] = [];
  for (let k = 0; k < size; k++) {
    const angle = atan2(left[2 * (k * size + k) + 1] as number, left[2 * (k * size + k)] as number);
    if (Math.abs(angle) < 1e-15) continue;
    const controls = qubits.map((qubit, at): Control => ({ qubit, on: ((k >> at) & 1) === 1 }));
    phases.push({ name: "gphase", parameters: [angle], qubits: [], matrix: undefined, controls });
  }
  return [...phases, ...out.toReversed()];
}
