/** Gates as lists of controlled one-qubit gates, and what the modifiers `inv`, `ctrl` and `pow` make of them. */
import { cos, type Matrix, sin } from "@arqon/core/math";
import { writtenPhase } from "../global-phase.ts";
import { controlled, type Emit } from "./controlled.ts";
import { type Elementary, rootOf } from "./root.ts";
import { after, inverse, oneQubitMatrix, power, principal, turned } from "./unitary.ts";

/** A qubit that must be 1, or 0 for `on` false. */
export interface Control {
  readonly qubit: number;
  readonly on: boolean;
}

/** A gate of the table, a one-qubit matrix (`name` is undefined) or, with no qubits, a phase; under controls. */
export interface Operation {
  readonly name: string | undefined;
  /** Of the gate; for a phase, its angle. */
  readonly parameters: readonly number[];
  readonly qubits: readonly number[];
  readonly matrix: Matrix | undefined;
  readonly controls: readonly Control[];
}

export function tableOperation(
  name: string,
  parameters: readonly number[],
  qubits: readonly number[],
): Operation {
  return { name, parameters, qubits, matrix: undefined, controls: [] };
}

export function phaseOperation(angle: number): Operation {
  return tableOperation("gphase", [angle], []);
}

/** Gates of several qubits as controls and one gate less; `target` is the first qubit that is no control. */
const UNDER_CONTROL: Readonly<Record<string, readonly [controls: number, name: string]>> = {
  cx: [1, "x"],
  CX: [1, "x"],
  cy: [1, "y"],
  cz: [1, "z"],
  ch: [1, "h"],
  cp: [1, "p"],
  crx: [1, "rx"],
  cry: [1, "ry"],
  crz: [1, "rz"],
  ccx: [2, "x"],
  cswap: [1, "swap"],
};

const INVERSES: Readonly<Record<string, string>> = {
  s: "sdg",
  sdg: "s",
  t: "tdg",
  tdg: "t",
  sx: "sxdg",
  sxdg: "sx",
};
const OWN_INVERSE = new Set("x y z h id cx CX cy cz ch ccx swap cswap".split(" "));
/** Their only parameter is the exponent of what they are. */
const ROTATIONS = new Set("p u1 rx ry rz cp crx cry crz gphase".split(" "));

function matrixOf({ name, parameters, matrix }: Operation): Matrix {
  return matrix ?? oneQubitMatrix(name as string, parameters);
}

function inverted(operation: Operation): Operation {
  const { name, parameters } = operation;
  if (name === undefined) return { ...operation, matrix: inverse(matrixOf(operation)) };
  if (OWN_INVERSE.has(name)) return operation;
  if (ROTATIONS.has(name)) return { ...operation, parameters: parameters.map((angle) => -angle) };
  const named = INVERSES[name];
  if (named !== undefined) return { ...operation, name: named };
  const [a = 0, b = 0, c = 0, d = 0] = parameters;
  if (name === "cu") return { ...operation, parameters: [-a, -c, -b, -d] };
  if (name === "U" || name === "u3") return { ...operation, parameters: [-a, -c, -b] };
  return { ...operation, name: undefined, parameters: [], matrix: inverse(matrixOf(operation)) };
}

export function invert(operations: readonly Operation[]): Operation[] {
  return operations.toReversed().map(inverted);
}

/** Splits P X P^-1: how many operations at each end are one another's inverses. */
function wings(operations: readonly Operation[]): number {
  let count = 0;
  while (2 * (count + 1) < operations.length) {
    const [left, right] = [operations[count], operations.at(-1 - count)] as [Operation, Operation];
    if (JSON.stringify(plain(inverted(left))) !== JSON.stringify(plain(right))) break;
    count++;
  }
  return count;
}

function plain({ matrix, ...rest }: Operation): unknown {
  return { ...rest, matrix: matrix && Array.from(matrix) };
}

/** Under more controls; what only prepares and undoes needs none. */
export function control(operations: readonly Operation[], controls: readonly Control[]): Operation[] {
  const apart = wings(operations);
  return operations.map((operation, i) =>
    i < apart || i >= operations.length - apart
      ? operation
      : { ...operation, controls: [...controls, ...operation.controls] },
  );
}

/** The operation as controlled gates of one qubit. */
function elementary(operation: Operation): Operation[] {
  const { name, parameters, qubits, controls } = operation;
  const under = name === undefined ? undefined : UNDER_CONTROL[name];
  if (under !== undefined) {
    const [count, inner] = under;
    const more = qubits.slice(0, count).map((qubit) => ({ qubit, on: true }));
    return elementary({
      ...operation,
      name: inner,
      qubits: qubits.slice(count),
      controls: [...controls, ...more],
    });
  }
  if (name === "swap") {
    const [a, b] = qubits as [number, number];
    const outer = tableOperation("cx", [], [b, a]);
    return [outer, ...elementary({ ...tableOperation("cx", [], [a, b]), controls }), outer];
  }
  if (name === "cu") {
    const [theta, phi, lambda, gamma] = parameters as [number, number, number, number];
    const matrix = turned(oneQubitMatrix("u", [theta, phi, lambda]), gamma);
    const [c, t] = qubits as [number, number];
    return [
      {
        name: undefined,
        parameters: [],
        qubits: [t],
        matrix,
        controls: [...controls, { qubit: c, on: true }],
      },
    ];
  }
  return [operation];
}

/** U^exponent for a list of operations, or why it is not known. */
export function raise(operations: readonly Operation[], exponent: number): Operation[] | string {
  const list = operations.flatMap(elementary);
  const apart = wings(list);
  if (apart > 0) {
    const inner = raise(list.slice(apart, -apart), exponent);
    if (typeof inner === "string") return inner;
    return [...list.slice(0, apart), ...inner, ...list.slice(list.length - apart)];
  }
  if (list.length <= 1) return list.map((operation) => raised(operation, exponent));
  const [first] = list as [Operation];
  const alike = list.every(
    ({ qubits, controls }) => controls.length === 0 && (qubits.length === 0 || qubits[0] === target(list)),
  );
  if (!alike) return rootOf(list.flatMap(elementary).map(withMatrix), exponent);
  let matrix: Matrix | undefined;
  let phase = 0;
  for (const operation of list) {
    if (operation.qubits.length === 0) phase += operation.parameters[0] as number;
    else matrix = matrix === undefined ? matrixOf(operation) : after(matrix, matrixOf(operation));
  }
  if (matrix === undefined) return [phaseOperation(phase * exponent)];
  const whole = {
    ...first,
    name: undefined,
    parameters: [],
    qubits: [target(list)],
    matrix: turned(matrix, phase),
  };
  return [raised(whole, exponent)];
}

function withMatrix(operation: Operation): Elementary {
  const { name, parameters } = operation;
  const [angle = 0] = parameters;
  const matrix = name === "gphase" ? Float64Array.of(cos(angle), sin(angle)) : matrixOf(operation);
  return { ...operation, whole: matrix };
}

function target(list: readonly Operation[]): number {
  return list.find(({ qubits }) => qubits.length > 0)?.qubits[0] as number;
}

const PHASE_GATES: Readonly<Record<string, number>> = { z: 1, s: 0.5, sdg: -0.5, t: 0.25, tdg: -0.25 };

function raised(operation: Operation, exponent: number): Operation {
  const { name, parameters } = operation;
  if (name === "id") return operation;
  if (name === "gphase")
    return { ...operation, parameters: parameters.map((angle) => principal(angle) * exponent) };
  const phase = name === undefined ? undefined : PHASE_GATES[name];
  if (phase !== undefined) {
    const named = Object.entries(PHASE_GATES).find(([, turns]) => turns === phase * exponent);
    if (named) return { ...operation, name: named[0] };
    return { ...operation, name: "p", parameters: [Math.PI * phase * exponent] };
  }
  if (name === "x" && exponent === 0.5) return { ...operation, name: "sx" };
  return { ...operation, name: undefined, parameters: [], matrix: power(matrixOf(operation), exponent) };
}

/** Puts an operation out as gates of the table, and phases nobody controls. */
export function emitOperation(operation: Operation, emit: Emit): void {
  const { name, parameters, qubits, controls } = operation;
  if (controls.length === 0 && name !== undefined) {
    emit(name, parameters, qubits);
    const phase = writtenPhase(name, parameters);
    if (phase !== 0) emit("gphase", [phase], []);
    return;
  }
  const [only] = controls;
  if (name === "swap" && controls.length === 1 && only?.on) {
    emit("cswap", [], [only.qubit, ...qubits]);
    return;
  }
  const off = controls.filter(({ on }) => !on);
  for (const { qubit } of off) emit("x", [], [qubit]);
  for (const one of elementary(operation)) emitElementary(one, emit);
  for (const { qubit } of off) emit("x", [], [qubit]);
}

function emitElementary({ name, parameters, qubits, matrix, controls }: Operation, emit: Emit): void {
  const over = controls.map(({ qubit }) => qubit);
  if (name === "gphase") {
    const target = over.pop() as number;
    controlled(over, target, oneQubitMatrix("p", parameters), "p", parameters, emit);
    return;
  }
  if (qubits.length > 1) {
    emit(name as string, parameters, qubits);
    return;
  }
  const [target] = qubits as [number];
  controlled(over, target, matrix ?? oneQubitMatrix(name as string, parameters), name, parameters, emit);
}
