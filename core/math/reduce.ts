/** Argument reduction for the circular functions: x = n * pi/2 + r with |r| <= pi/4, r as a sum of two doubles. */
import { exponentOf } from "./bits.ts";

const TWO_OVER_PI_BITS = 0.6366197723675814;
/** pi/2 in three parts of 33 bits, each with the double that follows it (Cody and Waite). */
const PIO2_1 = 1.5707963267341256;
const PIO2_1T = 6.077100506506192e-11;
const PIO2_2 = 6.077100506303966e-11;
const PIO2_2T = 2.0222662487959506e-21;
const PIO2_3 = 2.0222662487111665e-21;
const PIO2_3T = 8.4784276603689e-32;

/** Above this n * PIO2_1 would no longer be exact: 2^19 * pi/2. */
const MEDIUM = 823549.6;

/** floor(2/pi * 2^1216): enough for the largest double and 192 bits of fraction. */
const FRACTION_BITS = 1216n;
const TWO_OVER_PI = BigInt(
  "0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e0" +
    "06492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f4" +
    "9c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d" +
    "7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6bab",
);
/** floor(pi/2 * 2^256). */
const PIO2_BITS = 256n;
const PIO2 = BigInt("0x1921fb54442d18469898cc51701b839a252049c1114cf98e804177d4c76273644");

/** The two parts of the last remainder; valid until the next call. */
export const remainder: Float64Array = new Float64Array(2);

/**
 * Writes the remainder of a finite `x` to {@link remainder} and returns n mod 4.
 * @source fdlibm e_rem_pio2.c (medium range); Payne and Hanek 1983 in integers (above 823549.6).
 */
export function reduceHalfPi(x: number): number {
  const size = Math.abs(x);
  if (size > MEDIUM) return reduceLarge(x);
  const n = Math.floor(size * TWO_OVER_PI_BITS + 0.5);
  let rest = size - n * PIO2_1;
  let tail = n * PIO2_1T;
  let high = rest - tail;
  const exponent = exponentOf(size);
  if (exponent - exponentOf(high) > 16) {
    let before = rest;
    tail = n * PIO2_2;
    rest = before - tail;
    tail = n * PIO2_2T - (before - rest - tail);
    high = rest - tail;
    if (exponent - exponentOf(high) > 49) {
      before = rest;
      tail = n * PIO2_3;
      rest = before - tail;
      tail = n * PIO2_3T - (before - rest - tail);
      high = rest - tail;
    }
  }
  const low = rest - high - tail;
  remainder[0] = x < 0 ? -high : high;
  remainder[1] = x < 0 ? -low : low;
  return (x < 0 ? -n : n) & 3;
}

/** Exact integers: slow, but only angles of more than 130,000 turns come here. */
function reduceLarge(x: number): number {
  const size = Math.abs(x);
  const shift = exponentOf(size) - 52;
  const mantissa = BigInt(shift >= 0 ? size / 2 ** 52 / (2 ** shift / 2 ** 52) : size * 2 ** -shift);
  const product = mantissa * TWO_OVER_PI;
  const point = FRACTION_BITS - BigInt(shift);
  let n = product >> point;
  let fraction = product - (n << point);
  if (fraction >> (point - 1n)) {
    n += 1n;
    fraction -= 1n << point;
  }
  const scaled = ((fraction << 256n) >> point) * PIO2;
  const unit = 2 ** -(256 + Number(PIO2_BITS));
  const high = Number(scaled);
  const low = Number(scaled - BigInt(high));
  remainder[0] = (x < 0 ? -high : high) * unit;
  remainder[1] = (x < 0 ? -low : low) * unit;
  const quadrant = Number(n & 3n);
  return x < 0 ? -quadrant & 3 : quadrant;
}
