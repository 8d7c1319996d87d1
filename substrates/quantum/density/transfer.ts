/** Linear maps on expectation values of Pauli products, and applying them to a whole state of them. */
import type { Matrix } from "@arqon/core/math";
import { pauliTransfer } from "../noise/forms.ts";

/** A real matrix on some positions; digit k of its index, in base 4, belongs to `positions[k]`. */
export interface Transfer {
  readonly positions: readonly number[];
  /** 16^positions entries, row-major. */
  readonly matrix: Float64Array;
}

/** What Kraus operators on these positions do. */
export function transferOf(kraus: readonly Matrix[], positions: readonly number[]): Transfer {
  return { positions, matrix: pauliTransfer(kraus, positions.length) };
}

/** First `first`, then `second`, on the positions of `second`, which hold those of `first`; or the other way round. */
export function joined(first: Transfer, second: Transfer): Transfer {
  const wide = first.positions.length >= second.positions.length ? first : second;
  const { positions } = wide;
  const size = 1 << (2 * positions.length);
  return { positions, matrix: product(widened(second, positions), widened(first, positions), size) };
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let r = 0; r < n; r++)
    for (let k = 0; k < n; k++) {
      const x = a[r * n + k] as number;
      if (x === 0) continue;
      for (let c = 0; c < n; c++) (out[r * n + c] as number) += x * (b[k * n + c] as number);
    }
  return out;
}

function widened({ positions, matrix }: Transfer, onto: readonly number[]): Float64Array {
  if (positions.length === onto.length && positions.every((p, k) => p === onto[k])) return matrix;
  const small = 1 << (2 * positions.length);
  const size = 1 << (2 * onto.length);
  const spread = spreadOf(positions.map((p) => onto.indexOf(p)));
  let mask = 0;
  for (const p of positions) mask |= 3 << (2 * onto.indexOf(p));
  const out = new Float64Array(size * size);
  for (let rest = 0; rest < size; rest++) {
    if (rest & mask) continue;
    for (let r = 0; r < small; r++)
      for (let c = 0; c < small; c++)
        out[(rest | (spread[r] as number)) * size + (rest | (spread[c] as number))] = matrix[
          r * small + c
        ] as number;
  }
  return out;
}

/** For each index in base 4 its digits moved to `positions`. */
function spreadOf(positions: readonly number[]): Float64Array {
  return Float64Array.from({ length: 1 << (2 * positions.length) }, (_, index) => {
    let spread = 0;
    for (const [k, p] of positions.entries()) spread += ((index >> (2 * k)) & 3) * 2 ** (2 * p);
    return spread;
  });
}

/** Multiplications per entry of the state, for an estimate. */
export function workOf({ matrix, positions }: Transfer): number {
  const size = 1 << (2 * positions.length);
  if (positions.length === 1) return 3;
  let count = 0;
  for (const [i, value] of matrix.entries())
    if (value !== 0 && !(value === 1 && isUnitRow(matrix, i, size))) count++;
  return 1 + count / size;
}

const isUnitRow = (matrix: Float64Array, i: number, size: number): boolean => {
  const row = Math.floor(i / size);
  if (i !== row * size + row) return false;
  for (let c = 0; c < size; c++) if (c !== row && matrix[row * size + c] !== 0) return false;
  return true;
};

/** Applies a map to 4^n expectation values. */
export function applyTransfer(values: Float64Array, transfer: Transfer): void {
  if (transfer.positions.length === 1) applyOne(values, transfer.positions[0] as number, transfer.matrix);
  else applyMany(values, transfer);
}

function applyOne(values: Float64Array, position: number, m: Float64Array): void {
  const [aa, ab, ac, ad, ba, bb, bc, bd, ca, cb, cc, cd, da, db, dc, dd] = m as unknown as Sixteen;
  const stride = 2 ** (2 * position);
  // A trace-preserving map leaves the identity's value alone.
  const keeps = aa === 1 && ab === 0 && ac === 0 && ad === 0;
  for (let base = 0; base < values.length; base += 4 * stride)
    for (let i = base; i < base + stride; i++) {
      const a = values[i] as number;
      const b = values[i + stride] as number;
      const c = values[i + 2 * stride] as number;
      const d = values[i + 3 * stride] as number;
      if (!keeps) values[i] = aa * a + ab * b + ac * c + ad * d;
      values[i + stride] = ba * a + bb * b + bc * c + bd * d;
      values[i + 2 * stride] = ca * a + cb * b + cc * c + cd * d;
      values[i + 3 * stride] = da * a + db * b + dc * c + dd * d;
    }
}

type Sixteen = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

function applyMany(values: Float64Array, { positions, matrix }: Transfer): void {
  const size = 1 << (2 * positions.length);
  const offsets = spreadOf(positions);
  const rows: number[] = [];
  const ends: number[] = [];
  const columns: number[] = [];
  const weights: number[] = [];
  for (let r = 0; r < size; r++) {
    if (matrix[r * size + r] === 1 && isUnitRow(matrix, r * size + r, size)) continue;
    for (let c = 0; c < size; c++) {
      if (matrix[r * size + c] === 0) continue;
      columns.push(c);
      weights.push(matrix[r * size + c] as number);
    }
    rows.push(offsets[r] as number);
    ends.push(columns.length);
  }
  const [at, until, from, by] = [
    Float64Array.from(rows),
    Int32Array.from(ends),
    Int32Array.from(columns),
    Float64Array.from(weights),
  ];
  const old = new Float64Array(size);
  const strides = positions.map((p) => 2 ** (2 * p)).sort((a, b) => a - b);
  const low = strides[0] as number;
  const blocks = values.length / size / low;
  for (let block = 0; block < blocks; block++) {
    // Opens a zero digit at each position, lowest first.
    let base = block * low;
    for (const stride of strides) {
      const below = base % stride;
      base = below + (base - below) * 4;
    }
    for (let i = base; i < base + low; i++) {
      for (let k = 0; k < size; k++) old[k] = values[i + (offsets[k] as number)] as number;
      let e = 0;
      for (let r = 0; r < at.length; r++) {
        let sum = 0;
        for (const end = until[r] as number; e < end; e++)
          sum += (by[e] as number) * (old[from[e] as number] as number);
        values[i + (at[r] as number)] = sum;
      }
    }
  }
}
