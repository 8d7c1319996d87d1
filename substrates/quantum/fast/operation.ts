/** What the kernel can do, and how a small matrix is brought to it. */
import type { Matrix } from "@arqon/core/math";

/** Kinds of kernel operations; the numbers are those of `kernel/assembly/gate.ts`. */
export const KIND = {
  oneComplex: 0,
  oneReal: 1,
  exchange: 2,
  lane: 3,
  scaleComplex: 4,
  scaleReal: 5,
  twoLane: 6,
  two: 7,
  twoLanes: 8,
} as const;

/** One kernel operation on positions of the state. Positions below `lanes` (1 in f64, 2 in f32) are within a vector. */
export interface Operation {
  readonly kind: number;
  /** Positions above the lanes the kernel loops around, ascending. */
  readonly around: readonly number[];
  /** Those of them that are fixed to 1. */
  readonly fixed: readonly number[];
  /** Positions above the lanes whose two halves are combined; at most two, ascending. */
  readonly targets: readonly number[];
  /** The lane position that is combined. */
  readonly lane: number;
  /** Where only some lanes change: those, as bits. */
  readonly only: number | undefined;
  /** As stored in the record: one value for each lane of each vector; for `two`, numbers. */
  readonly coefficients: Float64Array;
  /** All positions it touches, as bits. */
  readonly mask: number;
  /** Vector instructions per vector of the state, with loads and stores. */
  readonly cost: number;
}

/** Vector instructions per vector, with loads and stores. */
export const ONE_COST = { exchange: 4, real: 10, complex: 18, lane: 20 } as const;
export const DENSE_COST = 42;

const entry = (m: Matrix, n: number, r: number, c: number): Complex => [
  m[2 * (r * n + c)] as number,
  m[2 * (r * n + c) + 1] as number,
];
const bitsOf = (positions: readonly number[]): number => positions.reduce((mask, p) => mask | (1 << p), 0);
const ascending = (a: number, b: number): number => a - b;

type Complex = readonly [re: number, im: number];

/** Vectors of real and of imaginary parts, one after the other, of complex numbers that depend on the lane. */
function vectors(lanes: number, numbers: readonly ((lane: number) => Complex)[]): Float64Array {
  const size = 1 << lanes;
  const out = new Float64Array(2 * size * numbers.length);
  for (const [k, number] of numbers.entries())
    for (let lane = 0; lane < size; lane++) {
      const [re, im] = number(lane);
      out[2 * k * size + lane] = re;
      out[(2 * k + 1) * size + lane] = im;
    }
  return out;
}

const NOTHING = { fixed: [], targets: [], lane: 0, only: undefined };

/** Phases on the diagonal: one scaling for each part of the state whose factor is not 1. */
function scalings(m: Matrix, positions: readonly number[], lanes: number): Operation[] {
  const n = 1 << positions.length;
  const around = positions.filter((p) => p >= lanes).sort(ascending);
  const inLanes = positions.reduce((bits, p, bit) => (p < lanes ? bits | (1 << bit) : bits), 0);
  const out: Operation[] = [];
  for (let row = 0; row < n; row++) {
    if (row & inLanes) continue;
    const at = (lane: number): number =>
      positions.reduce((k, p, bit) => (p < lanes && (lane >> p) & 1 ? k | (1 << bit) : k), row);
    const values = vectors(lanes, [(lane) => entry(m, n, at(lane), at(lane))]);
    const size = 1 << lanes;
    const real = values.subarray(size).every((im) => im === 0);
    if (real && values.subarray(0, size).every((re) => re === 1)) continue;
    out.push({
      ...NOTHING,
      kind: real ? KIND.scaleReal : KIND.scaleComplex,
      around,
      fixed: positions.filter((p, bit) => p >= lanes && (row >> bit) & 1).sort(ascending),
      coefficients: values,
      mask: bitsOf(positions),
      cost: ((real ? 2 : 6) + 4) / 2 ** around.length,
    });
  }
  return out;
}

/** A one-qubit matrix under controls. */
function controlledOne(u: Matrix, target: number, controls: readonly number[], lanes: number): Operation {
  const around = controls
    .concat(target)
    .filter((p) => p >= lanes)
    .sort(ascending);
  const fixed = controls.filter((p) => p >= lanes).sort(ascending);
  const within = bitsOf(controls.filter((p) => p < lanes));
  const share = 1 / 2 ** fixed.length;
  const common = { ...NOTHING, around, fixed, mask: bitsOf(controls) | (1 << target) };
  const at = (r: number, c: number): Complex => entry(u, 2, r, c);
  if (target < lanes) {
    const meets = (lane: number): boolean => (lane & within) === within;
    const bit = (lane: number): number => (lane >> target) & 1;
    const coefficients = vectors(lanes, [
      (lane) => (meets(lane) ? at(bit(lane), bit(lane)) : [1, 0]),
      (lane) => (meets(lane) ? at(bit(lane), 1 - bit(lane)) : [0, 0]),
    ]);
    return { ...common, kind: KIND.lane, lane: target, coefficients, cost: ONE_COST.lane * share };
  }
  let only: number | undefined;
  if (within) {
    only = 0;
    for (let lane = 0; lane < 1 << lanes; lane++) if ((lane & within) === within) only |= 1 << lane;
  }
  const placed = { ...common, only, targets: [target] };
  const [ar, ai, br, bi, cr, ci, dr, di] = Array.from(u) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const size = 1 << lanes;
  const splat = (values: readonly number[]): Float64Array =>
    Float64Array.from({ length: values.length * size }, (_, i) => values[Math.floor(i / size)] as number);
  const real = ai === 0 && bi === 0 && ci === 0 && di === 0;
  if (real && ar === 0 && dr === 0 && br === 1 && cr === 1)
    return {
      ...placed,
      kind: KIND.exchange,
      coefficients: new Float64Array(0),
      cost: ONE_COST.exchange * share,
    };
  if (real)
    return {
      ...placed,
      kind: KIND.oneReal,
      coefficients: splat([ar, br, cr, dr]),
      cost: ONE_COST.real * share,
    };
  return {
    ...placed,
    kind: KIND.oneComplex,
    coefficients: splat([ar, ai, br, bi, cr, ci, dr, di]),
    cost: ONE_COST.complex * share,
  };
}

/** Any matrix on two positions; bit 0 of its index is `positions[0]`, the lower one. */
function dense(m: Matrix, positions: readonly [number, number], lanes: number): Operation {
  const [low, high] = positions;
  const common = { ...NOTHING, mask: bitsOf(positions), cost: DENSE_COST };
  if (low >= lanes)
    return { ...common, kind: KIND.two, around: positions, targets: positions, coefficients: m };
  if (high < lanes)
    return {
      ...common,
      kind: KIND.twoLanes,
      around: [],
      coefficients: vectors(
        lanes,
        [0, 1, 2, 3].map((flip) => (lane) => entry(m, 4, lane, lane ^ flip)),
      ),
    };
  const bit = (lane: number): number => (lane >> low) & 1;
  const numbers = [0, 1].flatMap((row) =>
    [0, 1].flatMap((column) =>
      [0, 1].map(
        (flip) =>
          (lane: number): Complex =>
            entry(m, 4, 2 * row + bit(lane), 2 * column + (bit(lane) ^ flip)),
      ),
    ),
  );
  return {
    ...common,
    kind: KIND.twoLane,
    around: [high],
    targets: [high],
    lane: low,
    coefficients: vectors(lanes, numbers),
  };
}

function isDiagonal(m: Matrix, n: number): boolean {
  for (let r = 0; r < n; r++)
    for (let c = 0; c < n; c++)
      if (r !== c && (m[2 * (r * n + c)] !== 0 || m[2 * (r * n + c) + 1] !== 0)) return false;
  return true;
}

/** The target bit when the matrix does nothing unless all other bits are 1; -1 when there is none. */
export function controlledTarget(m: Matrix, qubits: number): number {
  const n = 1 << qubits;
  for (let target = 0; target < qubits; target++) {
    const on = (n - 1) & ~(1 << target);
    let fits = true;
    for (let r = 0; r < n && fits; r++)
      for (let c = 0; c < n && fits; c++) {
        if ((r & on) === on && (c & on) === on) continue;
        fits = m[2 * (r * n + c)] === (r === c ? 1 : 0) && m[2 * (r * n + c) + 1] === 0;
      }
    if (fits) return target;
  }
  return -1;
}

/** The one-qubit matrix that acts on bit `target` where all other bits are 1. */
export function innerMatrix(m: Matrix, qubits: number, target: number): Matrix {
  const n = 1 << qubits;
  const on = (n - 1) & ~(1 << target);
  const at = [on, on | (1 << target)];
  return Float64Array.from(at.flatMap((r) => at.flatMap((c) => entry(m, n, r, c))));
}

/**
 * Kernel operations that do what a matrix does; none for the unit matrix.
 *
 * @param positions  of the matrix's index bits; ascending where there are two.
 * @param lanes      positions within a vector: 1 in f64, 2 in f32.
 * @returns          `undefined` for a matrix of three or more qubits that is not a controlled one-qubit gate.
 */
export function lower(m: Matrix, positions: readonly number[], lanes: number): Operation[] | undefined {
  const n = 1 << positions.length;
  if (positions.length <= 2 && isDiagonal(m, n)) return scalings(m, positions, lanes);
  const target = controlledTarget(m, positions.length);
  if (target >= 0) {
    const controls = positions.filter((_, bit) => bit !== target);
    const u = innerMatrix(m, positions.length, target);
    return [controlledOne(u, positions[target] as number, controls, lanes)];
  }
  return positions.length === 2 ? [dense(m, positions as unknown as [number, number], lanes)] : undefined;
}

/** Each operation costs a little by being there at all. */
const OVERHEAD = 0.5;

/** What the operations of {@link lower} cost together, for one or two qubits, without making them. */
export function costOf(m: Matrix, positions: readonly number[], lanes: number): number {
  const n = 1 << positions.length;
  const above = positions.filter((p) => p >= lanes).length;
  if (isDiagonal(m, n)) {
    const inLanes = positions.reduce((bits, p, bit) => (p < lanes ? bits | (1 << bit) : bits), 0);
    let cost = 0;
    for (let row = 0; row < n; row++) {
      if (row & inLanes) continue;
      let [real, unit] = [true, true];
      for (let k = row; k < n; k++) {
        if ((k & ~inLanes) !== row) continue;
        const at = 2 * k * (n + 1);
        if (m[at + 1] !== 0) real = false;
        if (m[at] !== 1) unit = false;
      }
      if (!(real && unit)) cost += ((real ? 2 : 6) + 4) / 2 ** above + OVERHEAD;
    }
    return cost;
  }
  const target = controlledTarget(m, positions.length);
  if (target < 0) return DENSE_COST + OVERHEAD;
  const inLane = (positions[target] as number) < lanes;
  const controls = above - (inLane ? 0 : 1);
  if (inLane) return ONE_COST.lane / 2 ** controls + OVERHEAD;
  const [ar, ai, br, bi, cr, ci, dr, di] = Array.from(innerMatrix(m, positions.length, target));
  const real = ai === 0 && bi === 0 && ci === 0 && di === 0;
  const exchange = real && ar === 0 && br === 1 && cr === 1 && dr === 0;
  const cost = exchange ? ONE_COST.exchange : real ? ONE_COST.real : ONE_COST.complex;
  return cost / 2 ** controls + OVERHEAD;
}
