/** OpenQASM 3: a text becomes a circuit. */
import type { Circuit } from "../circuit.ts";
import type { ResultRegister } from "./emitter.ts";
import { BUILT_IN } from "./library.ts";
import { Machine } from "./machine.ts";
import type { Bits } from "./scope.ts";
import { run } from "./statement.ts";
import { outcomeOf } from "./value.ts";

/** What a text is read with. */
export interface Qasm3Options {
  /** Values of its `input` declarations, by name. */
  readonly inputs?: Readonly<Record<string, number | boolean | bigint>>;
}

/**
 * Reads an OpenQASM 3 text. Classical control that is known is followed, subroutines and loops are unrolled; branches on
 * measurements become conditions of instructions. `stdgates.inc` is built in. Delays and boxes are kept.
 *
 * The circuit's registers are the bits declared outside of any block, or those declared `output`.
 *
 * @param fileName  for messages only.
 * @throws ArqonError `QASM_SYNTAX`, `QASM_SEMANTIC` or `QASM_UNSUPPORTED` with `details {file, line, column}`;
 *   `LIMIT_EXCEEDED` over a bound of `QASM_LIMITS` or `QASM3_LIMITS`.
 * @cost  linear in the text and in what it expands to, both bounded.
 */
export function parseQasm3(source: string, fileName: string, { inputs = {} }: Qasm3Options = {}): Circuit {
  const machine = new Machine(source, fileName, new Map(Object.entries(inputs)));
  const { syntax, emitter, global: scope } = machine;
  if (syntax.version !== undefined && !/^3(\.[01])?$/.test(syntax.version))
    throw machine.fail(
      "QASM_UNSUPPORTED",
      `expected version 3.0 of OpenQASM, found ${syntax.version}`,
      undefined,
    );
  for (const [name, gate] of BUILT_IN) scope.define(name, gate);
  if (syntax.hardwareQubits > 0) {
    const { start, size } = emitter.qubits("physical", syntax.hardwareQubits);
    scope.define("$", {
      kind: "qubits",
      qubits: Array.from({ length: size }, (_, i) => start + i),
      single: false,
    });
  }
  const frame = { machine, scope, gate: undefined, inSubroutine: false, inLoop: false };
  for (let statement = syntax.next(); statement; statement = syntax.next()) {
    const place = statement;
    if (machine.attempt(place, () => run(frame, place))?.kind === "end") break;
  }
  return emitter.finish(results(machine));
}

/** The registers that counts show. Each bit of one must hold a measurement of its own, or never have been set. */
function results(machine: Machine): ResultRegister[] {
  const names = machine.outputs.length > 0 ? machine.outputs : machine.registers;
  const taken = new Map<number, string>();
  const out: ResultRegister[] = [];
  for (const name of names) {
    const bits = machine.global.find(name);
    if (bits?.kind !== "bits") continue;
    const computed = bits.cells.filter(
      ({ value }) => value !== false && outcomeOf(value) === undefined,
    ).length;
    const outcomes = outcomesOf(bits);
    const copied = outcomes.find(
      (outcome, i) => outcome !== undefined && (taken.has(outcome) || outcomes.indexOf(outcome) !== i),
    );
    if (computed > 0 || copied !== undefined) {
      leaveOut(machine, name, bits, copied === undefined ? undefined : (taken.get(copied) ?? name));
      continue;
    }
    for (const outcome of outcomes) if (outcome !== undefined) taken.set(outcome, name);
    out.push({ name, outcomes });
  }
  return out;
}

function outcomesOf({ cells }: Bits): (number | undefined)[] {
  return cells.map(({ value }) => outcomeOf(value));
}

/** A register that is computed or copied decides what follows, but no count can show it. */
function leaveOut(machine: Machine, name: string, bits: Bits, original: string | undefined): void {
  const why = original === undefined ? "is computed" : `holds what '${original}' measured`;
  const partly = outcomesOf(bits).some((outcome) => outcome !== undefined) && original === undefined;
  if (partly || original === name || machine.outputs.length > 0)
    throw machine.fail(
      "QASM_UNSUPPORTED",
      `'${name}' ${why}, and counts show only measured bits`,
      machine.place,
    );
  machine.warn(`'${name}' ${why}: no count shows it`);
}
