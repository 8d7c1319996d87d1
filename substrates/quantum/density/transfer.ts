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

/** A matrix by its entries that are not 0; rows of the unit matrix are left out. */
interface Sparse {
  readonly size: number;
  /** Where in the state each index of the matrix is. */
  readonly offsets: Float64Array;
  readonly rows: Int32Array;
  /** Entries of row k are `ends[k - 1]` to `ends[k]`. */
  readonly ends: Int32Array;
  readonly columns: Int32Array;
  readonly weights: Float64Array;
}

function sparse({ positions, matrix }: Transfer): Sparse {
  const size = 1 << (2 * positions.length);
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
    rows.push(r);
    ends.push(columns.length);
  }
  return {
    size,
    offsets: spreadOf(positions),
    rows: Int32Array.from(rows),
    ends: Int32Array.from(ends),
    columns: Int32Array.from(columns),
    weights: Float64Array.from(weights),
  };
}

/** Neighbouring entries that are handled together, where the lowest position allows it. */
const RUN = 64;

function applyMany(values: Float64Array, transfer: Transfer): void {
  const map = sparse(transfer);
  const strides = transfer.positions.map((p) => 2 ** (2 * p)).sort((a, b) => a - b);
  const low = strides[0] as number;
  const step = Math.min(low, RUN);
  const blocks = values.length / map.size / step;
  const single = map.columns.length === map.rows.length && map.ends.every((end, k) => end === k + 1);
  const apply = step === RUN ? applyRuns : single ? applySingle : applyGathered;
  const old = new Float64Array(map.size * step);
  for (let block = 0; block < blocks; block++) {
    // Opens a zero digit at each position, lowest first.
    let base = block * step;
    for (const stride of strides) {
      const below = base % stride;
      base = below + (base - below) * 4;
    }
    apply(values, map, base, step, old);
  }
}

/** Whole runs: each entry of the matrix is one pass over a run. */
function applyRuns(values: Float64Array, map: Sparse, base: number, step: number, old: Float64Array): void {
  const { size, offsets, rows, ends, columns, weights } = map;
  for (let k = 0; k < size; k++) {
    const from = base + (offsets[k] as number);
    for (let i = 0; i < step; i++) old[k * step + i] = values[from + i] as number;
  }
  let e = 0;
  for (let r = 0; r < rows.length; r++) {
    const to = base + (offsets[rows[r] as number] as number);
    const end = ends[r] as number;
    if (e === end) values.fill(0, to, to + step);
    for (let first = true; e < end; e++, first = false) {
      const weight = weights[e] as number;
      const from = (columns[e] as number) * step;
      if (first) for (let i = 0; i < step; i++) values[to + i] = weight * (old[from + i] as number);
      else for (let i = 0; i < step; i++) (values[to + i] as number) += weight * (old[from + i] as number);
    }
  }
}

/** One entry in each row, as Clifford gates with Pauli noise have. */
function applySingle(values: Float64Array, map: Sparse, base: number, step: number, old: Float64Array): void {
  const { size, offsets, rows, columns, weights } = map;
  for (let i = base; i < base + step; i++) {
    for (let k = 0; k < size; k++) old[k] = values[i + (offsets[k] as number)] as number;
    for (let r = 0; r < rows.length; r++)
      values[i + (offsets[rows[r] as number] as number)] =
        (weights[r] as number) * (old[columns[r] as number] as number);
  }
}

function applyGathered(
  values: Float64Array,
  map: Sparse,
  base: number,
  step: number,
  old: Float64Array,
): void {
  const { size, offsets, rows, ends, columns, weights } = map;
  for (let i = base; i < base + step; i++) {
    for (let k = 0; k < size; k++) old[k] = values[i + (offsets[k] as number)] as number;
    let e = 0;
    for (let r = 0; r < rows.length; r++) {
      let sum = 0;
      for (const end = ends[r] as number; e < end; e++)
        sum += (weights[e] as number) * (old[columns[e] as number] as number);
      values[i + (offsets[rows[r] as number] as number)] = sum;
    }
  }
}
