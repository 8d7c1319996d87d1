/** What the kernel can do, and how a small matrix is brought to it. */
import type { Matrix } from "@arqon/core/math";

/** Kinds of kernel operations; the numbers are those of `kernel/assembly/index.ts`. */
export const KIND = {
  oneComplex: 0,
  oneReal: 1,
  exchange: 2,
  laneComplex: 3,
  scaleComplex: 4,
  scaleReal: 5,
  twoLane: 6,
  two: 7,
} as const;

/** One kernel operation on positions of the state. Position 0 is the lane: two amplitudes in one vector. */
export interface Operation {
  readonly kind: number;
  /** Positions above 0 the kernel loops around, ascending. */
  readonly around: readonly number[];
  /** Those of them that are fixed to 1. */
  readonly fixed: readonly number[];
  /** Positions whose two halves are combined; at most two, ascending. */
  readonly targets: readonly number[];
  /** Only odd amplitudes change. */
  readonly odd: boolean;
  /** As stored in the record. */
  readonly coefficients: Float64Array;
  /** All positions it touches, as bits. */
  readonly mask: number;
  /** Vector instructions per vector of the state, with loads and stores. */
  readonly cost: number;
}

/** Vector instructions per vector, with loads and stores. */
const ONE_COST = { exchange: 4, real: 10, complex: 18, lane: 20 } as const;
const DENSE_COST = 42;

const entry = (m: Matrix, n: number, r: number, c: number): [number, number] => [
  m[2 * (r * n + c)] as number,
  m[2 * (r * n + c) + 1] as number,
];
const splat = (values: readonly number[]): Float64Array => Float64Array.from(values.flatMap((v) => [v, v]));
const bitsOf = (positions: readonly number[]): number => positions.reduce((mask, p) => mask | (1 << p), 0);
const ascending = (a: number, b: number): number => a - b;

/** Phases on the diagonal: one scaling for each part of the state whose factor is not 1. */
function scalings(m: Matrix, positions: readonly number[]): Operation[] {
  const n = 1 << positions.length;
  const lane = positions.indexOf(0);
  const around = positions.filter((p) => p > 0).sort(ascending);
  const out: Operation[] = [];
  for (let row = 0; row < n; row++) {
    if (lane >= 0 && (row >> lane) & 1) continue;
    const even = entry(m, n, row, row);
    const odd = lane < 0 ? even : entry(m, n, row | (1 << lane), row | (1 << lane));
    const real = even[1] === 0 && odd[1] === 0;
    if (real && even[0] === 1 && odd[0] === 1) continue;
    out.push({
      kind: real ? KIND.scaleReal : KIND.scaleComplex,
      around,
      fixed: positions.filter((p, bit) => p > 0 && (row >> bit) & 1).sort(ascending),
      targets: [],
      odd: false,
      coefficients: Float64Array.of(even[0], odd[0], even[1], odd[1]),
      mask: bitsOf(positions),
      cost: ((real ? 2 : 6) + 4) / 2 ** around.length,
    });
  }
  return out;
}

/** A one-qubit matrix under controls. */
function controlledOne(u: Matrix, target: number, controls: readonly number[]): Operation {
  const around = controls
    .concat(target)
    .filter((p) => p > 0)
    .sort(ascending);
  const fixed = controls.filter((p) => p > 0).sort(ascending);
  const share = 1 / 2 ** fixed.length;
  const common = { around, fixed, odd: controls.includes(0), mask: bitsOf(controls) | (1 << target) };
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
  if (target === 0) {
    const coefficients = Float64Array.of(ar, dr, ai, di, br, cr, bi, ci);
    return { ...common, kind: KIND.laneComplex, targets: [], coefficients, cost: ONE_COST.lane * share };
  }
  const targets = [target];
  const real = ai === 0 && bi === 0 && ci === 0 && di === 0;
  if (real && ar === 0 && dr === 0 && br === 1 && cr === 1)
    return {
      ...common,
      kind: KIND.exchange,
      targets,
      coefficients: new Float64Array(0),
      cost: ONE_COST.exchange * share,
    };
  if (real)
    return {
      ...common,
      kind: KIND.oneReal,
      targets,
      coefficients: splat([ar, br, cr, dr]),
      cost: ONE_COST.real * share,
    };
  return {
    ...common,
    kind: KIND.oneComplex,
    targets,
    coefficients: splat(Array.from(u)),
    cost: ONE_COST.complex * share,
  };
}

/** Any matrix on two positions; bit 0 of its index is `positions[0]`, the lower one. */
function dense(m: Matrix, positions: readonly [number, number]): Operation {
  const [low, high] = positions;
  const common = { fixed: [], odd: false, mask: bitsOf(positions), cost: DENSE_COST };
  if (low > 0) return { ...common, kind: KIND.two, around: positions, targets: positions, coefficients: m };
  const values: number[] = [];
  for (let row = 0; row < 2; row++)
    for (const [column, flip] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const)
      for (const part of [0, 1] as const)
        for (let lane = 0; lane < 2; lane++)
          values.push(entry(m, 4, 2 * row + lane, 2 * column + (lane ^ flip))[part]);
  return {
    ...common,
    kind: KIND.twoLane,
    around: [high],
    targets: [high],
    coefficients: Float64Array.from(values),
  };
}

function isDiagonal(m: Matrix, n: number): boolean {
  for (let r = 0; r < n; r++)
    for (let c = 0; c < n; c++)
      if (r !== c && (m[2 * (r * n + c)] !== 0 || m[2 * (r * n + c) + 1] !== 0)) return false;
  return true;
}

/** The target bit when the matrix does nothing unless all other bits are 1; -1 when there is none. */
function controlledTarget(m: Matrix, qubits: number): number {
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

/**
 * Kernel operations that do what a matrix does; none for the unit matrix.
 *
 * @param positions  of the matrix's index bits; ascending where there are two.
 * @returns          `undefined` for a matrix of three or more qubits that is not a controlled one-qubit gate.
 */
export function lower(m: Matrix, positions: readonly number[]): Operation[] | undefined {
  const n = 1 << positions.length;
  if (positions.length <= 2 && isDiagonal(m, n)) return scalings(m, positions);
  const target = controlledTarget(m, positions.length);
  if (target >= 0) {
    const on = (n - 1) & ~(1 << target);
    const at = [on, on | (1 << target)];
    const u = Float64Array.from(at.flatMap((r) => at.flatMap((c) => entry(m, n, r, c))));
    return [
      controlledOne(
        u,
        positions[target] as number,
        positions.filter((_, bit) => bit !== target),
      ),
    ];
  }
  return positions.length === 2 ? [dense(m, positions as unknown as [number, number])] : undefined;
}

/** Each operation costs a little by being there at all. */
const OVERHEAD = 0.5;

/** What the operations of {@link lower} cost together, for one or two qubits, without making them. */
export function costOf(m: Matrix, positions: readonly number[]): number {
  const n = 1 << positions.length;
  const lane = positions.indexOf(0);
  if (isDiagonal(m, n)) {
    let cost = 0;
    for (let row = 0; row < n; row++) {
      if (lane >= 0 && (row >> lane) & 1) continue;
      const at = 2 * row * (n + 1);
      const odd = lane < 0 ? at : 2 * (row | (1 << lane)) * (n + 1);
      const real = m[at + 1] === 0 && m[odd + 1] === 0;
      if (real && m[at] === 1 && m[odd] === 1) continue;
      cost += ((real ? 2 : 6) + 4) / 2 ** (positions.length - (lane >= 0 ? 1 : 0)) + OVERHEAD;
    }
    return cost;
  }
  const target = controlledTarget(m, positions.length);
  if (target < 0) return DENSE_COST + OVERHEAD;
  const controls = positions.length - 1 - (lane >= 0 && lane !== target ? 1 : 0);
  if (lane === target) return ONE_COST.lane / 2 ** controls + OVERHEAD;
  const u = [0, 1, 2, 3].map((k) => {
    const on = (n - 1) & ~(1 << target);
    return 2 * ((on | ((k >> 1) << target)) * n + (on | ((k & 1) << target)));
  });
  const real = u.every((at) => m[at + 1] === 0);
  const exchange = real && u.every((at, k) => m[at] === (k === 1 || k === 2 ? 1 : 0));
  const cost = exchange ? ONE_COST.exchange : real ? ONE_COST.real : ONE_COST.complex;
  return cost / 2 ** controls + OVERHEAD;
}
