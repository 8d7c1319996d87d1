/** Runs a program for many shots at once: shots stay together until a measurement tells them apart. */
import type { RealArray } from "../precision.ts";
import { outcomeKey } from "./counts.ts";
import { holds, type Program } from "./program.ts";
import { shotUniform } from "./random.ts";
import { drawIndices } from "./sample.ts";
import { clear, load, lower, project, type Snapshot, type State, save, type Tick, weights } from "./state.ts";

/** What shots need of a state, however it is kept. */
export interface ShotState<Kept> {
  /** Back to |0...0>. */
  clear(): void;
  save(): Kept;
  load(kept: Kept): void;
  apply(instructions: readonly number[], tick: Tick): void;
  /** Probabilities of 0 and 1 at a position, not normalised. */
  weights(position: number): readonly [zero: number, one: number];
  project(position: number, outcome: 0 | 1, weight: number): void;
  /** Takes a qubit that is certainly |1> to |0>. */
  lower(position: number): void;
  /**
   * Draws a basis state for each shot.
   * @param uniform  the k-th random number of the i-th shot.
   * @param add      told what was drawn, and how often.
   */
  draw(
    shots: number,
    uniform: (i: number, k: number) => number,
    add: (bitAt: (position: number) => number, count: number) => void,
  ): void;
}

/** A statevector, as shots need it. */
export function ofAmplitudes(state: State<RealArray>): ShotState<Snapshot<RealArray>> {
  return {
    clear: () => clear(state),
    save: () => save(state),
    load: (kept) => load(state, kept),
    apply: (instructions, tick) => state.apply(instructions, tick),
    weights: (position) => weights(state, position),
    project: (position, outcome, weight) => project(state, position, outcome, weight),
    lower: (position) => lower(state, position),
    draw: (shots, uniform, add) => {
      const uniforms = Float64Array.from({ length: shots }, (_, i) => uniform(i, 0));
      for (const [index, count] of drawIndices(state, uniforms))
        add((position) => Math.floor(index / 2 ** position) % 2, count);
    },
  };
}

/** Where a group of shots goes on from: all its shots agree on everything that happened before. */
interface Branch<Kept> {
  readonly shots: Uint32Array;
  readonly step: number;
  readonly draws: number;
  readonly bits: Uint8Array;
  /** The state at `step`; `undefined` for the start. */
  readonly snapshot: Kept | undefined;
}

/** How shots are run. */
export interface ShotOptions {
  readonly shots: number;
  readonly seed: bigint;
  /** States that may be kept beside the running one; with more branches, steps are repeated instead. */
  readonly maxSnapshots: number;
  /** Part of all the work done, in [0, 1]; throws to stop. */
  readonly progress: Tick;
}

/**
 * Counts by key. Every random number is fixed by seed, shot and draw, so neither grouping nor snapshots change a result.
 */
export function runShots(
  program: Program,
  state: State<RealArray>,
  options: ShotOptions,
): Map<string, number> {
  return runBranches(program, ofAmplitudes(state), options);
}

/** The same for any kind of state. */
export function runBranches<Kept>(
  program: Program,
  state: ShotState<Kept>,
  options: ShotOptions,
): Map<string, number> {
  const run = new ShotRun(program, state, options);
  const all = Uint32Array.from({ length: options.shots }, (_, shot) => shot);
  const waiting: Branch<Kept>[] = [
    { shots: all, step: 0, draws: 0, bits: new Uint8Array(program.bits), snapshot: undefined },
  ];
  for (let branch = waiting.pop(); branch; branch = waiting.pop()) run.follow(branch, waiting);
  return run.counts;
}

class ShotRun<Kept> {
  readonly counts = new Map<string, number>();
  readonly #program: Program;
  readonly #state: ShotState<Kept>;
  readonly #options: ShotOptions;
  readonly #seedLow: number;
  readonly #seedHigh: number;
  #finished = 0;

  constructor(program: Program, state: ShotState<Kept>, options: ShotOptions) {
    this.#program = program;
    this.#state = state;
    this.#options = options;
    this.#seedLow = Number(options.seed & 0xffffffffn);
    this.#seedHigh = Number((options.seed >> 32n) & 0xffffffffn);
  }

  /** Runs one group to the end; the part of it that a measurement splits off is put on `waiting`. */
  follow(start: Branch<Kept>, waiting: Branch<Kept>[]): void {
    const { steps } = this.#program;
    const state = this.#state;
    let { shots, draws } = start;
    const bits = start.bits.slice();
    if (start.snapshot === undefined) state.clear();
    else state.load(start.snapshot);
    for (let at = start.step; at < steps.length; at++) {
      const step = steps[at];
      if (!step || !holds(step.condition, bits)) continue;
      if (step.kind === "gates") {
        const share = shots.length / this.#options.shots / steps.length;
        const base = this.#finished / this.#options.shots + share * at;
        state.apply(step.instructions, (part) => this.#options.progress(base + share * part));
      } else if (step.kind === "clear") bits[step.bit] = 0;
      else if (step.kind === "free") {
        if (bits[step.bit]) state.lower(step.position);
      } else {
        const [zero, one] = state.weights(step.position);
        const [zeros, ones] = this.#split(shots, draws, zero / (zero + one));
        const outcome = zeros.length > 0 ? 0 : 1;
        if (zeros.length > 0 && ones.length > 0) {
          const kept = new Set(waiting.map((branch) => branch.snapshot)).size;
          waiting.push(
            kept < this.#options.maxSnapshots
              ? { shots: ones, step: at, draws, bits: bits.slice(), snapshot: state.save() }
              : { ...start, shots: ones },
          );
        }
        shots = outcome === 0 ? zeros : ones;
        draws++;
        state.project(step.position, outcome, outcome === 0 ? zero : one);
        if (step.kind === "measure") bits[step.bit] = outcome;
        else if (outcome === 1) state.lower(step.position);
      }
    }
    this.#count(shots, draws, bits);
    this.#finished += shots.length;
    this.#options.progress(this.#finished / this.#options.shots);
  }

  #split(shots: Uint32Array, draw: number, zero: number): [zeros: Uint32Array, ones: Uint32Array] {
    const isZero = (shot: number): boolean => shotUniform(this.#seedLow, this.#seedHigh, shot, draw) < zero;
    return [shots.filter(isZero), shots.filter((shot) => !isZero(shot))];
  }

  #count(shots: Uint32Array, draw: number, bits: Uint8Array): void {
    const { sampled, circuit } = this.#program;
    const registers = circuit.cregs.slice();
    if (this.#program.bits > circuit.bits)
      registers.push({ name: "meas", start: circuit.bits, size: circuit.qubits });
    const add = (count: number): void => {
      const key = outcomeKey(registers, bits);
      this.counts.set(key, (this.counts.get(key) ?? 0) + count);
    };
    if (sampled.length === 0) {
      add(shots.length);
      return;
    }
    const uniform = (i: number, k: number): number =>
      shotUniform(this.#seedLow, this.#seedHigh, shots[i] as number, draw + k);
    this.#state.draw(shots.length, uniform, (bitAt, count) => {
      for (const [position, bit] of sampled) bits[bit] = position < 0 ? 0 : bitAt(position);
      add(count);
    });
  }
}
