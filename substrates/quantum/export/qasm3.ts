/** A circuit as a text in OpenQASM 3. */
import {
  BARRIER,
  type Buildable,
  type Circuit,
  type Condition,
  circuitOf,
  MEASURE,
  operandsOf,
  parametersOf,
  RESET,
  timingOf,
} from "../circuit.ts";
import { durationText } from "../duration.ts";
import { GATES } from "../gates/table.ts";
import { GlobalPhase, writtenPhase } from "../global-phase.ts";
import { wholeBoxes } from "./boxes.ts";
import { DEFINITIONS } from "./definitions.ts";
import { timeComment } from "./qasm2.ts";
import { elements, Names, number, wholeRegister } from "./text.ts";

const WORDS = (
  "OPENQASM include defcalgrammar def cal defcal gate extern box let break continue if else end return for while in switch case " +
  "default nop pragma input output const readonly mutable qreg qubit creg bool bit int uint float angle complex array void " +
  "duration stretch gphase inv pow ctrl negctrl durationof delay reset measure barrier true false im pi tau euler phase cphase " +
  "arccos arcsin arctan ceiling cos exp floor log mod popcount rotl rotr sin sqrt tan sizeof real imag"
).split(" ");

/**
 * Writes a circuit in OpenQASM 3 with stdgates.inc; reading it back gives the same counts, and the same
 * state with its global phase. Gates that stdgates.inc lacks are
 * defined in the text, bits of no register become a register beside the outputs, and names are changed where they must. Ends of
 * boxes that do not close around what lies between, as after compiling, become barriers with a comment.
 */
export function toQasm3(given: Circuit | Buildable): string {
  const circuit = circuitOf(given);
  const names = new Names([...WORDS, ...GATES.map(({ name }) => name)]);
  const qregs = circuit.qregs.map(({ name }) => names.name(name));
  const cregs = circuit.cregs.map(({ name }) => names.name(name));
  const qubits = elements(circuit.qregs, qregs, circuit.qubits);
  const { bits, declarations } = classicalBits(circuit, cregs, names);
  const lines = ["OPENQASM 3.0;", 'include "stdgates.inc";', ...neededDefinitions(circuit)];
  circuit.qregs.forEach(({ size }, r) => {
    lines.push(`qubit[${size}] ${qregs[r]};`);
  });
  lines.push(...declarations);
  const conditions = circuit.conditions.map((condition) => conditionText(circuit, condition, cregs, bits));
  const boxes = wholeBoxes(circuit);
  const phase = phaseLeft(circuit);
  if (phase !== 0) lines.push(`gphase(${number(phase)});`);
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    const operands = operandsOf(circuit, i);
    const on = Array.from(operands, (qubit) => qubits[qubit]).join(", ");
    const condition = conditions[circuit.conditionOf[i] as number] ?? "";
    const [qubit, bit] = operands;
    if (code === MEASURE)
      lines.push(`${condition}${bits[bit as number]} = measure ${qubits[qubit as number]};`);
    else if (code === RESET) lines.push(`${condition}reset ${on};`);
    else if (code === BARRIER) {
      const timing = timingOf(circuit, i);
      if (on === "") continue;
      if (timing?.box === 0) lines.push(`${condition}delay[${durationText(timing.duration)}] ${on};`);
      else if (timing && boxes.has(Math.abs(timing.box)))
        lines.push(timing.box > 0 ? `box[${durationText(timing.duration)}] {` : "}");
      else lines.push(`barrier ${on};${timeComment(circuit, i)}`);
    } else lines.push(`${condition}${GATES[code]?.name}${parameterList(parametersOf(circuit, i))} ${on};`);
  }
  return `${lines.join("\n")}\n`;
}

/** The circuit's phase, less what the gates as they are written turn by themselves. */
function phaseLeft(circuit: Circuit): number {
  const phase = new GlobalPhase();
  phase.add(circuit.phase);
  for (let i = 0; i < circuit.length; i++) {
    const { name = "" } = GATES[circuit.codes[i] as number] ?? {};
    if ((circuit.conditionOf[i] as number) >= 0) continue;
    const turned = writtenPhase(name, parametersOf(circuit, i));
    if (turned !== 0) phase.add(-turned);
  }
  return phase.angleRad;
}

/** Where work bits exist, the registers are outputs, so that counts show them only. */
function classicalBits(
  circuit: Circuit,
  cregs: readonly string[],
  names: Names,
): { bits: readonly (string | undefined)[]; declarations: readonly string[] } {
  const bits = elements(circuit.cregs, cregs, circuit.bits);
  const work = bits.filter((bit) => bit === undefined).length;
  const output = work > 0 && cregs.length > 0 ? "output " : "";
  const declarations = circuit.cregs.map(({ size }, r) => `${output}bit[${size}] ${cregs[r]};`);
  if (work === 0) return { bits, declarations };
  const name = names.name("work");
  let next = 0;
  return {
    bits: bits.map((bit) => bit ?? `${name}[${next++}]`),
    declarations: [...declarations, `bit[${work}] ${name};`],
  };
}

function neededDefinitions({ codes }: Circuit): string[] {
  const used = new Set(Array.from(codes, (code) => GATES[code]?.name ?? ""));
  return [...DEFINITIONS].filter(([name]) => used.has(name)).map(([, line]) => line);
}

function conditionText(
  circuit: Circuit,
  { bits: on, value }: Condition,
  cregs: readonly string[],
  bits: readonly (string | undefined)[],
): string {
  if (value < 0n || value >> BigInt(on.length) !== 0n) return "if (false) ";
  const register = wholeRegister(circuit, on);
  if (register >= 0) return `if (${cregs[register]} == ${value}) `;
  const tests = on.map((bit, i) => `${bits[bit]} == ${(value >> BigInt(i)) & 1n}`);
  return `if (${tests.join(" && ")}) `;
}

function parameterList(parameters: readonly number[]): string {
  return parameters.length === 0 ? "" : `(${parameters.map(number).join(", ")})`;
}
