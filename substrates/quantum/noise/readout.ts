/** Wrong answers of a measurement. */
import { checkWeight } from "./standard.ts";

/** How often one bit is read wrongly. */
export interface Confusion {
  /** Probability to read 1 where 0 was. */
  readonly p1Given0: number;
  /** Probability to read 0 where 1 was. */
  readonly p0Given1: number;
}

/** @throws ArqonError `NOISE_INVALID` unless both are in [0, 1]. */
export function confusion(p1Given0: number, p0Given1: number): Confusion {
  return {
    p1Given0: checkWeight("p(1|0)", p1Given0),
    p0Given1: checkWeight("p(0|1)", p0Given1),
  };
}

/** Columns prepared, rows read: [[1 - p10, p01], [p10, 1 - p01]], row-major. */
export function confusionMatrix({ p1Given0, p0Given1 }: Confusion): [number, number, number, number] {
  return [1 - p1Given0, p0Given1, p1Given0, 1 - p0Given1];
}

/**
 * What is read of a distribution; bit k of an index is read with `confusions[k]`, or as it is where that is undefined.
 *
 * @param probabilities  2^bits numbers; not changed.
 */
export function readDistribution(
  probabilities: Float64Array,
  confusions: readonly (Confusion | undefined)[],
): Float64Array {
  let out = probabilities.slice();
  for (const [bit, one] of confusions.entries()) {
    if (one === undefined) continue;
    const [a, b, c, d] = confusionMatrix(one);
    const next = new Float64Array(out.length);
    for (let i = 0; i < out.length; i++) {
      if ((i >> bit) & 1) continue;
      const j = i | (1 << bit);
      next[i] = a * (out[i] as number) + b * (out[j] as number);
      next[j] = c * (out[i] as number) + d * (out[j] as number);
    }
    out = next;
  }
  return out;
}
