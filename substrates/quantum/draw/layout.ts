/** Where everything of a drawing goes: wires from top to bottom, columns from left to right. */
import { ArqonError } from "@arqon/core/base";
import {
  BARRIER,
  type Circuit,
  type Condition,
  MEASURE,
  operandsOf,
  parametersOf,
  RESET,
  timingOf,
} from "../circuit.ts";
import { durationText } from "../duration.ts";
import { wholeRegister } from "../export/text.ts";
import { GATES } from "../gates/table.ts";
import { angleText } from "./angle.ts";

/** A drawing of more than this is refused: nobody could look at it. */
export const DRAW_LIMITS: Readonly<Record<"instructions" | "wires", number>> = {
  instructions: 20_000,
  wires: 1_000,
};

/** What stands on one wire in one column. */
export interface Mark {
  readonly wire: number;
  readonly kind: "box" | "control" | "flip" | "swap" | "barrier" | "bit" | "condition";
  readonly text: string;
}

/** One instruction. */
export interface Item {
  readonly column: number;
  /** Its qubits, top to bottom, then what it has on classical wires. */
  readonly marks: readonly Mark[];
}

/** A drawing without a look. */
export interface Layout {
  /** Names of the wires: qubits first, then classical registers. */
  readonly wires: readonly string[];
  readonly qubits: number;
  readonly columns: number;
  readonly items: readonly Item[];
}

/** Gates as controls and what they control. */
const CONTROLS: Readonly<Record<string, readonly [count: number, inner: string]>> = {
  CX: [1, "x"],
  cx: [1, "x"],
  cy: [1, "y"],
  cz: [1, "z"],
  ch: [1, "h"],
  csx: [1, "sx"],
  cp: [1, "p"],
  cu1: [1, "u1"],
  cu3: [1, "u3"],
  cu: [1, "u"],
  crx: [1, "rx"],
  cry: [1, "ry"],
  crz: [1, "rz"],
  ccx: [2, "x"],
  cswap: [1, "swap"],
  c3x: [3, "x"],
  c3sqrtx: [3, "sx"],
  c4x: [4, "x"],
};
const TITLES: Readonly<Record<string, string>> = { sdg: "S†", tdg: "T†", sx: "√X", sxdg: "√X†", id: "I" };

/**
 * Lays a circuit out, everything as far left as it can stand.
 * @throws ArqonError `LIMIT_EXCEEDED` over {@link DRAW_LIMITS}.
 */
export function layOut(circuit: Circuit): Layout {
  const bitWires = wiresOfBits(circuit);
  const wires = [...qubitNames(circuit), ...circuit.cregs.map(({ name, size }) => `${name}/${size}`)];
  if (circuit.bits > circuit.cregs.reduce((sum, { size }) => sum + size, 0)) wires.push("(work)");
  for (const [what, count] of [
    ["instructions", circuit.length],
    ["wires", wires.length],
  ] as const)
    if (count > DRAW_LIMITS[what])
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `${circuit.name} has ${count} ${what}; a drawing has at most ${DRAW_LIMITS[what]}`,
        { details: { [what]: count, [`limit_${what}`]: DRAW_LIMITS[what] } },
      );
  const next = new Uint32Array(wires.length);
  const items: Item[] = [];
  for (let i = 0; i < circuit.length; i++) {
    const marks = [...instructionMarks(circuit, i, bitWires), ...conditionMarks(circuit, i, bitWires)];
    if (marks.length === 0) continue;
    const on = marks.map(({ wire }) => wire);
    const [top, bottom] = [Math.min(...on), Math.max(...on)];
    const column = Math.max(...next.subarray(top, bottom + 1));
    next.fill(column + 1, top, bottom + 1);
    items.push({ column, marks });
  }
  return { wires, qubits: circuit.qubits, columns: Math.max(0, ...next), items };
}

function qubitNames({ qregs }: Circuit): string[] {
  return qregs.flatMap(({ name, size }) =>
    size === 1 ? [name] : Array.from({ length: size }, (_, i) => `${name}[${i}]`),
  );
}

/** The wire and the number in its register of every bit. */
function wiresOfBits(circuit: Circuit): (readonly [wire: number, index: number])[] {
  const work = circuit.qubits + circuit.cregs.length;
  const out = Array.from({ length: circuit.bits }, (_, bit): readonly [number, number] => [work, bit]);
  circuit.cregs.forEach(({ start, size }, r) => {
    for (let i = 0; i < size; i++) out[start + i] = [circuit.qubits + r, i];
  });
  return out;
}

function instructionMarks(circuit: Circuit, i: number, bits: readonly (readonly [number, number])[]): Mark[] {
  const code = circuit.codes[i] as number;
  const operands = Array.from(operandsOf(circuit, i));
  const timing = timingOf(circuit, i);
  if (timing?.box === 0) {
    const text = `Delay(${durationText(timing.duration)})`;
    return operands.map((wire) => ({ wire, kind: "box", text }));
  }
  if (code === BARRIER) return operands.map((wire) => ({ wire, kind: "barrier", text: "" }));
  if (code === RESET) return operands.map((wire) => ({ wire, kind: "box", text: "|0⟩" }));
  if (code === MEASURE) {
    const [qubit, bit] = operands as [number, number];
    const [wire, index] = bits[bit] as readonly [number, number];
    return [
      { wire: qubit, kind: "box", text: "M" },
      { wire, kind: "bit", text: String(index) },
    ];
  }
  const name = GATES[code]?.name as string;
  const [count, inner] = CONTROLS[name] ?? [0, name];
  const controls = operands.slice(0, count).map((wire): Mark => ({ wire, kind: "control", text: "" }));
  const targets = operands.slice(count);
  if (inner === "x" && count > 0)
    return [...controls, ...targets.map((wire): Mark => ({ wire, kind: "flip", text: "" }))];
  if (inner === "swap")
    return [...controls, ...targets.map((wire): Mark => ({ wire, kind: "swap", text: "" }))];
  const text = title(inner, parametersOf(circuit, i));
  return [
    ...controls,
    ...targets.map(
      (wire, k): Mark => ({ wire, kind: "box", text: targets.length > 1 ? `${text}:${k}` : text }),
    ),
  ];
}

function title(name: string, parameters: readonly number[]): string {
  const shown = TITLES[name] ?? name.slice(0, 1).toUpperCase() + name.slice(1);
  return parameters.length === 0 ? shown : `${shown}(${parameters.map(angleText).join(",")})`;
}

function conditionMarks(circuit: Circuit, i: number, bits: readonly (readonly [number, number])[]): Mark[] {
  const condition = circuit.conditions[circuit.conditionOf[i] as number];
  const orders = circuit.codes[i] === BARRIER && timingOf(circuit, i)?.box !== 0;
  if (condition === undefined || orders) return [];
  const register = wholeRegister(circuit, condition.bits);
  if (register >= 0)
    return [{ wire: circuit.qubits + register, kind: "condition", text: `=${condition.value}` }];
  return singleBits(condition, bits);
}

function singleBits({ bits: on, value }: Condition, bits: readonly (readonly [number, number])[]): Mark[] {
  const byWire = new Map<number, string[]>();
  on.forEach((bit, k) => {
    const [wire, index] = bits[bit] as readonly [number, number];
    byWire.set(wire, [...(byWire.get(wire) ?? []), `${index}=${(value >> BigInt(k)) & 1n}`]);
  });
  return [...byWire].map(([wire, tests]) => ({ wire, kind: "condition", text: tests.join(" ") }));
}
