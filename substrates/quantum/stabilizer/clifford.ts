/** Which gates are Clifford gates, and how a tableau carries them out. Derived from the matrices of the gate table. */
import { adjoint, type Matrix, multiply } from "@arqon/core/math";
import { type Circuit, MEASURE, parametersOf } from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import { OP, Tableau } from "./tableau.ts";

/** One operation of a tableau on the gate's own qubits. */
export interface CliffordStep {
  readonly op: number;
  readonly a: number;
  readonly b: number;
}

/** How far an entry of a conjugated Pauli matrix may be from the exact one: some roundings, no real angle. */
const TOLERANCE = 1e-12;
/** More different parameters than this are not remembered. */
const REMEMBERED = 4096;

const known = new Map<string | number, readonly CliffordStep[] | undefined>();

/**
 * The tableau operations of a gate, equal to it up to a global phase; `undefined` for a gate that is not Clifford.
 * Gates with angles are Clifford where the angles are multiples of pi/2 (or combine to such).
 */
export function cliffordSteps(
  code: number,
  parameters: readonly number[],
): readonly CliffordStep[] | undefined {
  const gate = GATES[code];
  if (!gate || gate.qubits > 2) return undefined;
  const key = parameters.length === 0 ? code : `${code}:${parameters.join()}`;
  if (known.has(key)) return known.get(key);
  const images = imagesOf(gate.matrix(parameters), gate.qubits);
  const steps = images && decompose(images, gate.qubits);
  if (known.size < REMEMBERED) known.set(key, steps);
  return steps;
}

/** The operations of every instruction that is a gate, by instruction; `undefined` unless all are Clifford. */
export function cliffordCircuit(circuit: Circuit): (readonly CliffordStep[])[] | undefined {
  const out: (readonly CliffordStep[])[] = [];
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    const steps = code >= MEASURE ? [] : cliffordSteps(code, parametersOf(circuit, i));
    if (steps === undefined) return undefined;
    out.push(steps);
  }
  return out;
}

/** A signed Pauli string: i^(number of Y) X^x Z^z, negated when `negative`. */
interface Image {
  readonly x: number;
  readonly z: number;
  readonly negative: boolean;
}

/** What U does to X of each qubit and then to Z of each qubit; `undefined` when one of them becomes no Pauli string. */
function imagesOf(u: Matrix, qubits: number): Image[] | undefined {
  const n = 1 << qubits;
  const inverse = adjoint(u, n);
  const images: Image[] = [];
  for (let k = 0; k < 2 * qubits; k++) {
    const bit = 1 << (k % qubits);
    const pauli = pauliMatrix(k < qubits ? bit : 0, k < qubits ? 0 : bit, n);
    const image = recognise(multiply(multiply(u, pauli, n), inverse, n), n);
    if (!image) return undefined;
    images.push(image);
  }
  return images;
}

function pauliMatrix(x: number, z: number, n: number): Matrix {
  const out = new Float64Array(2 * n * n);
  for (let column = 0; column < n; column++) {
    const turns = (bitsIn(x & z) + 2 * bitsIn(z & column)) & 3;
    const at = 2 * ((column ^ x) * n + column);
    out[at] = [1, 0, -1, 0][turns] as number;
    out[at + 1] = [0, 1, 0, -1][turns] as number;
  }
  return out;
}

function recognise(m: Matrix, n: number): Image | undefined {
  for (let x = 0; x < n; x++)
    for (let z = 0; z < n; z++) {
      const pauli = pauliMatrix(x, z, n);
      if (m.every((value, i) => Math.abs(value - (pauli[i] as number)) < TOLERANCE))
        return { x, z, negative: false };
      if (m.every((value, i) => Math.abs(value + (pauli[i] as number)) < TOLERANCE))
        return { x, z, negative: true };
    }
  return undefined;
}

function bitsIn(word: number): number {
  return [0, 1, 1, 2][word & 3] as number;
}

/** The images as a small tableau holds them; its rows are X of each qubit and then Z of each. */
function keyOf({ x, z, half }: Tableau, qubits: number): string {
  const columns: number[] = [];
  for (let q = 0; q < qubits; q++)
    for (const part of [x, z]) columns.push(part[2 * q * half] as number, part[(2 * q + 1) * half] as number);
  return columns.join();
}

/** Shortest lists of operations by what they do, signs aside: 6 for one qubit, 720 for two. */
const classes = new Map<number, ReadonlyMap<string, readonly CliffordStep[]>>();

function classesOf(qubits: number): ReadonlyMap<string, readonly CliffordStep[]> {
  const ready = classes.get(qubits);
  if (ready) return ready;
  const moves: CliffordStep[] = [];
  for (let a = 0; a < qubits; a++) moves.push({ op: OP.h, a, b: a }, { op: OP.s, a, b: a });
  if (qubits === 2)
    moves.push(
      { op: OP.cx, a: 0, b: 1 },
      { op: OP.cx, a: 1, b: 0 },
      { op: OP.cz, a: 0, b: 1 },
      { op: OP.swap, a: 0, b: 1 },
    );
  const start = new Tableau(qubits, 0);
  const found = new Map<string, readonly CliffordStep[]>([[keyOf(start, qubits), []]]);
  const waiting: [Tableau, readonly CliffordStep[]][] = [[start, []]];
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    for (const move of moves) {
      const tableau = next[0].clone();
      tableau.apply(move.op, move.a, move.b);
      const key = keyOf(tableau, qubits);
      if (found.has(key)) continue;
      const steps = [...next[1], move];
      found.set(key, steps);
      waiting.push([tableau, steps]);
    }
  }
  classes.set(qubits, found);
  return found;
}

function decompose(images: readonly Image[], qubits: number): readonly CliffordStep[] {
  const wanted = new Tableau(qubits, 0);
  wanted.x.fill(0);
  wanted.z.fill(0);
  for (const [row, image] of images.entries()) {
    const word = row < qubits ? 0 : 1;
    const bit = 1 << (row % qubits);
    for (let q = 0; q < qubits; q++) {
      if ((image.x >> q) & 1) wanted.x[2 * q + word] = (wanted.x[2 * q + word] as number) | bit;
      if ((image.z >> q) & 1) wanted.z[2 * q + word] = (wanted.z[2 * q + word] as number) | bit;
    }
  }
  const steps = classesOf(qubits).get(keyOf(wanted, qubits));
  if (!steps) throw new TypeError("a unitary gate has no place in the Clifford group");
  const got = new Tableau(qubits, 0);
  for (const { op, a, b } of steps) got.apply(op, a, b);
  return [...steps, ...signRepair(got, images, qubits)];
}

/** The Pauli operators that give the images their signs. */
function signRepair(got: Tableau, images: readonly Image[], qubits: number): CliffordStep[] {
  for (let choice = 0; choice < 1 << (2 * qubits); choice++) {
    const paulis: CliffordStep[] = [];
    const tried = got.clone();
    for (let q = 0; q < qubits; q++) {
      const op = [undefined, OP.x, OP.y, OP.z][(choice >> (2 * q)) & 3];
      if (op !== undefined) paulis.push({ op, a: q, b: q });
    }
    for (const { op, a, b } of paulis) tried.apply(op, a, b);
    const fits = images.every(({ negative }, row) => {
      const word = tried.signs[row < qubits ? 0 : 1] as number;
      return ((word >> (row % qubits)) & 1) === (negative ? 1 : 0);
    });
    if (fits) return paulis;
  }
  throw new TypeError("no Pauli operator gives the signs");
}
