import fc from "fast-check";
import { expect, test } from "vitest";
import { adjointColumns, type Columns, columnsOf, multiplyColumns, qr, svd } from "./index.ts";

/** Numbers from a fixed sequence, near normal. */
function filled(rows: number, columns: number, seed: number): Columns {
  const out = columnsOf(rows, columns);
  let state = seed * 2654435761;
  const next = () => {
    let sum = 0;
    for (let k = 0; k < 4; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      sum += state / 4294967296 - 0.5;
    }
    return sum;
  };
  for (let i = 0; i < rows * columns; i++) [out.re[i], out.im[i]] = [next(), next()];
  return out;
}

function difference(a: Columns, b: Columns): number {
  let worst = 0;
  for (let i = 0; i < a.re.length; i++)
    worst = Math.max(
      worst,
      Math.abs((a.re[i] as number) - (b.re[i] as number)),
      Math.abs((a.im[i] as number) - (b.im[i] as number)),
    );
  return worst;
}

function unit(n: number): Columns {
  const out = columnsOf(n, n);
  for (let k = 0; k < n; k++) out.re[k * n + k] = 1;
  return out;
}

const scaled = (u: Columns, values: Float64Array): Columns => ({
  ...u,
  re: u.re.map((x, i) => x * (values[Math.floor(i / u.rows)] as number)),
  im: u.im.map((x, i) => x * (values[Math.floor(i / u.rows)] as number)),
});

test("the product of the parts is the matrix, both sides are orthonormal, values descend", () => {
  const size = fc.integer({ min: 1, max: 24 });
  fc.assert(
    fc.property(size, size, fc.nat(1e6), fc.integer({ min: -60, max: 60 }), (rows, columns, seed, power) => {
      const scale = 2 ** power;
      const a = scaled(filled(rows, columns, seed), new Float64Array(columns).fill(scale));
      const { u, values, v } = svd(a);
      expect(difference(multiplyColumns(scaled(u, values), adjointColumns(v)), a) / scale).toBeLessThan(
        2e-14,
      );
      expect(difference(multiplyColumns(adjointColumns(u), u), unit(u.columns))).toBeLessThan(5e-14);
      expect(difference(multiplyColumns(adjointColumns(v), v), unit(v.columns))).toBeLessThan(5e-14);
      expect([...values]).toEqual([...values].sort((x, y) => y - x));
      expect(values.length).toBe(Math.min(rows, columns));
    }),
    { numRuns: 60 },
  );
});

test("values that were put in come out, over twelve orders of magnitude, each to a part in 10^14 of the largest", () => {
  const given = Float64Array.from([3, 2, 2, 1, 1e-3, 1e-6, 1e-9, 1e-12]);
  const [left, right] = [qr(filled(20, 8, 1)).q, qr(filled(11, 8, 2)).q];
  const { values } = svd(multiplyColumns(scaled(left, given), adjointColumns(right)));
  expect(values.length).toBeGreaterThanOrEqual(8);
  given.forEach((value, k) => {
    expect(Math.abs((values[k] as number) - value)).toBeLessThan(3e-14);
  });
});

test("known matrices: a rotation, a projection, nothing", () => {
  const diagonal = columnsOf(2, 2);
  [diagonal.re[1], diagonal.im[2]] = [-4, 3];
  expect([...svd(diagonal).values]).toEqual([4, 3]);
  const projection = { ...columnsOf(3, 3), re: new Float64Array(9).fill(1) };
  const { values, u, v } = svd(projection);
  expect(values.length).toBe(1);
  expect(values[0]).toBeCloseTo(3, 14);
  for (const part of [u, v]) for (const x of part.re) expect(Math.abs(x)).toBeCloseTo(1 / Math.sqrt(3), 15);
  expect(svd(columnsOf(3, 2)).values.length).toBe(0);
});

test("a rank below the size is found", () => {
  const a = multiplyColumns(filled(30, 5, 7), filled(5, 40, 8));
  const { values } = svd(a);
  expect(values.filter((value) => value > 1e-13 * (values[0] as number)).length).toBe(5);
  expect(values.length).toBeLessThan(12);
  const { q, r } = qr(a);
  expect(difference(multiplyColumns(q, r), a)).toBeLessThan(1e-14);
});
