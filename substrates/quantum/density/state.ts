/** What every density-matrix engine offers. */
import type { Layer, NoisyProgram } from "../noise/program.ts";

/** Called between pieces of work with the part of it that is done; throws to stop. */
export type Tick = (part: number) => void;

/** A density matrix on the positions of a program, of any positive trace. */
export interface DensityState {
  /** Gates and noise of layers of the program it was made for. */
  apply(layers: readonly Layer[], tick?: Tick): void;
  /** Sets one position to |0>. */
  reset(position: number): void;
  /** Weights of 0 and 1 at a position; they sum to the trace. */
  weights(position: number): [zero: number, one: number];
  /** Projects on 0 and on 1, and sums both with these factors. */
  project(position: number, zero: number, one: number): void;
  /** Multiplies the whole by a factor. */
  scale(factor: number): void;
  /** Weights of basis states, in order of the index; they sum to the trace. */
  probabilities(): Float64Array;
  /** tr(P rho), P a product of Paulis: letter k of the label, from the right, for position k. */
  expectation(label: string): number;
  save(): Float64Array;
  load(saved: Float64Array): void;
}

/** Makes a state |0...0><0...0| for a program. */
export type DensityEngine = (program: NoisyProgram) => DensityState;
