/** Synthesis of two-qubit unitaries with as few two-qubit gates as they can have. */
import { adjoint, cos, type Matrix, multiply, sin } from "@arqon/core/math";
import { CLOSE, type One, type Swap, type Zz } from "./item.ts";
import { gateMatrix, HADAMARD, turnZ } from "./one-qubit.ts";
import { factors, kron, type Weyl, weyl } from "./weyl.ts";

const ONE = gateMatrix("id");
const SWAP = gateMatrix("swap");

/** exp(-i angle/2 ZZ) as a matrix. */
function zzMatrix(angle: number): Matrix {
  const out = new Float64Array(32);
  for (let k = 0; k < 4; k++) {
    const sign = k === 0 || k === 3 ? -1 : 1;
    out[10 * k] = cos(angle / 2);
    out[10 * k + 1] = sign * sin(angle / 2);
  }
  return out;
}

/** The unitary of items on two qubits; `low` is the lower bit of its index. */
export function unitaryOf(items: readonly (One | Zz | Swap)[], low: number): Matrix {
  let all = kron(ONE, ONE);
  for (const item of items) {
    const matrix =
      item.kind === "one"
        ? item.qubit === low
          ? kron(ONE, item.matrix)
          : kron(item.matrix, ONE)
        : item.kind === "swap"
          ? SWAP
          : zzMatrix(item.angle);
    all = multiply(matrix, all, 4);
  }
  return all;
}

/**
 * Items that make a two-qubit unitary up to phase.
 *
 * @param fractional  whether ZZ rotations of any angle are one gate; else only those of a quarter turn are, and one of
 *   another angle is two.
 * @returns  items on `low` and `high`, or `undefined` when they do not come out to 1e-8.
 */
export function synthesize(
  unitary: Matrix,
  low: number,
  high: number,
  fractional: boolean,
): readonly (One | Zz)[] | undefined {
  const wanted = weyl(unitary);
  if (!wanted) return undefined;
  const core = coreOf(wanted, low, high, fractional);
  const made = weyl(unitaryOf(core, low));
  if (!made || !sameClass(wanted, made)) return undefined;
  const before = factors(multiply(adjoint(made.right, 4), wanted.right, 4));
  const after = factors(multiply(wanted.left, adjoint(made.left, 4), 4));
  const out: (One | Zz)[] = [
    { kind: "one", qubit: low, matrix: before.low },
    { kind: "one", qubit: high, matrix: before.high },
    ...core,
    { kind: "one", qubit: low, matrix: after.low },
    { kind: "one", qubit: high, matrix: after.high },
  ];
  return distance(unitaryOf(out, low), unitary) < 1e-8 ? out : undefined;
}

function sameClass(x: Weyl, y: Weyl): boolean {
  return Math.abs(x.a - y.a) + Math.abs(x.b - y.b) + Math.abs(x.c - y.c) < 10 * CLOSE;
}

/** Items of the same class as the angles. */
function coreOf({ a, b, c }: Weyl, low: number, high: number, fractional: boolean): readonly (One | Zz)[] {
  const one = (qubit: number, matrix: Matrix): One => ({ kind: "one", qubit, matrix });
  const zz = (angle: number): Zz => ({ kind: "zz", a: low, b: high, angle });
  const both = (matrix: Matrix): One[] => [one(low, matrix), one(high, matrix)];
  const cx = (target: number): (One | Zz)[] => [
    one(target, HADAMARD),
    zz(-Math.PI / 2),
    ...both(gateMatrix("s")),
    one(target, HADAMARD),
  ];
  if (a < CLOSE) return [];
  if (b < CLOSE && (fractional || a > Math.PI / 4 - CLOSE)) return [zz(-2 * a)];
  if (fractional) {
    const two = [zz(-2 * a), ...both(HADAMARD), zz(-2 * b), ...both(HADAMARD)];
    if (Math.abs(c) < CLOSE) return two;
    return [...two, ...both(gateMatrix("sx")), zz(-2 * c), ...both(gateMatrix("sxdg"))];
  }
  if (Math.abs(c) < CLOSE)
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
