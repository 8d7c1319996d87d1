/** The bits of a double, the same on machines of either byte order. */

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
number[0] = 1;
const HIGH = words[1] === 0 ? 0 : 1;

/** Upper 32 bits: sign, exponent and 20 bits of the mantissa. */
export function highWord(x: number): number {
  number[0] = x;
  return words[HIGH] as number;
}

/** The same number with another upper word. */
export function withHighWord(x: number, high: number): number {
  number[0] = x;
  words[HIGH] = high;
  return number[0] as number;
}

/** The same number with the lower 32 bits cleared. */
export function withoutLowWord(x: number): number {
  number[0] = x;
  words[1 - HIGH] = 0;
  return number[0] as number;
}

/** floor(log2 |x|) of a normal number; -1023 of zero and subnormals. */
export function exponentOf(x: number): number {
  return ((highWord(x) >>> 20) & 0x7ff) - 1023;
}

/** 2^k for k in [-1022, 1023], exactly. */
export function powerOfTwo(k: number): number {
  return withHighWord(0, ((k + 1023) << 20) >>> 0);
}
