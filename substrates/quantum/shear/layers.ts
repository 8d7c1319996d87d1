/** A circuit as layers: a diagonal, rotations of some positions, a diagonal, and so on. */
import type { Matrix } from "@arqon/core/math";
import { multiply } from "@arqon/core/math";
import { type Complex, ONE, times } from "./complex.ts";
import { type Pair, pairKey } from "./pair.ts";

/** A product of phases: one for each value of a position, and one where two positions are both 1. */
export class Diagonal {
  /** Factors where the position is 0 and where it is 1. */
  readonly ones: Map<number, readonly [zero: Complex, one: Complex]> = new Map();
  readonly pairs: Map<number, Pair> = new Map();

  one(position: number, zero: Complex, one: Complex): void {
    const before = this.ones.get(position);
    this.ones.set(position, before ? [times(before[0], zero), times(before[1], one)] : [zero, one]);
  }

  pair(low: number, high: number, factor: Complex): void {
    const key = pairKey(low, high);
    const before = this.pairs.get(key);
    this.pairs.set(key, { low, high, factor: before ? times(before.factor, factor) : factor });
  }
}

/** One diagonal, then matrices on single positions. */
export interface Layer {
  readonly diagonal: Diagonal;
  readonly turns: Map<number, Matrix>;
}

/**
 * Collects gates into as few layers as their order allows: a diagonal goes as early as the last rotations of its
 * positions let it, a one-qubit gate joins the last one on its position unless a diagonal came between.
 */
export class Layering {
  readonly layers: Layer[] = [];
  /** Last layer in which a position turns, -1 for none; and the first in which it may turn next. */
  readonly #turned: Int32Array;
  readonly #free: Int32Array;

  constructor(width: number) {
    this.#turned = new Int32Array(width).fill(-1);
    this.#free = new Int32Array(width);
  }

  one(position: number, matrix: Matrix): void {
    const turned = this.#turned[position] as number;
    const free = this.#free[position] as number;
    if (free <= turned) {
      const { turns } = this.layers[turned] as Layer;
      turns.set(position, multiply(matrix, turns.get(position) as Matrix, 2));
    } else if (isDiagonal(matrix)) {
      const entry = (k: number): Complex => [matrix[k] as number, matrix[k + 1] as number];
      this.#layer(turned + 1).diagonal.one(position, entry(0), entry(6));
      this.#free[position] = Math.max(free, turned + 1);
    } else {
      this.#layer(free).turns.set(position, matrix);
      this.#turned[position] = free;
    }
  }

  /** diag(phases), bit 0 of the index at `a` and bit 1 at `b`. */
  two(a: number, b: number, phases: readonly [Complex, Complex, Complex, Complex]): void {
    const [none, first, second, both] = phases;
    const unit = (value: Complex): Complex => [value[0], -value[1]];
    this.one(a, diagonal(ONE, times(first, unit(none))));
    this.one(b, diagonal(none, second));
    const factor = times(times(both, none), times(unit(first), unit(second)));
    if (factor[0] === 1 && factor[1] === 0) return;
    const at = 1 + Math.max(this.#turned[a] as number, this.#turned[b] as number);
    this.#layer(at).diagonal.pair(Math.min(a, b), Math.max(a, b), factor);
    for (const p of [a, b]) this.#free[p] = Math.max(this.#free[p] as number, at);
  }

  #layer(k: number): Layer {
    while (this.layers.length <= k) this.layers.push({ diagonal: new Diagonal(), turns: new Map() });
    return this.layers[k] as Layer;
  }
}

function diagonal(zero: Complex, one: Complex): Matrix {
  return Float64Array.of(zero[0], zero[1], 0, 0, 0, 0, one[0], one[1]);
}

function isDiagonal(m: Matrix): boolean {
  return m[2] === 0 && m[3] === 0 && m[4] === 0 && m[5] === 0;
}
