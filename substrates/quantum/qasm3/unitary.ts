/** One-qubit unitaries with their phase, as the modifiers of OpenQASM 3 need them. */
import { adjoint, atan2, cos, identity, type Matrix, multiply, sin } from "@arqon/core/math";
import { GATES } from "../gates/table.ts";
import { writtenPhase } from "../global-phase.ts";

/** `e^{i angle}` times a matrix. */
export function turned(matrix: Matrix, angle: number): Matrix {
  if (angle === 0) return matrix;
  const [c, s] = [cos(angle), sin(angle)];
  const out = new Float64Array(matrix.length);
  for (let i = 0; i < matrix.length; i += 2) {
    const [re, im] = [matrix[i] as number, matrix[i + 1] as number];
    out[i] = re * c - im * s;
    out[i + 1] = re * s + im * c;
  }
  return out;
}

/**
 * The matrix of a one-qubit gate of the table, with the phase OpenQASM 3 gives it.
 */
export function oneQubitMatrix(name: string, parameters: readonly number[]): Matrix {
  const gate = GATES.find((row) => row.name === name);
  if (gate?.qubits !== 1) throw new TypeError(`${name} is no gate of one qubit`);
  return turned(gate.matrix(parameters), writtenPhase(name, parameters));
}

/** Angles of a unitary matrix: it is e^{i gamma} u(theta, phi, lambda). */
export interface Angles {
  readonly theta: number;
  readonly phi: number;
  readonly lambda: number;
  readonly gamma: number;
}

export function anglesOf(matrix: Matrix): Angles {
  const [ar, ai, br, bi, cr, ci, dr, di] = Array.from(matrix) as number[] as Eight;
  const [a, c] = [Math.sqrt(ar * ar + ai * ai), Math.sqrt(cr * cr + ci * ci)];
  const theta = 2 * atan2(c, a);
  if (a < 1e-12) {
    // Only phi - lambda counts: the matrix is [[0, -e^{i lambda}], [e^{i phi}, 0]] with some phase.
    const gamma = atan2(-bi, -br);
    return { theta: Math.PI, phi: atan2(ci, cr) - gamma, lambda: 0, gamma };
  }
  const gamma = atan2(ai, ar);
  if (c < 1e-12) return { theta: 0, phi: 0, lambda: atan2(di, dr) - gamma, gamma };
  const phi = atan2(ci, cr) - gamma;
  // Of small entries the angles are hardly more than roundings: the large ones say what phi and lambda are together.
  return { theta, phi, lambda: a < c ? atan2(-bi, -br) - gamma : atan2(di, dr) - gamma - phi, gamma };
}

type Eight = [number, number, number, number, number, number, number, number];

/** U^power by its eigenvalues, with phases in (-pi, pi]. */
export function power(matrix: Matrix, exponent: number): Matrix {
  const [ar, ai, br, bi, cr, ci, dr, di] = Array.from(matrix) as number[] as Eight;
  // With half the phase of the determinant taken out, U = e^{i g} (cos w I - i sin w N), N a direction of Paulis.
  const detRe = ar * dr - ai * di - (br * cr - bi * ci);
  const detIm = ar * di + ai * dr - (br * ci + bi * cr);
  const g = atan2(detIm, detRe) / 2;
  const special = turned(matrix, -g);
  const [sar, sai, sbr, sbi] = Array.from(special) as number[] as Eight;
  const [nx, ny, nz] = [-sbi, -sbr, -sai];
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  const w = atan2(length, sar);
  const [plus, minus] = [principal(g - w) * exponent, principal(g + w) * exponent];
  if (length < 1e-15) return turned(identity(2), plus);
  const [x, y, z] = [nx / length, ny / length, nz / length];
  // e^{i plus} (I + N) / 2 + e^{i minus} (I - N) / 2, N = x X + y Y + z Z.
  const [pc, ps, mc, ms] = [cos(plus), sin(plus), cos(minus), sin(minus)];
  const [sumRe, sumIm, difRe, difIm] = [(pc + mc) / 2, (ps + ms) / 2, (pc - mc) / 2, (ps - ms) / 2];
  return Float64Array.of(
    sumRe + difRe * z,
    sumIm + difIm * z,
    difRe * x + difIm * y,
    difIm * x - difRe * y,
    difRe * x - difIm * y,
    difIm * x + difRe * y,
    sumRe - difRe * z,
    sumIm - difIm * z,
  );
}

/** An angle brought into (-pi, pi]; what rounding leaves just above -pi counts as pi. */
export function principal(angle: number): number {
  const full = 2 * Math.PI;
  const inside = angle - full * Math.round(angle / full);
  return inside <= -Math.PI + 1e-12 ? inside + full : inside;
}

export function inverse(matrix: Matrix): Matrix {
  return adjoint(matrix, 2);
}

/** First `a`, then `b`. */
export function after(a: Matrix, b: Matrix): Matrix {
  return multiply(b, a, 2);
}
