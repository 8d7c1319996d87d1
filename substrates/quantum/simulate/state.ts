/** What every engine offers, and what is done to a state outside gates; shared, so that engines differ in gates only. */
import type { RealArray } from "../precision.ts";
import type { Program } from "./program.ts";

/** Called between pieces of work with the part of a gate run that is done; throws to stop. */
export type Tick = (part: number) => void;

/** A copy of a state. */
export interface Snapshot<R extends RealArray = Float64Array> {
  readonly active: number;
  readonly re: R;
  readonly im: R;
}

/** A statevector of 2^width amplitudes, little-endian in the positions of the program. */
export interface State<R extends RealArray = Float64Array> {
  readonly re: R;
  readonly im: R;
  /** Amplitudes from 2^active on are 0. */
  active: number;
  /** Applies the gates of one step of the program it was made for. */
  apply(instructions: readonly number[], tick: Tick): void;
}

/** Makes a state |0...0> for a program. */
export type Engine = (program: Program) => State;

/** Sets the state to |0...0>. */
export function clear(state: State<RealArray>): void {
  state.re.fill(0, 0, 2 ** state.active);
  state.im.fill(0, 0, 2 ** state.active);
  state.re[0] = 1;
  state.active = 0;
}

export function save(state: State<RealArray>): Snapshot<RealArray> {
  const size = 2 ** state.active;
  return { active: state.active, re: state.re.slice(0, size), im: state.im.slice(0, size) };
}

export function load(state: State<RealArray>, snapshot: Snapshot<RealArray>): void {
  clear(state);
  state.re.set(snapshot.re);
  state.im.set(snapshot.im);
  state.active = snapshot.active;
}

/** Probabilities that the qubit at `position` is 0 and 1, not normalised; summed in index order. */
export function weights(state: State<RealArray>, position: number): [zero: number, one: number] {
  const { re, im, active } = state;
  const size = 2 ** active;
  const stride = 2 ** Math.min(position, active);
  let zero = 0;
  let one = 0;
  for (let base = 0; base < size; base += 2 * stride) {
    for (let i = base; i < base + stride; i++)
      zero += (re[i] as number) * (re[i] as number) + (im[i] as number) * (im[i] as number);
    if (position >= active) break;
    for (let i = base + stride; i < base + 2 * stride; i++)
      one += (re[i] as number) * (re[i] as number) + (im[i] as number) * (im[i] as number);
  }
  return [zero, one];
}

/** Projects the qubit at `position` on `outcome`, which has probability `weight`, and normalises. */
export function project(state: State<RealArray>, position: number, outcome: 0 | 1, weight: number): void {
  const { re, im, active } = state;
  if (position >= active) return;
  const size = 2 ** active;
  const stride = 2 ** position;
  const scale = 1 / Math.sqrt(weight);
  for (let base = 0; base < size; base += 2 * stride) {
    const kept = base + outcome * stride;
    const dropped = base + (1 - outcome) * stride;
    for (let i = kept; i < kept + stride; i++) {
      re[i] = (re[i] as number) * scale;
      im[i] = (im[i] as number) * scale;
    }
    re.fill(0, dropped, dropped + stride);
    im.fill(0, dropped, dropped + stride);
  }
}

/** Moves all amplitudes from |1> to |0> of a qubit that is certainly |1>. */
export function lower(state: State<RealArray>, position: number): void {
  const { re, im, active } = state;
  const size = 2 ** active;
  const stride = 2 ** position;
  for (let base = 0; base < size; base += 2 * stride) {
    for (const part of [re, im]) {
      part.copyWithin(base, base + stride, base + 2 * stride);
      part.fill(0, base + stride, base + 2 * stride);
    }
  }
}
