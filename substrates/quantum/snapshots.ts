/** States on the way through a circuit: to look at, to keep, and to go on from. */
import { ArqonError } from "@arqon/core/base";
import { type Buildable, type Circuit, circuitOf, MEASURE } from "./circuit.ts";
import { checkEstimate, DEFAULT_LIMITS, estimateProgram } from "./estimate.ts";
import type { Crew } from "./fast/crew.ts";
import { fastEngine } from "./fast/engine.ts";
import { turnAll } from "./global-phase.ts";
import type { Precision, RealArray } from "./precision.ts";
import { type Program, prepare } from "./simulate/program.ts";
import { load, type State, save } from "./simulate/state.ts";

/** A state after some gates of a circuit: enough to go on from, on this machine or another. */
export interface Checkpoint {
  /** Gates done. */
  readonly gates: number;
  /** Gates from one checkpoint to the next. */
  readonly every: number;
  readonly precision: Precision;
  /** 2^n amplitudes in the engine's own order; the others are 0. See {@link amplitudesAt}. */
  readonly re: RealArray;
  readonly im: RealArray;
}

/** How to walk through a circuit. */
export interface SnapshotOptions {
  /** Gates from one checkpoint to the next. */
  readonly every: number;
  readonly precision?: Precision;
  readonly crew?: Crew;
  /** Where an earlier walk through the same circuit, with the same `every`, had come to. */
  readonly from?: Checkpoint;
}

/**
 * The state after every `every` gates, and after the last; measurements at the end are left out. A walk that goes on from
 * a checkpoint gives the same bits as one that was never interrupted.
 *
 * @throws ArqonError `QUANTUM_TOO_LARGE`; `QASM_UNSUPPORTED` when the state depends on a measurement; `USAGE` when `from` is of another walk.
 * @cost   the circuit once, and a copy of the state for each checkpoint.
 */
export function* snapshots(given: Circuit | Buildable, options: SnapshotOptions): Generator<Checkpoint> {
  const circuit = circuitOf(given);
  const { every, from, crew } = options;
  const precision = options.precision ?? from?.precision ?? "f64";
  if (!Number.isInteger(every) || every < 1) throw new ArqonError("USAGE", `every ${every} gates`);
  const program = prepare(circuit);
  checkEstimate(circuit.name, estimateProgram(program, 1, precision), DEFAULT_LIMITS);
  const gates = gatesOf(program);
  if (from && !fits(from, { every, precision, gates: gates.length, width: program.width }))
    throw new ArqonError("USAGE", `the checkpoint after ${from.gates} gates is not of this walk`);
  const state = fastEngine(precision, crew)(program);
  try {
    if (from) load(state, { active: 31 - Math.clz32(from.re.length), re: from.re, im: from.im });
    for (let done = from?.gates ?? 0; done < gates.length; ) {
      const next = Math.min(gates.length, done + every);
      state.apply(gates.slice(done, next), () => {});
      done = next;
      const { re, im } = save(state);
      yield { gates: done, every, precision, re, im };
    }
  } finally {
    state.release();
  }
}

/**
 * The amplitudes of a checkpoint, split; qubit q is bit q of the index: as expectation values and reduced densities want them.
 * The circuit's global phase is on them from the first.
 */
export function amplitudesAt(
  circuit: Circuit | Buildable,
  { re, im }: Pick<Checkpoint, "re" | "im">,
): { readonly re: Float64Array; readonly im: Float64Array } {
  const program = prepare(circuitOf(circuit));
  const state = inOrder(program, { re, im, active: 31 - Math.clz32(re.length) });
  turnAll(state, program.circuit.phase);
  return state;
}

/**
 * A state with qubit q as bit q of the index. One in single precision is given its norm back, which thousands of rounded
 * gates have worn by some 1e-5: most of what such a state is off by is that.
 */
export function inOrder(
  { circuit, positions }: Program,
  state: Pick<State<RealArray>, "re" | "im" | "active">,
): { re: Float64Array; im: Float64Array } {
  const size = 2 ** circuit.qubits;
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  const places = new Uint32Array(2 ** state.active);
  for (const [qubit, position] of positions.entries())
    if (position >= 0 && position < state.active) places[2 ** position] = 2 ** qubit;
  // A number with several bits is at the sum of the places of its highest bit and of the rest.
  for (let half = 1; half < places.length; half *= 2)
    for (let i = 1; i < half; i++) places[half + i] = (places[half] as number) + (places[i] as number);
  const scale = state.re instanceof Float32Array ? 1 / (normOf(state, places.length) || 1) : 1;
  for (let i = 0; i < places.length; i++) {
    const to = places[i] as number;
    re[to] = (state.re[i] as number) * scale;
    im[to] = (state.im[i] as number) * scale;
  }
  return { re, im };
}

function normOf({ re, im }: Pick<State<RealArray>, "re" | "im">, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++)
    sum += (re[i] as number) * (re[i] as number) + (im[i] as number) * (im[i] as number);
  return Math.sqrt(sum);
}

function gatesOf({ circuit, steps }: Program): readonly number[] {
  const gates: number[] = [];
  for (const step of steps) {
    if (step.kind !== "gates" || step.condition)
      throw new ArqonError(
        "QASM_UNSUPPORTED",
        `${circuit.name} has no one final state: it depends on chance`,
      );
    for (const i of step.instructions) if ((circuit.codes[i] as number) < MEASURE) gates.push(i);
  }
  return gates;
}

function fits(
  { gates, every, precision, re, im }: Checkpoint,
  walk: Pick<Checkpoint, "gates" | "every" | "precision"> & { readonly width: number },
): boolean {
  const size = re.length;
  return (
    every === walk.every &&
    precision === walk.precision &&
    gates <= walk.gates &&
    (gates % every === 0 || gates === walk.gates) &&
    im.length === size &&
    size > 0 &&
    size <= 2 ** walk.width &&
    (size & (size - 1)) === 0 &&
    re instanceof Float32Array === (precision === "f32")
  );
}
