/** Shots from a density matrix: together until a measurement on the way tells them apart. */
import type { NoisyProgram } from "../noise/program.ts";
import { confusionMatrix } from "../noise/readout.ts";
import { Tally } from "../noise/tally.ts";
import { PURPOSE, ShotUniforms } from "../noise/uniform.ts";
import { holds } from "../simulate/program.ts";
import type { DensityState, Tick } from "./state.ts";

/** How shots are run. */
export interface DensityShots {
  readonly shots: number;
  readonly seed: bigint;
  readonly progress: Tick;
}

/** Factors of the projections on 0 and 1 when 0, and when 1, is read. */
type Reading = readonly [zero: readonly [number, number], one: readonly [number, number]];

/**
 * Counts by key. Shots that read the same on the way share a state; of two groups the smaller goes first, so that at most
 * log2(shots) states are kept.
 */
export function densityShots(
  program: NoisyProgram,
  state: DensityState,
  options: DensityShots,
): Map<string, number> {
  const uniforms = new ShotUniforms(options.seed);
  const tally = new Tally(program, uniforms);
  const { steps } = program;

  const follow = (start: Uint32Array, from: number, bits: Uint8Array): void => {
    let shots = start;
    for (let at = from; at < steps.length; at++) {
      const step = steps[at];
      if (!step || !holds(step.condition, bits)) continue;
      const base = tally.finished / options.shots;
      const share = shots.length / options.shots / steps.length;
      if (step.kind === "layers")
        state.apply(step.layers, (part) => options.progress(base + share * (at + part)));
      else if (step.kind === "reset") state.reset(step.position);
      else {
        const [a, b, c, d] = step.wrong ? confusionMatrix(step.wrong) : [1, 0, 0, 1];
        const reading: Reading = [
          [a, b],
          [c, d],
        ];
        const [p0, p1] = step.position < 0 ? [1, 0] : state.weights(step.position);
        const weights = reading.map(([zero, one]) => zero * p0 + one * p1) as [number, number];
        const zeroPart = weights[0] / (weights[0] + weights[1]);
        const isZero = (shot: number): boolean => uniforms.at(shot, PURPOSE.measure, at) < zeroPart;
        const groups = [shots.filter(isZero), shots.filter((shot) => !isZero(shot))] as const;
        const smaller = groups[0].length < groups[1].length ? 0 : 1;
        const settle = (read: 0 | 1): void => {
          const [zero, one] = reading[read];
          if (step.position >= 0) state.project(step.position, zero / weights[read], one / weights[read]);
          bits[step.bit] = read;
        };
        if (groups[smaller].length > 0) {
          const saved = state.save();
          const kept = bits.slice();
          settle(smaller);
          follow(groups[smaller], at + 1, bits);
          state.load(saved);
          bits.set(kept);
        }
        shots = groups[1 - smaller] as Uint32Array;
        settle(smaller === 0 ? 1 : 0);
      }
    }
    tally.end(shots, bits, () => state.probabilities());
    options.progress(tally.finished / options.shots);
  };
  follow(
    Uint32Array.from({ length: options.shots }, (_, shot) => shot),
    0,
    new Uint8Array(program.bits),
  );
  return tally.counts;
}
