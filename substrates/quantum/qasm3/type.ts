/** The classical types, and how values become values of them; a `RangeError` says why one cannot. */
import { integer, isBits, real, toBits, truth, unsigned } from "./operate.ts";
import { type Bit, BitArray, type Constant, lift, Timing, type Value } from "./value.ts";

/** A scalar type; `size` is in bits, and absent where the text gives none. */
export interface Type {
  readonly kind: "bit" | "bool" | "int" | "uint" | "float" | "angle" | "duration" | "stretch";
  readonly size: number | undefined;
}

/** Bits of int and uint that say no size. */
const NATIVE_BITS = 64;
/** Beyond this many steps of a turn a real number has no digits. */
const MOST_SCALE = 512;

export function describeType({ kind, size }: Type): string {
  return size === undefined ? kind : `${kind}[${size}]`;
}

/** What a variable holds before anything is assigned to it. */
export function initial(type: Type): Value {
  if (type.kind === "stretch") return new Timing("a stretch, which is for a scheduler to solve,");
  if (type.kind === "duration") return new Timing("a duration that was given no value");
  if (type.kind === "bit" && type.size !== undefined) return new BitArray(new Array(type.size).fill(false));
  if (type.kind === "float" || type.kind === "angle") return 0;
  return type.kind === "bool" || type.kind === "bit" ? false : 0n;
}

/** A value of the type; `cast` when the text asks for it by name, which may lose something. */
export function convert(value: Value, type: Type, cast: boolean): Value {
  if (type.kind === "duration" || type.kind === "stretch") {
    if (!(value instanceof Timing)) throw new RangeError("is not a time");
    return value;
  }
  if (type.kind === "bit" && type.size !== undefined && value instanceof BitArray) {
    requireSize(value.bits.length, type.size);
    return value;
  }
  const out = lift([value], ([constant]) => convertConstant(constant as Constant, type, cast));
  return type.kind === "bit" && type.size !== undefined ? asBitArray(out, type.size) : out;
}

/** A table of registers, or a register, as bits that are tables themselves. */
export function asBitArray(value: Value, size: number): BitArray {
  if (value instanceof BitArray) return value;
  return new BitArray(
    Array.from(
      { length: size },
      (_, i) => lift([value], ([bits]) => (bits as readonly boolean[])[i] as boolean) as Bit,
    ),
  );
}

function requireSize(given: number, wanted: number): void {
  if (given !== wanted) throw new RangeError(`has ${given} bits, not ${wanted}`);
}

function convertConstant(value: Constant, type: Type, cast: boolean): Constant {
  const { kind, size } = type;
  switch (kind) {
    case "bool":
      return truth(value);
    case "bit":
      if (size === undefined) return oneBit(value);
      if (isBits(value)) requireSize(value.length, size);
      return isBits(value) ? value : toBits(integer(value), size);
    case "int":
    case "uint":
      return wrapped(whole(value, cast), type);
    case "float":
      return size === 32 ? Math.fround(real(value)) : real(value);
    default:
      if (!isBits(value)) return asAngle(real(value), size);
      return fromSteps(unsigned(value), value.length);
  }
}

function oneBit(value: Constant): boolean {
  if (isBits(value) && value.length !== 1) throw new RangeError(`has ${value.length} bits, not 1`);
  const number = integer(value);
  if (number !== 0n && number !== 1n) throw new RangeError(`is ${number}, and a bit is 0 or 1`);
  return number === 1n;
}

function whole(value: Constant, cast: boolean): bigint {
  if (typeof value !== "number") return integer(value);
  if (!cast) throw new RangeError(`is ${value}, not an integer; a cast would round it`);
  if (!Number.isFinite(value)) throw new RangeError(`is ${value}, not an integer`);
  return BigInt(Math.trunc(value));
}

/** An integer brought into the range of its type, as two's complement does. */
export function wrapped(value: bigint, { kind, size = NATIVE_BITS }: Type): bigint {
  return kind === "uint" ? BigInt.asUintN(size, value) : BigInt.asIntN(size, value);
}

/** An angle; with a size it is from 0 to 2 pi, in steps of 2 pi / 2^size. One without is kept as a real number. */
function asAngle(value: number, size: number | undefined): number {
  return size === undefined ? value : fromSteps(stepsOf(value, size), size);
}

const FULL = 2 * Math.PI;

/** An angle in steps of 2 pi / 2^size, to the nearest; halves go to the even one. */
export function stepsOf(angle: number, size: number): bigint {
  if (!Number.isFinite(angle)) throw new RangeError("is not a finite number");
  const scaled = (angle / FULL) * 2 ** Math.min(size, MOST_SCALE);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const steps = BigInt(floor) + (up ? 1n : 0n);
  return BigInt.asUintN(size, steps << BigInt(Math.max(0, size - MOST_SCALE)));
}

/** The angle of that many steps. */
export function fromSteps(steps: bigint, size: number): number {
  const kept = Math.min(size, MOST_SCALE);
  return (Number(BigInt.asUintN(size, steps) >> BigInt(size - kept)) / 2 ** kept) * FULL;
}
