/** Unitary matrices as gates. */
import { adjoint, atan2, type Matrix, multiply } from "@arqon/core/math";
import { wrong } from "../circuit.ts";
import { anglesOf } from "../qasm3/unitary.ts";
import { isIdentity } from "../transpile/one-qubit.ts";
import { synthesize, unitaryOf } from "../transpile/two-qubit.ts";
import type { Placed, Product } from "./modify.ts";

/** Rows of entries, each a real number or [real, imaginary]; or all entries in one array, row by row, as `Gate.matrix` gives. */
export type UnitaryMatrix = Matrix | readonly (readonly (number | readonly [re: number, im: number])[])[];

/** How far U^dagger U may be off the identity, and what is made of such a matrix off the matrix. */
const UNITARY_TO = 1e-9;
const MADE_TO = 1e-8;

/**
 * Gates whose product is the matrix: one of one qubit, or at most three rzz and turns around them.
 *
 * @throws ArqonError `QASM_SEMANTIC` for more than two qubits, another size, entries that are no numbers, or no unitary.
 */
export function gatesOf(given: UnitaryMatrix, qubits: readonly number[]): Product {
  const matrix = entriesOf(given, qubits.length);
  if (qubits.length === 1) return turnOf(matrix, qubits[0] as number);
  const [low, high] = qubits as [number, number];
  const items = synthesize(matrix, 0, 1, true) ?? synthesize(matrix, 0, 1, true, MADE_TO);
  if (!items) throw wrong("the matrix is too close to not unitary to be made of gates");
  const gates: Placed[] = [];
  let phase = phaseBetween(matrix, unitaryOf(items, 0));
  for (const item of items) {
    if (item.kind === "zz") gates.push({ name: "rzz", parameters: [item.angle], qubits: [low, high] });
    else {
      const turn = turnOf(item.matrix, item.qubit === 0 ? low : high);
      phase += turn.phase;
      gates.push(...turn.gates);
    }
  }
  return { gates, phase };
}

function turnOf(matrix: Matrix, qubit: number): Product {
  const { theta, phi, lambda, gamma } = anglesOf(matrix);
  const gates = isIdentity(matrix) ? [] : [{ name: "u", parameters: [theta, phi, lambda], qubits: [qubit] }];
  return { gates, phase: gamma };
}

function entriesOf(given: UnitaryMatrix, qubits: number): Matrix {
  if (qubits < 1 || qubits > 2) throw wrong(`a matrix on ${qubits} qubits; one or two are possible`);
  const size = 2 ** qubits;
  const flat = given instanceof Float64Array ? given.slice() : Float64Array.from(pairs(given, size));
  if (flat.length !== 2 * size * size)
    throw wrong(`a matrix on ${qubits} qubits has ${size} x ${size} entries, ${flat.length / 2} given`);
  if (!flat.every(Number.isFinite)) throw wrong("an entry of the matrix is not a finite number");
  const product = multiply(adjoint(flat, size), flat, size);
  let off = 0;
  for (let k = 0; k < product.length; k++)
    off = Math.max(off, Math.abs((product[k] as number) - (k % (2 * size + 2) === 0 ? 1 : 0)));
  if (off > UNITARY_TO)
    throw wrong(
      `the matrix is not unitary: its adjoint times itself is off the identity by ${off.toPrecision(2)}`,
    );
  return flat;
}

function pairs(rows: unknown, size: number): number[] {
  if (
    !Array.isArray(rows) ||
    rows.length !== size ||
    rows.some((row) => !Array.isArray(row) || row.length !== size)
  )
    throw wrong(`the matrix is not ${size} rows of ${size} entries`);
  return rows.flat(1).flatMap((entry: unknown) => {
    if (typeof entry === "number") return [entry, 0];
    if (Array.isArray(entry) && entry.length === 2) return entry as number[];
    throw wrong("an entry of the matrix is no number and no [real, imaginary]");
  });
}

/** By how much `matrix` is turned against `made`, which is equal to it up to that phase. */
function phaseBetween(matrix: Matrix, made: Matrix): number {
  let [x, y] = [0, 0];
  for (let k = 0; k < matrix.length; k += 2) {
    const [a, b, c, d] = [matrix[k], matrix[k + 1], made[k], made[k + 1]] as [number, number, number, number];
    x += a * c + b * d;
    y += b * c - a * d;
  }
  return atan2(y, x);
}
