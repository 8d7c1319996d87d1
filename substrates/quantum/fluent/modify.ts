/** Gates turned around, under controls and to powers, with their phases. */

import { ArqonError } from "@arqon/core/base";
import { atan2 } from "@arqon/core/math";
import { type Circuit, operandsOf, parametersOf } from "../circuit.ts";
import { definitionOf } from "../gates/definition.ts";
import { GATES, type Gate, gateCode } from "../gates/table.ts";
import {
  type Control,
  control,
  emitOperation,
  invert,
  type Operation,
  phaseOperation,
  raise,
  tableOperation,
} from "../qasm3/operation.ts";
import { applyMany } from "../simulate/oracle.ts";

/** A gate on qubits. */
export interface Placed {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly qubits: readonly number[];
}

/** Gates, and the phase that their product lacks. */
export interface Product {
  readonly gates: readonly Placed[];
  readonly phase: number;
}

const SELF = new Set("x y z h id u0 cx CX cy cz ch ccx swap cswap c3x c4x ecr".split(" "));
const ANGLES = new Set("p u1 rx ry rz cp cu1 crx cry crz rxx rzz".split(" "));
const PAIRS = new Map([
  ["s", "sdg"],
  ["t", "tdg"],
  ["sx", "sxdg"],
]);
for (const [gate, back] of [...PAIRS]) PAIRS.set(back, gate);

/** The inverse of a gate. */
export function inverseOf(gate: Placed): Product {
  const { name, parameters, qubits } = gate;
  const one = (called: string, angles: readonly number[]): Product => ({
    gates: [{ name: called, parameters: angles, qubits }],
    phase: 0,
  });
  const [a = 0, b = 0, c = 0, d = 0] = parameters;
  const other = PAIRS.get(name);
  if (SELF.has(name)) return one(name, parameters);
  if (ANGLES.has(name)) return one(name, [-a]);
  if (other !== undefined) return one(other, []);
  if (name === "u2") return one("u", [-Math.PI / 2, -b, -a]);
  if (name === "cu") return one(name, [-a, -c, -b, -d]);
  if (parameters.length === 3) return one(name, [-a, -c, -b]);
  return productOf(invert(operationsOf(gate)));
}

/** A product of gates under controls that must all be 1; exact, its phase becomes the controls'. */
export function controlledBy({ gates, phase }: Product, controls: readonly number[]): Product {
  const all = controls.map((qubit): Control => ({ qubit, on: true }));
  const phases = phase === 0 ? [] : control([phaseOperation(phase)], all);
  return productOf([...gates.flatMap((gate) => control(operationsOf(gate), all)), ...phases]);
}

/** A product of gates to a power that is no whole number, by its eigenphases in (-pi, pi]. */
export function powerOf({ gates, phase }: Product, exponent: number): Product {
  const operations = gates.flatMap(operationsOf);
  const raised = raise(phase === 0 ? operations : [...operations, phaseOperation(phase)], exponent);
  if (typeof raised === "string")
    throw new ArqonError("QASM_UNSUPPORTED", `the power ${exponent} of ${raised} cannot be made`);
  return productOf(raised);
}

function productOf(operations: readonly Operation[]): Product {
  const gates: Placed[] = [];
  let phase = 0;
  for (const operation of operations)
    emitOperation(operation, (name, parameters, qubits) => {
      if (name === "gphase") phase += parameters[0] as number;
      else gates.push({ name, parameters, qubits });
    });
  return { gates, phase };
}

/** What the operations of OpenQASM 3's modifiers call gates of the table that they do not know. */
const AS: Readonly<Record<string, readonly [controls: number, name: string]>> = {
  c3x: [3, "x"],
  c4x: [4, "x"],
  csx: [1, "sx"],
  c3sqrtx: [3, "sx"],
};

/** A gate as operations whose product is its matrix, with the phase. */
function operationsOf({ name, parameters, qubits }: Placed): Operation[] {
  const known = AS[name];
  if (known) {
    const [count, inner] = known;
    const controls = qubits.slice(0, count).map((qubit): Control => ({ qubit, on: true }));
    return [{ ...tableOperation(inner, [], qubits.slice(count)), controls }];
  }
  if (name === "u0") return [];
  if (name === "u2") return [tableOperation("u", [Math.PI / 2, ...parameters], qubits)];
  if (name === "U" || name === "u3") return [tableOperation("u", parameters, qubits)];
  if (name === "cu1") return [tableOperation("cp", parameters, qubits)];
  if (name === "cu3") return [tableOperation("cu", [...parameters, 0], qubits)];
  if (name === "rzz" || name === "rxx") {
    const cx = tableOperation("cx", [], qubits);
    const turn = [cx, tableOperation("rz", parameters, [qubits[1] as number]), cx];
    const sides = name === "rxx" ? qubits.map((qubit) => tableOperation("h", [], [qubit])) : [];
    return [...sides, ...turn, ...sides.toReversed()];
  }
  if (!DEFINED.has(name)) return [tableOperation(name, parameters, qubits)];
  const gate = GATES[gateCode(name) as number] as Gate;
  const definition = definitionOf(gate);
  const phase = phaseBetween(gate.matrix([]), definition);
  const gates = placedIn(definition).map((inner) => ({
    ...inner,
    qubits: inner.qubits.map((wire) => qubits[wire] as number),
  }));
  return [...gates.flatMap(operationsOf), ...(phase === 0 ? [] : [phaseOperation(phase)])];
}

const DEFINED = new Set(["rccx", "rc3x", "ecr"]);

/** The gates of a circuit that has nothing else but barriers, which are left out. */
export function placedIn(circuit: Circuit): Placed[] {
  const out: Placed[] = [];
  for (let i = 0; i < circuit.length; i++) {
    const gate = GATES[circuit.codes[i] as number];
    if (gate)
      out.push({
        name: gate.name,
        parameters: parametersOf(circuit, i),
        qubits: Array.from(operandsOf(circuit, i)),
      });
  }
  return out;
}

/** By how much the first column of the matrix is turned against what the circuit makes of 0. */
function phaseBetween(matrix: Float64Array, circuit: Circuit): number {
  const size = 2 ** circuit.qubits;
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  re[0] = 1;
  for (const { name, parameters, qubits } of placedIn(circuit))
    applyMany(re, im, Uint32Array.from(qubits), (GATES[gateCode(name) as number] as Gate).matrix(parameters));
  let [x, y] = [0, 0];
  for (let row = 0; row < size; row++) {
    const [mr, mi] = [matrix[2 * row * size] as number, matrix[2 * row * size + 1] as number];
    const [sr, si] = [re[row] as number, im[row] as number];
    x += mr * sr + mi * si;
    y += mi * sr - mr * si;
  }
  const angle = atan2(y, x);
  return Math.abs(angle) < 1e-15 ? 0 : angle;
}
