/** The whole distribution of a noisy circuit, by following every branch of its measurements. */
import type { NoisyProgram } from "../noise/program.ts";
import { confusionMatrix, readDistribution } from "../noise/readout.ts";
import { outcomeKey, sortedCounts } from "../simulate/counts.ts";
import { holds } from "../simulate/program.ts";
import type { DensityState } from "./state.ts";

/**
 * The probability of every outcome that has any, readout errors included, by key in ascending order.
 *
 * @cost up to 2^measurements runs, and 2^(bits measured at the end) keys.
 */
export function densityDistribution(program: NoisyProgram, state: DensityState): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  const { circuit, steps, sampled } = program;
  const registers = circuit.cregs.slice();
  if (program.bits > circuit.bits)
    registers.push({ name: "meas", start: circuit.bits, size: circuit.qubits });

  /** Final weights by what the sampled measurements find, then by what they read: at most 2^16 numbers. */
  const read = (bits: Uint8Array): void => {
    const found = new Float64Array(2 ** sampled.length);
    for (const [index, weight] of state.probabilities().entries()) {
      let outcome = 0;
      for (const [k, { position }] of sampled.entries())
        if (position >= 0) outcome |= ((index >>> position) & 1) << k;
      found[outcome] = (found[outcome] as number) + weight;
    }
    const wrong = sampled.map((one) => one.wrong);
    for (const [outcome, weight] of readDistribution(found, wrong).entries()) {
      if (weight === 0) continue;
      const after = bits.slice();
      for (const [k, { bit }] of sampled.entries()) after[bit] = (outcome >>> k) & 1;
      const key = outcomeKey(registers, after);
      out.set(key, (out.get(key) ?? 0) + weight);
    }
  };

  const follow = (from: number, bits: Uint8Array): void => {
    for (let at = from; at < steps.length; at++) {
      const step = steps[at];
      if (!step || !holds(step.condition, bits)) continue;
      if (step.kind === "layers") state.apply(step.layers);
      else if (step.kind === "reset") state.reset(step.position);
      else {
        const [a, b, c, d] = step.wrong ? confusionMatrix(step.wrong) : [1, 0, 0, 1];
        const [p0, p1] = step.position < 0 ? [1, 0] : state.weights(step.position);
        const saved = state.save();
        for (const [value, zero, one] of [
          [0, a, b],
          [1, c, d],
        ] as const) {
          if (zero * p0 + one * p1 <= 0) continue;
          state.load(saved);
          // An untouched qubit is |0>: reading it only scales the whole state.
          if (step.position >= 0) state.project(step.position, zero, one);
          else state.scale(zero);
          const after = bits.slice();
          after[step.bit] = value;
          follow(at + 1, after);
        }
        return;
      }
    }
    read(bits);
  };
  follow(0, new Uint8Array(program.bits));
  return sortedCounts(out);
}
