/** The end of noisy shots: basis states drawn from weights, read with errors, counted by key. */
import type { Register } from "../circuit.ts";
import { outcomeKey } from "../simulate/counts.ts";
import type { NoisyMeasurement, NoisyProgram } from "./program.ts";
import type { Confusion } from "./readout.ts";
import { PURPOSE, type ShotUniforms } from "./uniform.ts";

const BLOCK = 4096;

/**
 * For each number in [0, 1) the index at that place of the cumulative weights. What one number gets does not depend on the others.
 *
 * @param weights  not negative, not normalised; sums run in index order: blocks of 4096, then the blocks.
 */
export function drawEach(weights: Float64Array, uniforms: Float64Array): Uint32Array {
  const blocks = Math.ceil(weights.length / BLOCK);
  const ends = new Float64Array(blocks);
  let total = 0;
  for (let b = 0; b < blocks; b++) {
    let sum = 0;
    const end = Math.min(weights.length, (b + 1) * BLOCK);
    for (let i = b * BLOCK; i < end; i++) sum += weights[i] as number;
    total += sum;
    ends[b] = total;
  }
  const order = Uint32Array.from({ length: uniforms.length }, (_, k) => k);
  if (order.length > 1) order.sort((a, b) => (uniforms[a] as number) - (uniforms[b] as number));
  const out = new Uint32Array(uniforms.length);
  let [k, last] = [0, 0];
  for (let b = 0; b < blocks && k < order.length; b++) {
    if ((uniforms[order[k] as number] as number) * total >= (ends[b] as number)) continue;
    let sum = b === 0 ? 0 : (ends[b - 1] as number);
    const end = Math.min(weights.length, (b + 1) * BLOCK);
    for (let i = b * BLOCK; i < end && k < order.length; i++) {
      if (weights[i] === 0) continue;
      sum += weights[i] as number;
      last = i;
      while (k < order.length && (uniforms[order[k] as number] as number) * total < sum)
        out[order[k++] as number] = i;
    }
    // Rounding can leave a number between the last sum and the block's end: it belongs to the last state with weight.
    while (k < order.length && (uniforms[order[k] as number] as number) * total < (ends[b] as number))
      out[order[k++] as number] = last;
  }
  while (k < order.length) out[order[k++] as number] = last;
  return out;
}

/** What is read where `actual` is. */
export function readBit(wrong: Confusion | undefined, actual: number, uniform: number): number {
  if (wrong === undefined) return actual;
  return uniform < (actual === 1 ? wrong.p0Given1 : wrong.p1Given0) ? 1 - actual : actual;
}

/** Counts by key. */
export class Tally {
  readonly counts: Map<string, number> = new Map();
  readonly #sampled: readonly NoisyMeasurement[];
  readonly #registers: readonly Register[];
  readonly #uniforms: ShotUniforms;
  /** Shots that have ended. */
  finished: number;

  constructor({ circuit, sampled, bits }: NoisyProgram, uniforms: ShotUniforms) {
    this.finished = 0;
    this.#sampled = sampled;
    this.#uniforms = uniforms;
    this.#registers =
      bits > circuit.bits
        ? [...circuit.cregs, { name: "meas", start: circuit.bits, size: circuit.qubits }]
        : circuit.cregs;
  }

  /**
   * Ends shots that share a state.
   *
   * @param weights  of basis states, not normalised; asked for only when something is sampled.
   * @param bits     classical bits so far; changed.
   */
  end(shots: Uint32Array, bits: Uint8Array, weights: () => Float64Array): void {
    this.finished += shots.length;
    if (this.#sampled.length === 0) {
      this.#add(bits, shots.length);
      return;
    }
    const draws = Float64Array.from(shots, (shot) => this.#uniforms.at(shot, PURPOSE.final, 0));
    const states = drawEach(weights(), draws);
    if (this.#sampled.every(({ wrong }) => wrong === undefined)) {
      const times = new Map<number, number>();
      for (const state of states) times.set(state, (times.get(state) ?? 0) + 1);
      for (const [state, count] of times) {
        for (const { position, bit } of this.#sampled)
          bits[bit] = position < 0 ? 0 : (state >>> position) & 1;
        this.#add(bits, count);
      }
      return;
    }
    for (const [k, shot] of shots.entries()) {
      const state = states[k] as number;
      for (const [place, { position, bit, wrong }] of this.#sampled.entries()) {
        const actual = position < 0 ? 0 : (state >>> position) & 1;
        bits[bit] = wrong ? readBit(wrong, actual, this.#uniforms.at(shot, PURPOSE.read, place)) : actual;
      }
      this.#add(bits, 1);
    }
  }

  #add(bits: Uint8Array, count: number): void {
    const key = outcomeKey(this.#registers, bits);
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
  }
}
