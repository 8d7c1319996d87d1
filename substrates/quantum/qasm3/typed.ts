/** Operators on values of declared types: integers wrap at their width, and angles with a size are counted in steps. */
import { binary, integer, real, toBits, unary, unsigned } from "./operate.ts";
import { fromSteps, stepsOf, type Type, wrapped } from "./type.ts";
import type { Constant, Value } from "./value.ts";

/** A value, and the type that was declared for it; `undefined` of an integer literal, which is exact. */
export interface Typed {
  readonly value: Value;
  readonly type: Type | undefined;
}

const BOOL: Type = { kind: "bool", size: undefined };
const FLOAT: Type = { kind: "float", size: undefined };
const NATIVE: Type = { kind: "int", size: 64 };
const COMPARISONS = new Set(["==", "!=", "<", ">", "<=", ">="]);
const ON_BITS = new Set(["&", "|", "^", "<<", ">>", "~"]);
const ANGLE_ONLY = new Set(["+", "-", "&", "|", "^"]);

const isInteger = (type: Type | undefined): boolean =>
  type === undefined || type.kind === "int" || type.kind === "uint";
const widthOf = ({ size }: Type): number => size ?? 64;

/** An angle with a size: a whole number of steps of 2 pi / 2^size. One without is a real number. */
function isStepped(type: Type | undefined): type is Type & { size: number } {
  return type?.kind === "angle" && type.size !== undefined;
}

/** The type two integers are brought to, as in C for integers of any width; `undefined`: both are literals. */
function common(a: Type | undefined, b: Type | undefined): Type | undefined {
  if (a === undefined && b === undefined) return undefined;
  const [x, y] = [a ?? NATIVE, b ?? NATIVE];
  if (widthOf(x) !== widthOf(y)) return widthOf(x) > widthOf(y) ? x : y;
  return x.kind === "uint" ? x : y;
}

/** The type of `a operator b`, as far as values do not say it themselves. */
export function typeOfBinary(operator: string, a: Type | undefined, b: Type | undefined): Type | undefined {
  if (COMPARISONS.has(operator) || operator === "&&" || operator === "||") return BOOL;
  if (isStepped(a) || isStepped(b)) return typeOfAngles(operator, a, b);
  if (operator === "<<" || operator === ">>") return a;
  if (isInteger(a) && isInteger(b)) return common(a, b);
  if (ON_BITS.has(operator)) return a?.kind === b?.kind ? a : undefined;
  const single = a?.kind === "float" && b?.kind === "float" && a.size === 32 && b.size === 32;
  return single ? a : a?.kind === "float" || b?.kind === "float" ? FLOAT : undefined;
}

function typeOfAngles(operator: string, a: Type | undefined, b: Type | undefined): Type | undefined {
  if (isStepped(a) && isStepped(b)) {
    const size = Math.max(a.size, b.size);
    if (operator === "/") return { kind: "uint", size };
    return ANGLE_ONLY.has(operator) ? { kind: "angle", size } : FLOAT;
  }
  if (isStepped(a) && isInteger(b) && ["*", "/", "<<", ">>"].includes(operator)) return a;
  return isStepped(b) && isInteger(a) && operator === "*" ? b : FLOAT;
}

/** `a operator b` for constants of these types; a `RangeError` says why it has no value. */
export function binaryOf(
  operator: string,
  a: Constant,
  b: Constant,
  typeA: Type | undefined,
  typeB: Type | undefined,
): Constant {
  const type = typeOfBinary(operator, typeA, typeB);
  if (isStepped(typeA) || isStepped(typeB)) return ofAngles(operator, a, b, typeA, typeB, type);
  if (typeof a !== "bigint") {
    const out = binary(operator, a, b);
    return typeof out === "number" && type?.size === 32 ? Math.fround(out) : out;
  }
  if (operator === "<<" || operator === ">>") {
    const by = integer(b);
    if (typeA !== undefined && operator === "<<" && by >= BigInt(widthOf(typeA))) return 0n;
    return fit(binary(operator, a, b), typeA);
  }
  if (typeof b !== "bigint") return binary(operator, a, b);
  const both = common(typeA, typeB);
  if (!COMPARISONS.has(operator)) return fit(binary(operator, a, b), both);
  // A literal that no integer of the machine holds is compared as it is.
  const native = fit(a, NATIVE) === a && fit(b, NATIVE) === b;
  return native || (typeA && typeB) ? binary(operator, fit(a, both), fit(b, both)) : binary(operator, a, b);
}

function fit(value: Constant, type: Type | undefined): Constant {
  return typeof value === "bigint" && type !== undefined ? wrapped(value, type) : value;
}

function ofAngles(
  operator: string,
  a: Constant,
  b: Constant,
  typeA: Type | undefined,
  typeB: Type | undefined,
  type: Type | undefined,
): Constant {
  const size = Math.max(isStepped(typeA) ? typeA.size : 0, isStepped(typeB) ? typeB.size : 0);
  const compares = COMPARISONS.has(operator);
  const logic = operator === "&&" || operator === "||";
  if (logic || (type?.kind === "float" && !compares)) {
    if (ON_BITS.has(operator)) throw new RangeError(`'${operator}' needs two angles with sizes`);
    return binary(operator, typeof a === "number" ? a : real(a), typeof b === "number" ? b : real(b));
  }
  // The other side of a comparison becomes an angle, too, as it would in an assignment.
  const steps = (value: Constant, own: Type | undefined): bigint =>
    isStepped(own) || compares ? stepsOf(real(value), size) : integer(value);
  const [x, y] = [steps(a, typeA), steps(b, typeB)];
  const shifted = operator === "<<" && y >= BigInt(size) ? 0n : binary(operator, x, y);
  return type?.kind === "angle" ? fromSteps(shifted as bigint, size) : shifted;
}

/** `operator a` for a constant of this type. */
export function unaryOf(operator: string, a: Constant, type: Type | undefined): Constant {
  if (operator === "!" || !isStepped(type)) return fit(unary(operator, a), type);
  const steps = stepsOf(real(a), type.size);
  return fromSteps(operator === "-" ? -steps : ~steps, type.size);
}

/** The bits of an integer or an angle with a size, lowest first; `undefined` of what has none. */
export function bitsOfConstant(value: Constant, type: Type | undefined): boolean[] | undefined {
  if (isStepped(type)) return toBits(stepsOf(real(value), type.size), type.size);
  return typeof value === "bigint" ? toBits(value, type === undefined ? 64 : widthOf(type)) : undefined;
}

/** How many bits values of a type have; `undefined` of what has none. */
export function bitsIn(type: Type | undefined): number | undefined {
  if (isStepped(type)) return type.size;
  return type !== undefined && isInteger(type) ? widthOf(type) : undefined;
}

/** The value of a type that has these bits. */
export function fromBits(bits: readonly boolean[], type: Type): Constant {
  const number = unsigned(bits);
  return isStepped(type) ? fromSteps(number, type.size) : wrapped(number, type);
}
