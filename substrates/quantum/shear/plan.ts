/** Layers as sweeps over the state: where each term and each rotation is done. */
import { CHUNK_BYTES, layerBits, ROWS_AT_ONCE } from "../fast/blocks.ts";
import { type Complex, ONE, over, scaled, times } from "./complex.ts";
import { Diagonal, type Layer } from "./layers.ts";
import { type Split, split } from "./split.ts";

/** A factor where the bits of `mask` are `value`; see `kernel/assembly/layer.ts`. */
export interface Term {
  readonly mask: number;
  readonly value: number;
  readonly position: number;
  readonly kind: 0 | 1;
  readonly factor: Complex;
}

/** Rotation of a position: x' = x - t y, y' = y + t x. */
export interface Turn {
  readonly position: number;
  readonly t: number;
}

/** What is done to every block of 2^bits neighbouring amplitudes. */
export interface BlockSweep {
  readonly bits: number;
  /** Factor of all amplitudes, or nothing where no diagonal is due. */
  readonly base: Complex | undefined;
  readonly table: readonly Term[];
  readonly above: readonly Term[];
  readonly across: readonly Term[];
  /** Of lane 0 and lane 1. */
  readonly lanes: readonly [number, number];
  readonly passes: readonly (readonly Turn[])[];
}

/** One layer on 2^active amplitudes. */
export interface LayerPlan {
  readonly active: number;
  readonly block: BlockSweep;
  /** Rotations of positions above the block, one sweep each. */
  readonly rows: readonly (readonly Turn[])[];
  /** Vector instructions per vector of the state, with loads and stores. */
  readonly cost: number;
}

/** Layers ready to run; at the end amplitude i belongs to i xor `frame`. */
export interface ShearPlan {
  readonly layers: readonly LayerPlan[];
  readonly frame: number;
  readonly active: number;
}

const isOne = ([re, im]: Complex): boolean => re === 1 && im === 0;

/** Plans layers one after the other. */
export class ShearPlanner {
  readonly #lanes: number;
  readonly #frame: Uint8Array;
  #active: number;
  /** Factor of everything, and phases of positions, that are still to be applied. */
  #base: Complex = ONE;
  #carried = new Diagonal();
  readonly #plans: LayerPlan[] = [];

  /** @param active  amplitudes from 2^active on are 0 at the start. */
  constructor(width: number, active: number, lanes: number) {
    this.#frame = new Uint8Array(width);
    this.#active = active;
    this.#lanes = lanes;
  }

  add({ diagonal, turns }: Layer): void {
    const due = this.#carried;
    this.#carried = new Diagonal();
    for (const [position, [zero, one]] of diagonal.ones) due.one(position, zero, one);
    for (const { low, high, factor } of diagonal.pairs.values()) due.pair(low, high, factor);
    const splits = new Map<number, Split>();
    for (const [position, matrix] of turns) {
      const parts = split(matrix);
      splits.set(position, parts);
      due.one(position, ...parts.right);
    }
    const top = [...splits].reduce((most, [p, { sine }]) => (sine > 0 ? Math.max(most, p + 1) : most), 0);
    const active = Math.max(this.#active, top);
    const bits = layerBits(active);
    const terms = this.#terms(due, bits);
    const rotations = this.#turns(splits);
    this.#active = active;
    this.#push(bits, terms, rotations);
  }

  finish(): ShearPlan {
    const bits = layerBits(this.#active);
    const due = this.#carried;
    this.#carried = new Diagonal();
    this.#push(bits, this.#terms(due, bits, true), []);
    const frame = this.#frame.reduce((mask, bit, position) => mask | (bit << position), 0);
    return { layers: this.#plans, frame, active: this.#active };
  }

  /** The terms that are due, in bits of the state; nothing where only a common factor is left, which can wait. */
  #terms(due: Diagonal, bits: number, last = false): Pick<BlockSweep, "base" | "table" | "above" | "across"> {
    const [table, above, across]: [Term[], Term[], Term[]] = [[], [], []];
    const linear: Complex[] = Array.from({ length: bits }, () => ONE);
    let some = false;
    for (const [position, phases] of due.ones) {
      const frame = this.#frame[position] as number;
      const [here, there] = frame ? [phases[1], phases[0]] : phases;
      this.#base = times(this.#base, here);
      if (position >= this.#active) continue;
      const factor = over(there, here);
      if (isOne(factor)) continue;
      some = true;
      if (position < bits) linear[position] = factor;
      else {
        const bit = 1 << (position - bits);
        above.push({ mask: bit, value: bit, position: 0, kind: 0, factor });
      }
    }
    const within: Term[][] = linear.map(() => []);
    for (const { low, high, factor } of due.pairs.values()) {
      if (high >= this.#active || isOne(factor)) continue;
      some = true;
      const [p, q] = [1 - (this.#frame[low] as number), 1 - (this.#frame[high] as number)];
      if (high < bits)
        within[high]?.push({ mask: low, value: p | (q << 1), position: high, kind: 1, factor });
      else if (low >= bits) {
        const [a, b] = [low - bits, high - bits];
        above.push({ mask: (1 << a) | (1 << b), value: (p << a) | (q << b), position: 0, kind: 0, factor });
      } else {
        const b = high - bits;
        across.push({ mask: 1 << b, value: q << b, position: low, kind: p ? 0 : 1, factor });
      }
    }
    if (!some && !(last && !isOne(this.#base))) return { base: undefined, table, above, across };
    for (const [position, factor] of linear.entries())
      table.push({ mask: 0, value: 0, position, kind: 0, factor }, ...(within[position] ?? []));
    const base = this.#base;
    this.#base = ONE;
    return { base, table, above, across };
  }

  /** Rotations in bits of the state; exchanged halves, cosines and phases are carried on. */
  #turns(splits: ReadonlyMap<number, Split>): Turn[] {
    const turns: Turn[] = [];
    for (const [position, { left, cosine, sine }] of splits) {
      this.#carried.one(position, ...left);
      if (sine === 0) continue;
      const frame = this.#frame[position] as number;
      const sign = frame ? -1 : 1;
      if (cosine >= sine) {
        turns.push({ position, t: (sign * sine) / cosine });
        this.#base = scaled(this.#base, cosine);
      } else {
        if (cosine > 0) turns.push({ position, t: (-sign * cosine) / sine });
        this.#frame[position] = 1 - frame;
        this.#base = scaled(this.#base, sine);
        this.#carried.one(position, [-1, 0], ONE);
      }
    }
    return turns.sort((a, b) => a.position - b.position);
  }

  #push(
    bits: number,
    terms: Pick<BlockSweep, "base" | "table" | "above" | "across">,
    turns: readonly Turn[],
  ): void {
    const lanes: [number, number] = [0, 0];
    const [low, high]: [Turn[], Turn[]] = [[], []];
    for (const turn of turns) {
      if (turn.position < this.#lanes) lanes[turn.position] = turn.t;
      else if (turn.position < bits) low.push(turn);
      else high.push(turn);
    }
    const block = { ...terms, bits, lanes, passes: dealt(low, 3) };
    const rows = dealt(high, ROWS_AT_ONCE);
    const cost = costOf(block, rows);
    if (cost > 0) this.#plans.push({ active: this.#active, block, rows, cost });
  }
}

/** In order, in as few lists of at most `most` as there must be, about equally long. */
function dealt(turns: readonly Turn[], most: number): Turn[][] {
  const lists = Math.ceil(turns.length / most);
  const out: Turn[][] = [];
  for (let k = 0; k < lists; k++)
    out.push(
      turns.slice(Math.floor((turns.length * k) / lists), Math.floor((turns.length * (k + 1)) / lists)),
    );
  return out;
}

/** Vector instructions per vector; sweeps over rows apart are dearer than their instructions. */
const MOVE = 4;
const TURN = 4;
const ROWS = 8;

function costOf({ base, across, lanes, passes }: BlockSweep, rows: LayerPlan["rows"]): number {
  let cost = 0;
  if (base) cost += MOVE + 8 + (across.length > 0 ? 8 : 4);
  if (lanes[0] !== 0 || lanes[1] !== 0) cost += TURN + (base ? 0 : MOVE);
  for (const pass of passes) cost += MOVE + TURN * pass.length;
  for (const group of rows) cost += MOVE + TURN * group.length + ROWS;
  return cost;
}

/** Chunks of a sweep over rows: what its positions are counted in, log2 of amplitudes. */
export function chunkBits(realBytes: number): number {
  return 31 - Math.clz32(CHUNK_BYTES / realBytes);
}
