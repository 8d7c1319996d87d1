/** A circuit as a text in OpenQASM 2. */
import { ArqonError } from "@arqon/core/base";
import {
  BARRIER,
  type Buildable,
  type Circuit,
  circuitOf,
  MEASURE,
  operandsOf,
  parametersOf,
  RESET,
  timingOf,
} from "../circuit.ts";
import { durationText } from "../duration.ts";
import { addedDefinitions } from "../gates/qelib1.ts";
import { GATES } from "../gates/table.ts";
import { elements, Names, number, wholeRegister } from "./text.ts";

const WORDS =
  "OPENQASM include qreg creg gate opaque measure reset barrier if pi sin cos tan exp ln sqrt".split(" ");

/**
 * Writes a circuit in OpenQASM 2 with qelib1.inc as it was published: gates of later versions are defined in the text. Reading it
 * back gives the same instructions. Names of registers that the
 * language cannot spell are changed. It knows no times: a delay becomes a barrier, and so do the ends of a box; a comment
 * beside it says what it was. Nor does it know a global phase, which is told in a comment.
 *
 * @throws ArqonError `QASM_UNSUPPORTED` for a condition on anything but a whole register, or bits of no register.
 */
export function toQasm2(given: Circuit | Buildable): string {
  const circuit = circuitOf(given);
  const names = new Names([...WORDS, ...GATES.map(({ name }) => name)]);
  const qregs = circuit.qregs.map(({ name }) => names.name(name));
  const cregs = circuit.cregs.map(({ name }) => names.name(name));
  const qubits = elements(circuit.qregs, qregs, circuit.qubits);
  const bits = elements(circuit.cregs, cregs, circuit.bits);
  if (bits.includes(undefined)) throw unsupported(circuit, "bits that are in no register");
  const lines = ["OPENQASM 2.0;", 'include "qelib1.inc";'];
  if (circuit.phase !== 0) lines.push(`// gphase(${number(circuit.phase)}) is left out`);
  lines.push(...addedDefinitions(new Set(Array.from(circuit.codes, (code) => GATES[code]?.name ?? ""))));
  circuit.qregs.forEach(({ size }, r) => {
    lines.push(`qreg ${qregs[r]}[${size}];`);
  });
  circuit.cregs.forEach(({ size }, r) => {
    lines.push(`creg ${cregs[r]}[${size}];`);
  });
  const conditions = circuit.conditions.map((condition) => {
    const register = wholeRegister(circuit, condition.bits);
    if (register < 0) throw unsupported(circuit, "a condition on anything but a whole register");
    // A value no register has is one above its largest.
    const value = condition.value < 0n ? 1n << BigInt(condition.bits.length) : condition.value;
    return `if(${cregs[register]}==${value}) `;
  });
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    const operands = operandsOf(circuit, i);
    const on = Array.from(operands, (qubit) => qubits[qubit]).join(",");
    const condition = conditions[circuit.conditionOf[i] as number] ?? "";
    const [qubit, bit] = operands;
    if (code === MEASURE)
      lines.push(`${condition}measure ${qubits[qubit as number]} -> ${bits[bit as number]};`);
    else if (code === RESET) lines.push(`${condition}reset ${on};`);
    else if (code === BARRIER) {
      if (on !== "") lines.push(`barrier ${on};${timeComment(circuit, i)}`);
    } else lines.push(`${condition}${GATES[code]?.name}${parameterList(parametersOf(circuit, i))} ${on};`);
  }
  return `${lines.join("\n")}\n`;
}

/** What a barrier was that takes time. */
export function timeComment(circuit: Circuit, i: number): string {
  const timing = timingOf(circuit, i);
  if (!timing) return "";
  const { box, duration } = timing;
  return ` // ${box === 0 ? "delay" : box > 0 ? "begins box" : "ends box"}[${durationText(duration)}]`;
}

function parameterList(parameters: readonly number[]): string {
  return parameters.length === 0 ? "" : `(${parameters.map(number).join(",")})`;
}

function unsupported(circuit: Circuit, what: string): ArqonError {
  return new ArqonError(
    "QASM_UNSUPPORTED",
    `${circuit.name}: OpenQASM 2 has no form for ${what}; OpenQASM 3 has`,
    { remedy: "Write OpenQASM 3: `arqon transpile --qasm 3`, or toQasm3." },
  );
}
