/** Sizes of blocks: what stays in the cache while several things are done to it. A part of what a run means, since tables are products. */
import type { Precision } from "../precision.ts";
import { BLOCK_BITS } from "./schedule.ts";

/** Positions below this one are within a part of a block that stays in the nearest cache; see `kernel/assembly/layer.ts`. */
export const PART_BITS = 11;

/** A table of a diagonal covers at most 2^this amplitudes. */
export const TABLE_BITS = 14;

/** Gathered rows: four cache lines where possible, never less than a line of `f32`. */
export const ROW_BITS = { f32: 6, f64: 5, least: 4 } as const;

/** Amplitudes of a block of a sweep, log2: at most half a mebibyte. */
export function blockBits(precision: Precision): { readonly least: number; readonly most: number } {
  return { least: LEAST_WIDTH, most: precision === "f32" ? 16 : 15 };
}

/** A state has at least 2^this amplitudes. */
export const LEAST_WIDTH = 4;

const SKEW = 4096 + 64;

/** What each thread has for itself: the tables of a layer, or gathered rows. */
export function areaBytes(precision: Precision, width: number): number {
  const bits = Math.min(width, TABLE_BITS);
  const table = 8 * 2 ** bits + SKEW;
  const rows =
    width > TABLE_BITS ? 2 * (precision === "f32" ? 4 : 8) * 2 ** blockBits(precision).most + SKEW : 0;
  const layer =
    (precision === "f32" ? 3 : 2) * table + SKEW + 512 + 32 * 64 + 16 * 2 ** (TABLE_BITS - 6) + 64 + rows;
  const gathered = 2 * 8 * 2 ** BLOCK_BITS + SKEW;
  return Math.ceil(Math.max(layer, gathered) / 4096) * 4096;
}
