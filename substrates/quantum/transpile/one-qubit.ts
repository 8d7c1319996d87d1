/** One-qubit unitaries: products, kinds, and angles. */
import { atan2, cos, type Matrix, multiply, sin } from "@arqon/core/math";
import { GATES, gateCode } from "../gates/table.ts";
import { CLOSE } from "./item.ts";
import type { OneQubitBasis } from "./target.ts";

/** The matrix of a gate of the table. */
export function gateMatrix(name: string, parameters: readonly number[] = []): Matrix {
  const gate = GATES[gateCode(name) ?? -1];
  if (!gate) throw new TypeError(`no gate ${name}`);
  return gate.matrix(parameters);
}

export const IDENTITY: Matrix = gateMatrix("id");
export const PAULI_Z: Matrix = gateMatrix("z");
export const HADAMARD: Matrix = gateMatrix("h");

/** exp(-i angle/2 Z). */
export function turnZ(angle: number): Matrix {
  const [c, s] = [cos(angle / 2), sin(angle / 2)];
  return Float64Array.of(c, -s, 0, 0, 0, 0, c, s);
}

/** `after` times `before`. */
export function times(after: Matrix, before: Matrix): Matrix {
  return multiply(after, before, 2);
}

const size = (m: Matrix, k: number): number =>
  Math.abs(m[2 * k] as number) + Math.abs(m[2 * k + 1] as number);

/** What passes a ZZ rotation: "diagonal" as it is, "flip" turning its angle around; "other" does not pass. */
export function kindOf(m: Matrix): "diagonal" | "flip" | "other" {
  if (size(m, 1) + size(m, 2) < CLOSE) return "diagonal";
  return size(m, 0) + size(m, 3) < CLOSE ? "flip" : "other";
}

/** Whether it is the identity up to phase. */
export function isIdentity(m: Matrix): boolean {
  if (kindOf(m) !== "diagonal") return false;
  const [ar, ai, br, bi] = [m[0], m[1], m[6], m[7]] as [number, number, number, number];
  return Math.abs(ar - br) + Math.abs(ai - bi) < CLOSE;
}

/** Of an entry of a product. */
const ROUNDING = 2e-15;

/** A quarter of a turn, or several, where the angle is that but for what is more than {@link CLOSE} and may be rounding. */
function wholeWithin(angle: number, rounding: number): number {
  const near = (Math.round((angle * 2) / Math.PI) * Math.PI) / 2;
  const gap = Math.abs(angle - near);
  return gap > CLOSE && gap < rounding ? near : angle;
}

/** The angles of U(theta, phi, lambda) that equals `m` up to phase; theta in [0, pi]. */
export function anglesOf(m: Matrix): {
  readonly theta: number;
  readonly phi: number;
  readonly lambda: number;
} {
  const at = (k: number): [number, number] => [m[2 * k] as number, m[2 * k + 1] as number];
  const length = (k: number): number => {
    const [re, im] = at(k);
    return Math.sqrt(re * re + im * im);
  };
  const arg = ([re, im]: [number, number]): number => atan2(im, re);
  const [u00, u10, u11] = [at(0), at(2), at(3)];
  const minus01: [number, number] = [-(m[2] as number), -(m[3] as number)];
  const [c, s] = [length(0), length(2)];
  const theta = 2 * atan2(s, c);
  if (s < CLOSE) return { theta: 0, phi: 0, lambda: arg(u11) - arg(u00) };
  if (c < CLOSE) return { theta: Math.PI, phi: arg(u10) - arg(minus01), lambda: 0 };
  // The phases of the smaller entries are rounded most: the larger ones say what the two angles are together.
  const first = arg(u10) - arg(u00);
  const rest = (phi: number): number => (c >= s ? arg(u11) - arg(u00) - phi : arg(minus01) - arg(u10) + phi);
  const phi = wholeWithin(first, ROUNDING / Math.min(c, s));
  const lambda = rest(phi);
  const whole = wholeWithin(lambda, ROUNDING / Math.min(c, s));
  return whole === lambda
    ? { theta, phi, lambda }
    : { theta, phi: c >= s ? phi + lambda - whole : phi - lambda + whole, lambda: whole };
}

/** Whether it commutes with X, and so passes the target of a CX. */
export function passesTarget(m: Matrix): boolean {
  const gap = (j: number, k: number): number =>
    Math.abs((m[2 * j] as number) - (m[2 * k] as number)) +
    Math.abs((m[2 * j + 1] as number) - (m[2 * k + 1] as number));
  return gap(0, 3) + gap(1, 2) < CLOSE;
}

/** Gates that a one-qubit unitary takes, about; turns about Z by nothing are none. */
export function depthOf(m: Matrix, basis: OneQubitBasis): number {
  if (isIdentity(m)) return 0;
  if (basis === "u") return 1;
  const { theta, phi, lambda } = anglesOf(m);
  const turn = (angle: number): number =>
    Math.abs(angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI))) < CLOSE ? 0 : 1;
  if (theta === 0) return 1;
  if (basis === "rz-ry") return 1 + turn(phi) + turn(lambda);
  if (theta === Math.PI) return 1 + turn(phi - lambda + Math.PI);
  if (Math.abs(theta - Math.PI / 2) < CLOSE) return 1 + turn(lambda - Math.PI / 2) + turn(phi + Math.PI / 2);
  return 3 + turn(lambda) + turn(phi + Math.PI);
}
