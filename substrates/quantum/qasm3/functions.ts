/** The functions OpenQASM 3 knows by itself, on constants; a `RangeError` says why one has no value. */
import { atan, atan2, cos, exp, log, sin, tan } from "@arqon/core/math";
import { binary, integer, isBits, real } from "./operate.ts";
import type { Constant } from "./value.ts";

type Function = (given: readonly Constant[]) => Constant;

const ofReal =
  (apply: (x: number) => number): Function =>
  ([x]) => {
    const value = apply(real(x as Constant));
    if (!Number.isFinite(value)) throw new RangeError("the result is not a finite number");
    return value;
  };

/** arcsin and arccos by atan2 of both sides of the triangle: sqrt((1 - x)(1 + x)) loses nothing near 1. */
const side = (x: number): number => Math.sqrt((1 - x) * (1 + x));

function rotate([bits, distance]: readonly Constant[], direction: 1 | -1): Constant {
  if (!isBits(bits as Constant)) throw new RangeError("only bits can be rotated");
  const from = bits as readonly boolean[];
  const size = BigInt(from.length);
  const by = Number((((BigInt(direction) * integer(distance as Constant)) % size) + size) % size);
  return from.map((_, i) => from[(i - by + from.length) % from.length] as boolean);
}

/** By name, with the number of arguments. */
export const FUNCTIONS: Readonly<Record<string, readonly [count: number, apply: Function]>> = {
  arccos: [1, ofReal((x) => (x < -1 || x > 1 ? Number.NaN : atan2(side(x), x)))],
  arcsin: [1, ofReal((x) => (x < -1 || x > 1 ? Number.NaN : atan2(x, side(x))))],
  arctan: [1, ofReal(atan)],
  ceiling: [1, ofReal(Math.ceil)],
  cos: [1, ofReal(cos)],
  exp: [1, ofReal(exp)],
  floor: [1, ofReal(Math.floor)],
  log: [1, ofReal(log)],
  mod: [2, ([a, b]) => binary("%", a as Constant, b as Constant)],
  popcount: [
    1,
    ([bits]) =>
      BigInt(isBits(bits as Constant) ? (bits as readonly boolean[]).filter(Boolean).length : count(bits)),
  ],
  rotl: [2, (given) => rotate(given, 1)],
  rotr: [2, (given) => rotate(given, -1)],
  sin: [1, ofReal(sin)],
  sqrt: [1, ofReal(Math.sqrt)],
  tan: [1, ofReal(tan)],
};

function count(value: Constant | undefined): number {
  const number = integer(value as Constant);
  if (number < 0n) throw new RangeError("popcount of a negative number");
  return number.toString(2).replaceAll("0", "").length;
}

/** Constants by name. */
export const CONSTANTS: Readonly<Record<string, number>> = {
  pi: Math.PI,
  π: Math.PI,
  tau: 2 * Math.PI,
  τ: 2 * Math.PI,
  euler: Math.E,
  ℇ: Math.E,
};
