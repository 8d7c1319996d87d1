/** Draws basis states from a final state. */
import type { RealArray } from "../precision.ts";
import type { State } from "./state.ts";

const BLOCK = 4096;

/**
 * For each number in [0, 1) the basis state at that place of the cumulative distribution, counted.
 * Sums run in index order: blocks of 4096, then the blocks.
 *
 * @param uniforms  is sorted in place.
 * @returns         how often each index came, in ascending order of the index.
 */
export function drawIndices(state: State<RealArray>, uniforms: Float64Array): Map<number, number> {
  const { re, im } = state;
  const size = 2 ** state.active;
  const blocks = Math.ceil(size / BLOCK);
  const sums = new Float64Array(blocks);
  let total = 0;
  for (let b = 0; b < blocks; b++) {
    let sum = 0;
    for (let i = b * BLOCK; i < Math.min(size, (b + 1) * BLOCK); i++)
      sum += (re[i] as number) * (re[i] as number) + (im[i] as number) * (im[i] as number);
    sums[b] = sum;
    total += sum;
  }
  uniforms.sort();
  const counts = new Map<number, number>();
  let [drawn, before, last] = [0, 0, 0];
  for (let b = 0; b < blocks && drawn < uniforms.length; b++) {
    const end = before + (sums[b] as number);
    if ((uniforms[drawn] as number) * total < end) {
      let sum = 0;
      for (let i = b * BLOCK; i < Math.min(size, (b + 1) * BLOCK); i++) {
        const weight = (re[i] as number) * (re[i] as number) + (im[i] as number) * (im[i] as number);
        if (weight === 0) continue;
        sum += weight;
        last = i;
        const from = drawn;
        while (drawn < uniforms.length && (uniforms[drawn] as number) * total < before + sum) drawn++;
        if (drawn > from) counts.set(i, drawn - from);
      }
    }
    before = end;
  }
  // Rounding can leave the last few numbers past the last sum: they belong to the last state that has weight.
  if (drawn < uniforms.length) {
    last = lastWithWeight(state, last);
    counts.set(last, (counts.get(last) ?? 0) + uniforms.length - drawn);
  }
  return counts;
}

function lastWithWeight({ re, im, active }: State<RealArray>, otherwise: number): number {
  for (let i = 2 ** active - 1; i >= 0; i--) if (re[i] !== 0 || im[i] !== 0) return i;
  return otherwise;
}
