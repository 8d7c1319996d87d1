/** What the operators of OpenQASM 3 do to constants; a `RangeError` says why they cannot. */
import { pow } from "@arqon/core/math";
import type { Constant } from "./value.ts";

/** Integers of more bits than this are refused, so that no expression grows without end; a product of two of any type fits. */
const MOST_BITS = 8192;

export function isBits(value: Constant): value is readonly boolean[] {
  return Array.isArray(value);
}

/** Bits as an unsigned number. */
export function unsigned(bits: readonly boolean[]): bigint {
  let text = "0b0";
  for (let i = bits.length - 1; i >= 0; i--) text += bits[i] ? "1" : "0";
  return BigInt(text);
}

/** The lowest `size` bits of a number, lowest first. */
export function toBits(value: bigint, size: number): boolean[] {
  const digits = BigInt.asUintN(size, value).toString(2).padStart(size, "0");
  return Array.from({ length: size }, (_, i) => digits[size - 1 - i] === "1");
}

/** A constant as an integer. */
export function integer(value: Constant): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (isBits(value)) return unsigned(value);
  throw new RangeError(`${value} is not an integer`);
}

/** A constant as a floating-point number. */
export function real(value: Constant): number {
  return typeof value === "number" ? value : Number(integer(value));
}

export function truth(value: Constant): boolean {
  return typeof value === "number" ? value !== 0 : integer(value) !== 0n;
}

function bounded(value: bigint): bigint {
  if (BigInt.asIntN(MOST_BITS, value) !== value)
    throw new RangeError(`an integer has more than ${MOST_BITS} bits`);
  return value;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError("the result is not a finite number");
  return value;
}

/** `a operator b`, for the operators of the grammar. */
export function binary(operator: string, a: Constant, b: Constant): Constant {
  switch (operator) {
    case "&&":
      return truth(a) && truth(b);
    case "||":
      return truth(a) || truth(b);
    case "==":
      return equal(a, b);
    case "!=":
      return !equal(a, b);
    case "<":
      return below(a, b);
    case ">":
      return below(b, a);
    case "<=":
      return !below(b, a);
    case ">=":
      return !below(a, b);
    case "&":
    case "|":
    case "^":
      return bitwise(operator, a, b);
    case "<<":
    case ">>":
      return shift(operator, a, b);
    default:
      return typeof a === "number" || typeof b === "number"
        ? finite(ofReals(operator, real(a), real(b)))
        : bounded(ofIntegers(operator, integer(a), integer(b)));
  }
}

function equal(a: Constant, b: Constant): boolean {
  if (isBits(a) && isBits(b)) return a.length === b.length && a.every((bit, i) => bit === b[i]);
  if (typeof a === "number" || typeof b === "number") return real(a) === real(b);
  return integer(a) === integer(b);
}

function below(a: Constant, b: Constant): boolean {
  if (typeof a === "number" || typeof b === "number") return real(a) < real(b);
  return integer(a) < integer(b);
}

function bitwise(operator: string, a: Constant, b: Constant): Constant {
  const bit = (x: boolean, y: boolean): boolean =>
    operator === "&" ? x && y : operator === "|" ? x || y : x !== y;
  if (typeof a === "boolean" && typeof b === "boolean") return bit(a, b);
  if (isBits(a) && isBits(b)) {
    if (a.length !== b.length) throw new RangeError(`bits of ${a.length} and ${b.length} do not match`);
    return a.map((x, i) => bit(x, b[i] as boolean));
  }
  const [x, y] = [integer(a), integer(b)];
  return operator === "&" ? x & y : operator === "|" ? x | y : x ^ y;
}

function shift(operator: string, a: Constant, b: Constant): Constant {
  const by = integer(b);
  if (by < 0n) throw new RangeError(`a shift by ${by}`);
  if (isBits(a)) {
    const distance = Number(operator === "<<" ? by : -by);
    return a.map((_, i) => a[i - distance] ?? false);
  }
  if (operator === ">>") return integer(a) >> (by > MOST_BITS ? BigInt(MOST_BITS) : by);
  if (by > MOST_BITS) throw new RangeError(`a shift by ${by}; the limit is ${MOST_BITS}`);
  return bounded(integer(a) << by);
}

function ofReals(operator: string, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      if (b === 0) throw new RangeError(`division of ${a} by zero`);
      return a / b;
    case "%":
      if (b === 0) throw new RangeError(`remainder of ${a} by zero`);
      return a % b;
    default:
      return pow(a, b);
  }
}

function ofIntegers(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      if (b === 0n) throw new RangeError(`division of ${a} by zero`);
      return a / b;
    case "%":
      if (b === 0n) throw new RangeError(`remainder of ${a} by zero`);
      return a % b;
    default:
      return integerPower(a, b);
  }
}

function integerPower(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) throw new RangeError(`the integer ${base} to the power of ${exponent}; write ${base}.0`);
  if (base === 0n || base === 1n) return exponent === 0n ? 1n : base;
  if (base === -1n) return exponent % 2n === 0n ? 1n : -1n;
  if (exponent * BigInt(base.toString(2).length - 1) > MOST_BITS)
    throw new RangeError(`an integer has more than ${MOST_BITS} bits`);
  let out = 1n;
  for (let i = 0n; i < exponent; i++) out *= base;
  return out;
}

/** `operator a` for -, ~ and !. */
export function unary(operator: string, a: Constant): Constant {
  if (operator === "!") return !truth(a);
  if (operator === "-") return typeof a === "number" ? -a : -integer(a);
  if (typeof a === "boolean") return !a;
  return isBits(a) ? a.map((bit) => !bit) : ~integer(a);
}
