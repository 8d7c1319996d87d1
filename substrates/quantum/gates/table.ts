/** The gates a circuit is made of, as data: U and CX, and every gate of the standard library. */
import { cos, type Matrix, sin } from "@arqon/core/math";
import { qelibDefinition } from "./qelib1.ts";
import { controlled, entries, permutation, phases, u } from "./unitary.ts";

/** One gate. */
export interface Gate {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly qubits: number;
  /**
   * The unitary of size 2^qubits, little-endian in the gate's own qubits; controls come first.
   * Equal to the library's definition up to a global phase.
   */
  readonly matrix: (parameters: readonly number[]) => Matrix;
  /** Its definition in the standard library; `undefined` for U and CX, which the language itself knows. */
  readonly definition: string | undefined;
}

const H = Math.SQRT1_2;
const X = permutation([1, 0]);
const Y = permutation([1, 0], [1, 3]);
const Z = permutation([0, 1], [0, 2]);
const HADAMARD = entries([H, H, H, -H]);
const SX = entries([0.5, 0.5, 0.5, 0.5], [0.5, -0.5, -0.5, 0.5]);
const SXDG = entries([0.5, 0.5, 0.5, 0.5], [-0.5, 0.5, 0.5, -0.5]);
const SWAP = permutation([0, 2, 1, 3]);
/** X on the first after a turn about ZX by a quarter: (IX - XY) / sqrt 2, the first qubit right. */
const ECR = entries(
  [0, H, 0, 0, H, 0, 0, 0, 0, 0, 0, H, 0, 0, H, 0],
  [0, 0, 0, H, 0, 0, -H, 0, 0, H, 0, 0, -H, 0, 0, 0],
);

const of = (p: readonly number[], i: number): number => p[i] as number;
const rx = (t: number): Matrix => entries([cos(t / 2), 0, 0, cos(t / 2)], [0, -sin(t / 2), -sin(t / 2), 0]);
const ry = (t: number): Matrix => entries([cos(t / 2), -sin(t / 2), sin(t / 2), cos(t / 2)]);
const rz = (t: number): Matrix => phases(-t / 2, t / 2);
const rxx = (t: number): Matrix => {
  const [c, s] = [cos(t / 2), -sin(t / 2)];
  return entries(
    [c, 0, 0, 0, 0, c, 0, 0, 0, 0, c, 0, 0, 0, 0, c],
    [0, 0, 0, s, 0, 0, s, 0, 0, s, 0, 0, s, 0, 0, 0],
  );
};
const cu = (t: number, p: number, l: number, g: number): Matrix => {
  const base = u(t, p, l);
  const [c, s] = [cos(g), sin(g)];
  const turned = base.slice();
  for (let i = 0; i < 4; i++) {
    const [re, im] = [base[2 * i] as number, base[2 * i + 1] as number];
    turned[2 * i] = re * c - im * s;
    turned[2 * i + 1] = re * s + im * c;
  }
  return controlled(turned, 1);
};

type Row = readonly [name: string, parameters: string, qubits: number, (p: readonly number[]) => Matrix];

const fixed = (matrix: Matrix) => () => matrix;

const ROWS: readonly Row[] = [
  ["U", "theta phi lambda", 1, (p) => u(of(p, 0), of(p, 1), of(p, 2))],
  ["CX", "", 2, fixed(controlled(X, 1))],
  ["u3", "theta phi lambda", 1, (p) => u(of(p, 0), of(p, 1), of(p, 2))],
  ["u2", "phi lambda", 1, (p) => u(Math.PI / 2, of(p, 0), of(p, 1))],
  ["u1", "lambda", 1, (p) => phases(0, of(p, 0))],
  ["cx", "", 2, fixed(controlled(X, 1))],
  ["id", "", 1, fixed(permutation([0, 1]))],
  ["u0", "gamma", 1, fixed(permutation([0, 1]))],
  ["u", "theta phi lambda", 1, (p) => u(of(p, 0), of(p, 1), of(p, 2))],
  ["p", "lambda", 1, (p) => phases(0, of(p, 0))],
  ["x", "", 1, fixed(X)],
  ["y", "", 1, fixed(Y)],
  ["z", "", 1, fixed(Z)],
  ["h", "", 1, fixed(HADAMARD)],
  ["s", "", 1, fixed(permutation([0, 1], [0, 1]))],
  ["sdg", "", 1, fixed(permutation([0, 1], [0, 3]))],
  ["t", "", 1, fixed(entries([1, 0, 0, H], [0, 0, 0, H]))],
  ["tdg", "", 1, fixed(entries([1, 0, 0, H], [0, 0, 0, -H]))],
  ["rx", "theta", 1, (p) => rx(of(p, 0))],
  ["ry", "theta", 1, (p) => ry(of(p, 0))],
  ["rz", "phi", 1, (p) => rz(of(p, 0))],
  ["sx", "", 1, fixed(SX)],
  ["sxdg", "", 1, fixed(SXDG)],
  ["cz", "", 2, fixed(controlled(Z, 1))],
  ["cy", "", 2, fixed(controlled(Y, 1))],
  ["swap", "", 2, fixed(SWAP)],
  ["ch", "", 2, fixed(controlled(HADAMARD, 1))],
  ["ccx", "", 3, fixed(controlled(X, 2))],
  ["cswap", "", 3, fixed(controlled(SWAP, 1))],
  ["crx", "lambda", 2, (p) => controlled(rx(of(p, 0)), 1)],
  ["cry", "lambda", 2, (p) => controlled(ry(of(p, 0)), 1)],
  ["crz", "lambda", 2, (p) => controlled(rz(of(p, 0)), 1)],
  ["cu1", "lambda", 2, (p) => phases(0, 0, 0, of(p, 0))],
  ["cp", "lambda", 2, (p) => phases(0, 0, 0, of(p, 0))],
  ["cu3", "theta phi lambda", 2, (p) => cu(of(p, 0), of(p, 1), of(p, 2), 0)],
  ["csx", "", 2, fixed(controlled(SX, 1))],
  ["cu", "theta phi lambda gamma", 2, (p) => cu(of(p, 0), of(p, 1), of(p, 2), of(p, 3))],
  ["rxx", "theta", 2, (p) => rxx(of(p, 0))],
  ["rzz", "theta", 2, (p) => phases(-of(p, 0) / 2, of(p, 0) / 2, of(p, 0) / 2, -of(p, 0) / 2)],
  ["rccx", "", 3, fixed(permutation([0, 1, 2, 7, 4, 5, 6, 3], [0, 0, 0, 1, 0, 2, 0, 3]))],
  [
    "rc3x",
    "",
    4,
    fixed(
      permutation(
        [0, 1, 2, 3, 4, 5, 6, 15, 8, 9, 10, 11, 12, 13, 14, 7],
        [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
      ),
    ),
  ],
  ["c3x", "", 4, fixed(controlled(X, 3))],
  ["c3sqrtx", "", 4, fixed(controlled(SX, 3))],
  ["c4x", "", 5, fixed(controlled(X, 4))],
  ["ecr", "", 2, fixed(ECR)],
];

/** Every gate, in the order of the codes used in circuits: 0 is U, 1 is CX. */
export const GATES: readonly Gate[] = ROWS.map(([name, parameters, qubits, matrix]) => ({
  name,
  parameters: parameters === "" ? [] : parameters.split(" "),
  qubits,
  matrix,
  definition: qelibDefinition(name),
}));

const CODES: ReadonlyMap<string, number> = new Map(GATES.map((gate, code) => [gate.name, code]));

/** The code of a gate by name, or `undefined`. */
export function gateCode(name: string): number | undefined {
  return CODES.get(name);
}
