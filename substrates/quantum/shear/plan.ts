/**
 * Layers as sweeps over the state. Rotations commute, so a sweep ends one layer on the positions it reaches, does the
 * diagonal between the two and begins the next layer there: with two layouts, a sweep and a layer are as many.
 */

import { PART_BITS } from "../fast/blocks.ts";
import type { Precision } from "../precision.ts";
import { type Complex, ONE, over, scaled, times } from "./complex.ts";
import { Diagonal, type Layer } from "./layers.ts";
import { type Layout, layoutsOf } from "./layout.ts";
import { type Split, split } from "./split.ts";

/** A factor where the bits of `mask` are `value`; see `kernel/assembly/layer.ts`. */
export interface Term {
  readonly mask: number;
  readonly value: number;
  readonly position: number;
  readonly kind: 0 | 1;
  readonly factor: Complex;
}

/** A diagonal on blocks: a factor of everything, terms within a block, above it, and across. */
export interface Terms {
  readonly base: Complex;
  readonly table: readonly Term[];
  readonly above: readonly Term[];
  readonly across: readonly Term[];
}

/** Rotation of a bit of a block: x' = x - t y, y' = y + t x. */
export interface Turn {
  readonly position: number;
  readonly t: number;
}

/** Rotations of a layer in one layout. */
export interface Turns {
  /** Of lane 0 and lane 1. */
  readonly lanes: readonly [number, number];
  /** Of positions within a part of a block, up to three at a time. */
  readonly passes: readonly (readonly Turn[])[];
  /** Of the positions of a block above its parts, lowest first; the last pass is done while rows are gathered. */
  readonly outer: readonly (readonly Turn[])[];
}

/** What is done to every block of 2^active amplitudes. */
export interface Sweep {
  readonly active: number;
  readonly layout: Layout;
  readonly before: Turns;
  readonly diagonal: Terms | undefined;
  readonly after: Turns;
  /** Vector instructions per vector of the state, with loads and stores. */
  readonly cost: number;
}

/** Sweeps ready to run; at the end amplitude i belongs to i xor `frame`. */
export interface ShearPlan {
  readonly sweeps: readonly Sweep[];
  readonly frame: number;
  readonly active: number;
}

/** A diagonal that is due, in bits of the state: factors where a position is 1, and where two have given values. */
interface Due {
  readonly base: Complex;
  readonly ones: readonly { readonly position: number; readonly factor: Complex }[];
  readonly pairs: readonly {
    readonly low: number;
    readonly high: number;
    /** Values of the two positions: low, and twice high. */
    readonly value: number;
    readonly factor: Complex;
  }[];
}

const isOne = ([re, im]: Complex): boolean => re === 1 && im === 0;
const NONE: Turns = { lanes: [0, 0], passes: [], outer: [] };

/** Plans layers one after the other. */
export class ShearPlanner {
  readonly #precision: Precision;
  readonly #lanes: number;
  readonly #frame: Uint8Array;
  #active: number;
  #layouts: readonly Layout[] = [];
  /** Factor of everything, and phases of positions, that are still to be applied. */
  #base: Complex = ONE;
  #carried = new Diagonal();
  readonly #sweeps: Sweep[] = [];
  /** The last sweep, as long as a diagonal can still join it. */
  #open: { readonly layout: Layout; readonly turns: Turns } | undefined;

  /** @param active  amplitudes from 2^active on are 0 at the start. */
  constructor(width: number, active: number, precision: Precision) {
    this.#frame = new Uint8Array(width);
    this.#active = active;
    this.#precision = precision;
    this.#lanes = precision === "f32" ? 2 : 1;
    this.#layouts = layoutsOf(active, precision);
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
    if (top > this.#active) {
      this.#close();
      this.#active = top;
      this.#layouts = layoutsOf(top, this.#precision);
    }
    const terms = this.#due(due);
    const rotations = this.#turns(splits);
    const groups = this.#layouts
      .map((layout) => ({ layout, turns: this.#dealt(layout, rotations) }))
      .filter(({ turns }) => turns !== NONE);
    const own = this.#open?.layout ?? groups[0]?.layout ?? (this.#layouts[0] as Layout);
    const mine = groups.find(({ layout }) => layout === own);
    this.#push(own, this.#open?.turns ?? NONE, terms && placed(terms, own), mine?.turns ?? NONE);
    this.#open = undefined;
    for (const group of groups) {
      if (group === mine) continue;
      this.#close();
      this.#open = group;
    }
  }

  finish(): ShearPlan {
    const due = this.#carried;
    this.#carried = new Diagonal();
    const terms = this.#due(due, true);
    const layout = this.#open?.layout ?? (this.#layouts[0] as Layout);
    this.#push(layout, this.#open?.turns ?? NONE, terms && placed(terms, layout), NONE);
    const frame = this.#frame.reduce((mask, bit, position) => mask | (bit << position), 0);
    return { sweeps: this.#sweeps, frame, active: this.#active };
  }

  /** What is due, nothing where only a common factor is left, which can wait. */
  #due(due: Diagonal, last = false): Due | undefined {
    const ones: { position: number; factor: Complex }[] = [];
    for (const [position, phases] of due.ones) {
      const [here, there] = this.#frame[position] ? [phases[1], phases[0]] : phases;
      this.#base = times(this.#base, here);
      if (position >= this.#active) continue;
      const factor = over(there, here);
      if (!isOne(factor)) ones.push({ position, factor });
    }
    const pairs = [];
    for (const { low, high, factor } of due.pairs.values()) {
      if (high >= this.#active || isOne(factor)) continue;
      const value = 3 - (this.#frame[low] as number) - 2 * (this.#frame[high] as number);
      pairs.push({ low, high, value, factor });
    }
    if (ones.length + pairs.length === 0 && !(last && !isOne(this.#base))) return undefined;
    const base = this.#base;
    this.#base = ONE;
    return { base, ones, pairs };
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

  /** Those rotations that a layout is for. */
  #dealt(layout: Layout, rotations: readonly Turn[]): Turns {
    const lanes: [number, number] = [0, 0];
    const [rest, outer]: [Turn[], Turn[]] = [[], []];
    for (const { position, t } of rotations) {
      if (!layout.turns(position)) continue;
      const bit = layout.bit(position);
      if (bit < this.#lanes) lanes[bit] = t;
      else (bit < PART_BITS ? rest : outer).push({ position: bit, t });
    }
    if (rest.length + outer.length === 0 && lanes[0] === 0 && lanes[1] === 0) return NONE;
    return { lanes, passes: passes(rest), outer: passes(outer) };
  }

  #close(): void {
    if (this.#open) this.#push(this.#open.layout, this.#open.turns, undefined, NONE);
    this.#open = undefined;
  }

  #push(layout: Layout, before: Turns, diagonal: Terms | undefined, after: Turns): void {
    if (before === NONE && !diagonal && after === NONE) return;
    const cost = costOf(layout, before, diagonal, after);
    this.#sweeps.push({ active: this.#active, layout, before, diagonal, after, cost });
  }
}

/** Up to three positions at a time, in order, the fewest first. */
function passes(turns: readonly Turn[]): Turn[][] {
  const count = Math.ceil(turns.length / 3);
  const cut = (k: number): number => turns.length - Math.min(turns.length, 3 * (count - k));
  return Array.from({ length: count }, (_, k) => turns.slice(cut(k), cut(k + 1)));
}

/** A diagonal in the bits of a layout's tables; what is above a table is told by the table's number. */
function placed({ base, ones, pairs }: Due, layout: Layout): Terms {
  const [table, above, across]: [Term[], Term[], Term[]] = [[], [], []];
  const { tableBits } = layout;
  const linear: Complex[] = Array.from({ length: tableBits }, () => ONE);
  for (const { position, factor } of ones) {
    const bit = layout.bit(position);
    const number = 1 << (bit - tableBits);
    if (bit < tableBits) linear[bit] = factor;
    else above.push({ mask: number, value: number, position: 0, kind: 0, factor });
  }
  const within: Term[][] = linear.map(() => []);
  for (const { low, high, value, factor } of pairs) {
    const [a, b] = [layout.bit(low), layout.bit(high)];
    const [p, q] = [value & 1, value >> 1];
    const [atA, atB] = [a - tableBits, b - tableBits];
    if (atA < 0 && atB < 0) within[b]?.push({ mask: a, value, position: b, kind: 1, factor });
    else if (atA >= 0 && atB >= 0)
      above.push({
        mask: (1 << atA) | (1 << atB),
        value: (p << atA) | (q << atB),
        position: 0,
        kind: 0,
        factor,
      });
    else if (atA < 0) across.push({ mask: 1 << atB, value: q << atB, position: a, kind: p ? 0 : 1, factor });
    else across.push({ mask: 1 << atA, value: p << atA, position: b, kind: q ? 0 : 1, factor });
  }
  for (const [position, factor] of linear.entries())
    table.push({ mask: 0, value: 0, position, kind: 0, factor }, ...(within[position] ?? []));
  return { base, table, above, across };
}

/** Vector instructions per vector. */
const MOVE = 4;
const TURN = 4;

function costOf(layout: Layout, before: Turns, diagonal: Terms | undefined, after: Turns): number {
  let cost = 0;
  const lanes = [...before.lanes, ...after.lanes].filter((t) => t !== 0).length;
  if (diagonal) cost += MOVE + 8 + (diagonal.across.length > 0 ? 8 : 4);
  if (lanes > 0) cost += (TURN / 2) * lanes + (diagonal ? 0 : MOVE);
  for (const { passes, outer } of [before, after]) {
    for (const pass of [...passes, ...outer]) cost += MOVE + TURN * pass.length;
    if (layout.high.length > 0 && outer.at(-1)?.length !== 3) cost += MOVE;
  }
  return cost;
}
