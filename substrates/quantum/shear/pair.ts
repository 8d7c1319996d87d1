/** Terms of two positions. */
import type { Complex } from "./complex.ts";

/** A factor where both positions are 1; low < high. */
export interface Pair {
  readonly low: number;
  readonly high: number;
  readonly factor: Complex;
}

export function pairKey(low: number, high: number): number {
  return high * 64 + low;
}
