/** Sine, cosine and tangent that give the same bits on every machine. */
import { highWord, withoutLowWord } from "./bits.ts";
import { reduceHalfPi, remainder } from "./reduce.ts";

const PI_4 = 0.7853981633974483;

/**
 * Sine of an angle in radians; NaN unless finite.
 * Error below 1 ulp for every finite argument.
 * @source fdlibm s_sin.c, k_sin.c
 */
export function sin(x: number): number {
  if (Math.abs(x) <= PI_4) return kernelSin(x, 0);
  if (!Number.isFinite(x)) return Number.NaN;
  const quadrant = reduceHalfPi(x);
  const high = remainder[0] as number;
  const low = remainder[1] as number;
  const value = quadrant & 1 ? kernelCos(high, low) : kernelSin(high, low);
  return quadrant & 2 ? -value : value;
}

/**
 * Cosine of an angle in radians; NaN unless finite.
 * Error below 1 ulp for every finite argument.
 * @source fdlibm s_cos.c, k_cos.c
 */
export function cos(x: number): number {
  if (Math.abs(x) <= PI_4) return kernelCos(x, 0);
  if (!Number.isFinite(x)) return Number.NaN;
  const quadrant = reduceHalfPi(x);
  const high = remainder[0] as number;
  const low = remainder[1] as number;
  const value = quadrant & 1 ? kernelSin(high, low) : kernelCos(high, low);
  return quadrant === 1 || quadrant === 2 ? -value : value;
}

/**
 * Tangent of an angle in radians; NaN unless finite.
 * Error below 1 ulp for every finite argument.
 * @source fdlibm s_tan.c, k_tan.c
 */
export function tan(x: number): number {
  if (Math.abs(x) <= PI_4) return kernelTan(x, 0, false);
  if (!Number.isFinite(x)) return Number.NaN;
  const quadrant = reduceHalfPi(x);
  return kernelTan(remainder[0] as number, remainder[1] as number, (quadrant & 1) === 1);
}

/** sin(x + y) for |x| <= pi/4 and y far below x. */
function kernelSin(x: number, y: number): number {
  if (Math.abs(x) < 7.450580596923828e-9) return x;
  const z = x * x;
  const v = z * x;
  const r =
    8.33333333332249e-3 +
    z *
      (-1.984126982985795e-4 +
        z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return x - (z * (0.5 * y - v * r) - y - v * -0.16666666666666632);
}

/** cos(x + y) for |x| <= pi/4 and y far below x. */
function kernelCos(x: number, y: number): number {
  const z = x * x;
  const w = z * z;
  const r =
    z * (4.16666666666666e-2 + z * (-1.388888888887411e-3 + z * 2.480158728947673e-5)) +
    w * w * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11));
  const half = 0.5 * z;
  const first = 1 - half;
  return first + (1 - first - half + (z * r - x * y));
}

const PI_4_LOW = 3.061616997868383e-17;

/** tan(x + y), or -1/tan(x + y) when `inverse`, for |x| <= pi/4 and y far below x. */
function kernelTan(x0: number, y0: number, inverse: boolean): number {
  let x = x0;
  let y = y0;
  if (Math.abs(x) < 3.725290298461914e-9) return inverse ? -1 / x : x;
  const large = (highWord(x) & 0x7fffffff) >= 0x3fe59428;
  const sign = x < 0 ? -1 : 1;
  if (large) {
    x = PI_4 - sign * x + (PI_4_LOW - sign * y);
    y = 0;
  }
  const z = x * x;
  const w = z * z;
  const odd =
    0.13333333333320124 +
    w *
      (2.1869488294859542e-2 +
        w *
          (3.5920791075913124e-3 +
            w * (5.880412408202641e-4 + w * (7.817944429395571e-5 + w * -1.8558637485527546e-5))));
  const even =
    z *
    (5.396825397622605e-2 +
      w *
        (8.8632398235993e-3 +
          w *
            (1.4562094543252903e-3 +
              w * (2.464631348184699e-4 + w * (7.140724913826082e-5 + w * 2.590730518636337e-5)))));
  const s = z * x;
  const r = y + z * (s * (odd + even) + y) + 0.3333333333333341 * s;
  const sum = x + r;
  if (large) {
    const v = inverse ? -1 : 1;
    return sign * (v - 2 * (x - ((sum * sum) / (sum + v) - r)));
  }
  if (!inverse) return sum;
  const head = withoutLowWord(sum);
  const tail = r - (head - x);
  const a = -1 / sum;
  const t = withoutLowWord(a);
  return t + a * (1 + t * head + t * tail);
}
