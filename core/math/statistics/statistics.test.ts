import { createRandom, type Random } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import {
  bca,
  betaQuantile,
  bootstrap,
  chiSquareFit,
  chiSquareTail,
  clopperPearson,
  crossEntropy,
  hellingerDistance,
  hellingerFidelity,
  type Interval,
  incompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  propagate,
  propagateInterval,
  quantile,
  relativeEntropy,
  resampleCounts,
  totalVariation,
  wilson,
} from "./index.ts";

const relative = (value: number, expected: number) => Math.abs(value / expected - 1);
const mean = (sample: Float64Array) => sample.reduce((sum, x) => sum + x, 0) / sample.length;
const inside = ({ low, high }: Interval, truth: number) => low <= truth && truth <= high;

test("distribution functions agree with SciPy's", () => {
  const pairs: [number, number][] = [
    [normalQuantile(0.975), 1.959963984540054],
    [normalQuantile(0.001), -3.090232306167813],
    [normalQuantile(0.6), 0.2533471031357997],
    [normalCdf(-6.5), 4.016000583859088e-11],
    [betaQuantile(0.025, 3, 98), 0.006229971538306395],
    [betaQuantile(0.975, 1, 1000), 0.003682083896865671],
    [chiSquareTail(30, 12), 0.0027924293327009145],
    [chiSquareTail(900, 1000), 0.9892827619087102],
    [logGamma(0.3), 1.0957979948180756],
    [logGamma(1234.5), 7550.550901077894],
    [incompleteBeta(0.9, 40.5, 3.25), 0.22690996777852618],
  ];
  for (const [value, expected] of pairs) expect(relative(value, expected)).toBeLessThan(1e-11);
});

describe("intervals of a proportion", () => {
  test("are SciPy's", () => {
    const { low, high } = wilson(7, 50);
    expect([low, high].map((x) => x.toFixed(12))).toEqual(["0.069508334270", "0.261861937106"]);
    const exact = clopperPearson(7, 50);
    expect([exact.low, exact.high].map((x) => x.toFixed(12))).toEqual(["0.058191700340", "0.267396002497"]);
    expect(clopperPearson(0, 20)).toEqual({ low: 0, high: expect.closeTo(0.16843347098308548, 13) });
  });

  test("stay in [0, 1], touch the ends with the data, and refuse nonsense", () => {
    for (const of of [wilson, clopperPearson]) {
      expect(of(0, 10).low).toBe(0);
      expect(of(10, 10).high).toBe(1);
      expect(of(5, 10, 0.99).high - of(5, 10, 0.99).low).toBeGreaterThan(of(5, 10).high - of(5, 10).low);
      for (const [k, n, level] of [
        [-1, 10, 0.9],
        [11, 10, 0.9],
        [0, 0, 0.9],
        [1, 2, 1],
        [1, 2, Number.NaN],
      ] as const)
        expect(() => of(k, n, level)).toThrow(TypeError);
    }
  });

  test("cover, by exact sums over all outcomes: Wilson about as stated, Clopper and Pearson at least", () => {
    const coverage = (of: typeof wilson, n: number, p: number): number => {
      let sum = 0;
      for (let k = 0; k <= n; k++) {
        const logP =
          logGamma(n + 1) -
          logGamma(k + 1) -
          logGamma(n - k + 1) +
          k * Math.log(p) +
          (n - k) * Math.log(1 - p);
        if (inside(of(k, n), p)) sum += Math.exp(logP);
      }
      return sum;
    };
    const all = [0.02, 0.1, 0.25, 0.5, 0.77, 0.95].map(
      (p) => [coverage(wilson, 150, p), coverage(clopperPearson, 150, p)] as const,
    );
    const average = all.reduce((sum, [w]) => sum + w, 0) / all.length;
    expect(Math.abs(average - 0.95)).toBeLessThan(0.01);
    for (const [w, c] of all) {
      expect(w).toBeGreaterThan(0.92);
      expect(c).toBeGreaterThanOrEqual(0.95);
    }
  });
});

describe("resampled intervals", () => {
  const covered = (of: typeof bootstrap, draw: (random: Random) => number, truth: number): number => {
    let hits = 0;
    const experiments = 400;
    for (let e = 0; e < experiments; e++) {
      const random = createRandom(11n, BigInt(e));
      const data = Float64Array.from({ length: 60 }, () => draw(random));
      if (inside(of(data, mean, { random, resamples: 600 }), truth)) hits++;
    }
    return hits / experiments;
  };
  // 400 experiments have a standard error of 1.1 %.
  test("cover a mean about as stated", () => {
    const uniform = (random: Random) => random.nextDouble();
    expect(Math.abs(covered(bootstrap, uniform, 0.5) - 0.945)).toBeLessThan(0.033);
    expect(Math.abs(covered(bca, uniform, 0.5) - 0.945)).toBeLessThan(0.033);
    const skewed = (random: Random) => -Math.log(1 - random.nextDouble());
    expect(Math.abs(covered(bca, skewed, 1) - 0.935)).toBeLessThan(0.033);
  });

  test("are the same for the same stream; constants give a point; BCa leans with the skewness", () => {
    const data = Float64Array.from({ length: 40 }, (_, i) => i * i);
    const interval = (of: typeof bootstrap) => of(data, mean, { random: createRandom(1n), resamples: 3000 });
    expect(interval(bca)).toEqual(interval(bca));
    expect(interval(bca).high).toBeGreaterThan(interval(bootstrap).high);
    expect(bca([3, 3, 3], mean, { random: createRandom(1n) })).toEqual({ low: 3, high: 3 });
    expect(() => bootstrap([], mean, { random: createRandom(1n) })).toThrow(TypeError);
    expect([0, 0.25, 0.5, 1].map((p) => quantile(Float64Array.of(1, 2, 3), p))).toEqual([1, 1, 2, 3]);
  });

  test("counts are resampled with their shots and their chances", () => {
    const counts = new Map([
      ["00", 700],
      ["11", 300],
    ]);
    const again = resampleCounts(counts, createRandom(5n));
    expect((again.get("00") ?? 0) + (again.get("11") ?? 0)).toBe(1000);
    expect(Math.abs((again.get("00") ?? 0) - 700)).toBeLessThan(60);
  });
});

test("distances of a pair worked by hand, in any order and scale", () => {
  const p = new Map([
    ["00", 0.5],
    ["11", 0.5],
  ]);
  const q = new Map([
    ["01", 5],
    ["10", 4],
    ["11", 44],
    ["00", 47],
  ]);
  expect(hellingerFidelity(p, q)).toBeCloseTo((Math.sqrt(0.235) + Math.sqrt(0.22)) ** 2, 14);
  expect(hellingerDistance(p, q)).toBeCloseTo(0.2149196, 7);
  expect(totalVariation(q, p)).toBeCloseTo(0.09, 14);
  expect(relativeEntropy(p, q)).toBeCloseTo(0.5 * Math.log(0.5 / 0.47) + 0.5 * Math.log(0.5 / 0.44), 14);
  expect(crossEntropy(p, p)).toBeCloseTo(Math.LN2, 15);
  expect([relativeEntropy(q, p), crossEntropy(q, p)]).toEqual([Infinity, Infinity]);
  expect([hellingerFidelity(p, p), hellingerDistance(p, p)]).toEqual([1, 0]);
  expect(() => totalVariation(p, new Map())).toThrow(TypeError);
  expect(() => totalVariation(p, new Map([["0", -1]]))).toThrow(TypeError);
});

test("chi-square: a fair die passes, a loaded one does not, the impossible has probability 0", () => {
  const die = new Map(["1", "2", "3", "4", "5", "6"].map((face) => [face, 1 / 6]));
  const counts = (values: number[]) => new Map(values.map((n, i) => [String(i + 1), n]));
  expect(chiSquareFit(counts([95, 103, 100, 97, 108, 97]), die)).toMatchObject({
    degrees: 5,
    pValue: expect.closeTo(0.948657, 5),
  });
  expect(chiSquareFit(counts([95, 103, 100, 97, 158, 47]), die).pValue).toBeLessThan(1e-9);
  expect(
    chiSquareFit(
      new Map([
        ["1", 99],
        ["7", 1],
      ]),
      die,
    ).pValue,
  ).toBe(0);
  expect(
    chiSquareFit(
      counts([2, 3]),
      new Map([
        ["1", 0.4],
        ["2", 0.6],
      ]),
    ).degrees,
  ).toBe(0);
});

test("errors of a product add in square, correlated ones do not", () => {
  const product = (x: Float64Array) => (x[0] as number) * (x[1] as number);
  const { value, error } = propagate(product, [3, 4], [0.1, 0.2]);
  expect(value).toBe(12);
  expect(error).toBeCloseTo(Math.sqrt(0.4 ** 2 + 0.6 ** 2), 8);
  expect(propagate(product, [3, 4], [0.01, 0.02, 0.02, 0.04]).error).toBeCloseTo(1, 8);
  expect(propagate((x) => (x[0] as number) ** 2, [3], [0.1]).error).toBeCloseTo(0.6, 8);
  expect(() => propagate(product, [3, 4], [1])).toThrow(TypeError);
});

describe("errors carried through by drawing inputs", () => {
  const product = ([a, b]: Float64Array) => (a as number) * (b as number);
  const square = ([x]: Float64Array) => (x as number) ** 2;
  const random = (stream: number) => createRandom(11n, BigInt(stream));

  test("are those to first order where the function is straight, with errors or covariances", () => {
    for (const spread of [
      [0.01, 0.02],
      [1e-4, 2e-4, 2e-4, 4e-4],
      [1e-4, -1e-4, -1e-4, 4e-4],
    ]) {
      const { value, error } = propagate(product, [3, 4], spread);
      const { low, high } = propagateInterval(product, [3, 4], spread, {
        random: random(1),
        samples: 20_000,
      });
      expect((low + high) / 2).toBeCloseTo(value, 2);
      expect((high - low) / 2 / (1.96 * error)).toBeCloseTo(1, 1);
    }
    const wider = propagateInterval(product, [3, 4], [0.1, 0.2], { random: random(2), level: 0.99 });
    expect(inside(wider, 12)).toBe(true);
  });

  test("hold the square of a number near 0 at least as often as they say", () => {
    let [first, drawn] = [0, 0];
    for (let e = 0; e < 1000; e++) {
      const stream = random(100 + e);
      const measured = 0.1 + 0.1 * normalQuantile(stream.nextDouble() + 2 ** -54);
      const { value, error } = propagate(square, [measured], [0.1]);
      if (inside({ low: value - 1.96 * error, high: value + 1.96 * error }, 0.01)) first++;
      if (inside(propagateInterval(square, [measured], [0.1], { random: stream, samples: 400 }), 0.01))
        drawn++;
    }
    expect(first).toBeLessThan(910);
    expect(drawn).toBeGreaterThan(940);
  });

  test("refuse what is no covariance matrix", () => {
    const options = { random: random(1) };
    expect(() => propagateInterval(product, [1, 1], [1, 2, 2, 1], options)).toThrow(TypeError);
    expect(() => propagateInterval(product, [1, 1], [1], options)).toThrow(TypeError);
    expect(() => propagateInterval(product, [1, 1], [1, 1], { ...options, samples: 1 })).toThrow(TypeError);
    expect(() => propagateInterval(product, [1, 1], [1, 1], { ...options, level: 1 })).toThrow(TypeError);
  });
});
