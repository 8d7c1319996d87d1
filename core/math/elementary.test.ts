import { expect, test } from "vitest";
import { atan, atan2, cos, exp, log, pow, sin, tan } from "./index.ts";

/** Fixed point with this many fraction bits: the oracle works in integers. */
const BITS = 2400n;
const ONE = 1n << BITS;

function atanInverse(n: bigint): bigint {
  let term = ONE / n;
  let sum = term;
  for (let k = 3n, sign = -1n; term !== 0n; k += 2n, sign = -sign) {
    term /= n * n;
    sum += (sign * term) / k;
  }
  return sum;
}
const PI = 4n * (4n * atanInverse(5n) - atanInverse(239n));

const view = new DataView(new ArrayBuffer(8));
function toFixed(x: number): bigint {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = exponent === 0n ? fraction : fraction | (1n << 52n);
  const shift = BITS + (exponent === 0n ? 1n : exponent) - 1075n;
  const size = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return bits >> 63n ? -size : size;
}
const mul = (a: bigint, b: bigint) => (a * b) >> BITS;

function sinCosFixed(x: number): [bigint, bigint] {
  let r = toFixed(x) % (2n * PI);
  // Halve 40 times, sum few terms, double back with sin 2a = 2 sin a cos a.
  r >>= 10n;
  let [s, c, term] = [0n, 0n, ONE];
  for (let k = 0n; term !== 0n && term !== -1n; k++) {
    if (k % 4n === 0n) c += term;
    else if (k % 4n === 1n) s += term;
    else if (k % 4n === 2n) c -= term;
    else s -= term;
    term = mul(term, r) / (k + 1n);
  }
  for (let i = 0; i < 10; i++) [s, c] = [2n * mul(s, c), mul(c, c) - mul(s, s)];
  return [s, c];
}
function expFixed(x: number): bigint {
  const r = toFixed(x) >> 12n;
  let [sum, term] = [0n, ONE];
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    sum += term;
    term = mul(term, r) / k;
  }
  for (let i = 0; i < 12; i++) sum = mul(sum, sum);
  return sum;
}
function ulp(x: number): number {
  view.setFloat64(0, Math.abs(x));
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return view.getFloat64(0) - Math.abs(x);
}
/** |value - exact| in units of the last place of value. */
function ulps(value: number, exact: bigint): number {
  const error = toFixed(value) - exact;
  const unit = toFixed(ulp(value));
  return Math.abs(Number((error * 100000n) / unit)) / 100000;
}
/** A fixed sequence of test arguments. */
function* arguments_(count: number, least: number, most: number): Generator<number> {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 4294967296;
  };
  for (let i = 0; i < count; i++) {
    const size = 2 ** (least + (most - least) * next()) * (1 + next());
    yield next() < 0.5 ? -size : size;
  }
}
const HARD = [
  Math.PI / 2,
  Math.PI,
  (3 * Math.PI) / 2,
  2 * Math.PI,
  Math.PI / 4,
  Math.PI / 8,
  100 * Math.PI,
  6381956970095103 * 2 ** 797,
  823549.5,
  823549.7,
  1e22,
  Number.MAX_VALUE,
  2 ** 500,
  5e-324,
  1e-310,
  0.7,
  0.785398163397448,
  1,
  2,
  3,
  22,
  355,
  710,
];

test("sine, cosine and tangent are within one unit in the last place of an exact oracle, over the whole range", () => {
  let worst = 0;
  for (const x of [...HARD, ...arguments_(250, -30, 20), ...arguments_(60, 20, 1000)]) {
    const [s, c] = sinCosFixed(x);
    worst = Math.max(worst, ulps(sin(x), s), ulps(cos(x), c));
    worst = Math.max(worst, ulps(tan(x), (s << BITS) / c));
  }
  expect(worst).toBeLessThan(1);
});

test("the exponential is within one unit in the last place", () => {
  let worst = 0;
  for (const x of [...arguments_(300, -20, 8), 1, -1, 0.3465, 0.3466, 1.0397, 1.0398, 709.7, -700])
    worst = Math.max(worst, ulps(exp(x), expFixed(x)));
  expect(worst).toBeLessThan(1);
  expect([exp(0), exp(710), exp(-746), exp(Number.NaN)]).toEqual([1, Infinity, 0, Number.NaN]);
  expect(exp(-745)).toBe(5e-324);
});

test("the logarithm inverts the exact exponential within one unit in the last place", () => {
  // log(x) = y exactly where exp(y) = x: one Newton step from y gives the true logarithm.
  let worst = 0;
  for (const raw of [...arguments_(300, -100, 100), 0.5, 2, 10, 1.4, 1.5, Math.SQRT1_2]) {
    const x = Math.abs(raw);
    const y = log(x);
    const e = expFixed(y);
    const error = ((toFixed(x) - e) << BITS) / e;
    worst = Math.max(worst, Math.abs(Number((error * 100000n) / (toFixed(ulp(y)) || 1n))) / 100000);
  }
  expect(worst).toBeLessThan(1);
  expect([log(0), log(-1), log(1), log(Infinity)]).toEqual([-Infinity, Number.NaN, 0, Infinity]);
  expect(log(5e-324)).toBe(-744.4400719213812);
});

test("the inverse tangent is within one unit in the last place", () => {
  let worst = 0;
  for (const x of [...arguments_(300, -20, 30), 0.4375, 0.6875, 1, 1.1875, 2.4375]) {
    const y = atan(x);
    const [s, c] = sinCosFixed(y);
    // tan(true - y) = (x cos y - sin y) / (cos y + x sin y), and the angle is its own tangent to 100 digits here.
    const fixed = toFixed(x);
    const error = ((mul(fixed, c) - s) << BITS) / (c + mul(fixed, s));
    worst = Math.max(worst, Math.abs(Number((error * 100000n) / toFixed(ulp(y)))) / 100000);
  }
  expect(worst).toBeLessThan(1);
});

test("atan2 knows the quadrants, zeros and infinities", () => {
  const values = [0, -0, 1, -1, 2.5, -3.25, 1e-300, -1e300, Infinity, -Infinity];
  for (const y of values) for (const x of values) expect(atan2(y, x)).toBeCloseTo(Math.atan2(y, x), 14);
  expect(Object.is(atan2(-0, 1), -0)).toBe(true);
});

test("powers: integers exactly where they fit, the rest through exp and log", () => {
  expect([pow(2, 10), pow(-3, 3), pow(2, -2), pow(5, 0), pow(0, 0.5)]).toEqual([1024, -27, 0.25, 1, 0]);
  expect(pow(2, 0.5)).toBeCloseTo(Math.SQRT2, 14);
  expect(pow(-2, 0.5)).toBeNaN();
});

test("golden bits hold on every machine", () => {
  expect([sin(1), cos(1), tan(1), exp(2), log(2), atan(0.5), sin(1e22), cos(Number.MAX_VALUE)]).toEqual([
    0.8414709848078965,
    0.5403023058681398,
    1.5574077246549023,
    7.38905609893065,
    Math.LN2,
    0.4636476090008061,
    -0.8522008497671888,
    -0.9999876894265599,
  ]);
});
