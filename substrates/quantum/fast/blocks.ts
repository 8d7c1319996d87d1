/** Sizes of blocks: what stays in the cache while several things are done to it. */
import type { Precision } from "../precision.ts";
import { BLOCK_BITS } from "./schedule.ts";

/** Amplitudes of a block of a layer, log2: a state has at least 2^least; one of at most 2^most is one block. */
export const LAYER_BITS = { least: 4, most: 14 } as const;

/** Positions rotated in one sweep over rows far apart. */
export const ROWS_AT_ONCE = 6;
/** Of a row, taken together: 256 bytes. */
export const CHUNK_BYTES = 256;

/** The block of a layer on 2^active amplitudes; a part of what a run means, since tables are products. */
export function layerBits(active: number): number {
  return Math.min(Math.max(LAYER_BITS.least, active), LAYER_BITS.most);
}

const SKEW = 4096 + 64;

/** What each thread has for itself: the tables of a layer, or gathered rows. */
export function areaBytes(precision: Precision, width: number): number {
  const bits = layerBits(width);
  const table = 8 * 2 ** bits + SKEW;
  const layer =
    (precision === "f32" ? 3 : 2) * table + SKEW + 512 + 32 * 64 + 16 * 2 ** Math.max(6, bits - 6);
  const gathered = 2 * 8 * 2 ** BLOCK_BITS + SKEW;
  return Math.ceil(Math.max(layer, gathered) / 4096) * 4096;
}
