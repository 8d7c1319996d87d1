/** Gates under any number of controls, in gates of the table; no qubit beside the gate's own is used. */
import type { Matrix } from "@arqon/core/math";
import { gateCode } from "../gates/table.ts";
import { writtenPhase } from "../global-phase.ts";
import { anglesOf, inverse, power } from "./unitary.ts";

/** Takes one gate of the table, or a "gphase" of no qubits. */
export type Emit = (name: string, parameters: readonly number[], qubits: readonly number[]) => void;

const PHASES: Readonly<Record<string, number>> = {
  z: Math.PI,
  s: Math.PI / 2,
  sdg: -Math.PI / 2,
  t: Math.PI / 4,
  tdg: -Math.PI / 4,
};
/** What a gate is called under one control. */
const ONCE: Readonly<Record<string, string>> = {
  y: "cy",
  z: "cz",
  h: "ch",
  rx: "crx",
  ry: "cry",
  rz: "crz",
  sx: "csx",
};
const FLIPS = ["x", "cx", "ccx", "c3x", "c4x"];

/**
 * A one-qubit gate under controls that must all be 1.
 * @param matrix  the gate with its phase.
 * @param name    its name in the table, where it has one.
 * @cost  O(controls^2) gates of at most five qubits.
 * @source Barenco et al. 1995, lemmas 7.2, 7.3 and 7.5.
 */
export function controlled(
  controls: readonly number[],
  target: number,
  matrix: Matrix,
  name: string | undefined,
  parameters: readonly number[],
  emit: Emit,
): void {
  const count = controls.length;
  if (count === 0) {
    bare(target, matrix, name, parameters, emit);
    return;
  }
  const flip = name === "x" ? FLIPS[count] : undefined;
  if (flip !== undefined) emit(flip, [], [...controls, target]);
  else if (name === "id") return;
  else if (count === 1) once(controls[0] as number, target, matrix, name, parameters, emit);
  else if (count === 2 && name === "z") around("h", ["h"], "ccx", controls, target, emit);
  else if (count === 2 && name === "y") around("sdg", ["s"], "ccx", controls, target, emit);
  else if (count === 3 && name === "sx") emit("c3sqrtx", [], [...controls, target]);
  else recursive(controls, target, matrix, emit);
}

function around(
  before: string,
  after: string[],
  gate: string,
  controls: readonly number[],
  target: number,
  emit: Emit,
): void {
  emit(before, [], [target]);
  emit(gate, [], [...controls, target]);
  for (const name of after) emit(name, [], [target]);
}

function bare(
  target: number,
  matrix: Matrix,
  name: string | undefined,
  parameters: readonly number[],
  emit: Emit,
): void {
  if (name !== undefined && gateCode(name) !== undefined) {
    emit(name, parameters, [target]);
    const phase = writtenPhase(name, parameters);
    if (phase !== 0) emit("gphase", [phase], []);
    return;
  }
  const { theta, phi, lambda, gamma } = anglesOf(matrix);
  if (theta === 0) emit("p", [lambda], [target]);
  else emit("u", [theta, phi, lambda], [target]);
  if (gamma !== 0) emit("gphase", [gamma], []);
}

function once(
  control: number,
  target: number,
  matrix: Matrix,
  name: string | undefined,
  parameters: readonly number[],
  emit: Emit,
): void {
  const called = name === undefined ? undefined : ONCE[name];
  const phase = name === "p" || name === "u1" ? parameters[0] : PHASES[name ?? ""];
  if (called !== undefined) emit(called, parameters, [control, target]);
  else if (phase !== undefined) emit("cp", [phase], [control, target]);
  else {
    const { theta, phi, lambda, gamma } = anglesOf(matrix);
    if (theta === 0 && gamma === 0) emit("cp", [lambda], [control, target]);
    else emit("cu", [theta, phi, lambda, gamma], [control, target]);
  }
}

/** With V the square root: V on the last control; the others flip that control around V's inverse; V on the others. */
function recursive(controls: readonly number[], target: number, matrix: Matrix, emit: Emit): void {
  const last = controls.at(-1) as number;
  const others = controls.slice(0, -1);
  const root = power(matrix, 0.5);
  controlled([last], target, root, undefined, [], emit);
  flipAll(others, last, [target], emit);
  controlled([last], target, inverse(root), undefined, [], emit);
  flipAll(others, last, [target], emit);
  controlled(others, target, root, undefined, [], emit);
}

/** Flips the target while all controls are 1; `spare` qubits may be in any state and are left as they were. */
function flipAll(controls: readonly number[], target: number, spare: readonly number[], emit: Emit): void {
  const named = FLIPS[controls.length];
  if (named !== undefined) {
    emit(named, [], [...controls, target]);
    return;
  }
  const needed = controls.length - 2;
  if (spare.length >= needed) {
    ladder(controls, target, spare.slice(0, needed), emit);
    return;
  }
  const half = Math.ceil(controls.length / 2);
  const [first, second] = [controls.slice(0, half), controls.slice(half)];
  const middle = spare[0] as number;
  for (let i = 0; i < 2; i++) {
    flipAll(first, middle, [...second, target], emit);
    flipAll([...second, middle], target, first, emit);
  }
}

/** Lemma 7.2: 4 (controls - 2) Toffoli gates with controls - 2 spare qubits. */
function ladder(controls: readonly number[], target: number, spare: readonly number[], emit: Emit): void {
  const chain = [...spare, target];
  const step = (i: number): void => {
    const from = i === 0 ? (controls[0] as number) : (chain[i - 1] as number);
    emit("ccx", [], [from, controls[i + 1] as number, chain[i] as number]);
  };
  const top = chain.length - 1;
  for (const end of [top, top - 1]) {
    for (let i = end; i > 0; i--) step(i);
    step(0);
    for (let i = 1; i <= end; i++) step(i);
  }
}
