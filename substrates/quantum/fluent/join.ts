/** One circuit after another, and what a circuit is made of. */
import {
  BARRIER,
  type Circuit,
  type CircuitBuilder,
  MEASURE,
  operandsOf,
  parametersOf,
  RESET,
  timingOf,
  wrong,
} from "../circuit.ts";
import { GATES, type Gate } from "../gates/table.ts";
import type { Placed } from "./modify.ts";

/** Where the qubits and bits of the other circuit are. */
export interface Places {
  readonly qubits: readonly number[];
  readonly bits?: readonly number[];
  /** Everything is to happen under a condition. */
  readonly isConditional: boolean;
}

/** Puts a circuit behind what is there. Its work bits, which no count shows, are new ones. */
export function append(out: CircuitBuilder, other: Circuit, { qubits, bits, isConditional }: Places): void {
  if (isConditional && other.conditions.length > 0) throw wrong("one condition inside another");
  const shown = other.cregs.flatMap(({ start, size }) => Array.from({ length: size }, (_, k) => start + k));
  if (bits && bits.length !== shown.length)
    throw wrong(`${other.name} has ${shown.length} bits, ${bits.length} given for them`);
  const places = new Map(shown.map((bit, k) => [bit, bits?.[k] ?? bit]));
  for (const [bit, place] of places)
    if (!Number.isInteger(place) || place < 0 || place >= out.bits)
      throw wrong(`bit ${bit} of ${other.name} has no place: bit ${place} of ${out.bits}`);
  const bitOf = (bit: number): number => {
    const place = places.get(bit) ?? out.scratchBit();
    places.set(bit, place);
    return place;
  };
  const boxes = out.boxes;
  for (let i = 0; i < other.length; i++) {
    const condition = other.conditions[other.conditionOf[i] as number];
    if (condition) out.whenBits(condition.bits.map(bitOf), condition.value);
    else if (!isConditional) out.always();
    const code = other.codes[i] as number;
    const operands = Array.from(operandsOf(other, i));
    const on = operands.map((qubit) => qubits[qubit] as number);
    const parameters = parametersOf(other, i);
    if (code === MEASURE) out.measure(on[0] as number, bitOf(operands[1] as number));
    else if (code === RESET) out.reset(on[0] as number);
    else if (code === BARRIER) {
      const [value, unit, box] = parameters as [number, number, number | undefined];
      out.barrier(on, box === undefined ? parameters : [value, unit, box + Math.sign(box) * boxes]);
    } else out.gate(code, parameters, on);
  }
  if (isConditional) return;
  out.always();
  out.gphase(other.phase);
}

/** A barrier, with the time it takes. */
export type Step = Placed | Omit<Placed, "name">;

/** @throws ArqonError `QASM_SEMANTIC` unless the circuit is of gates, barriers and delays. */
export function gatesOnly(circuit: Circuit, what: string): readonly Step[] {
  return Array.from(circuit.codes, (code, i) => {
    if (code === MEASURE || code === RESET || circuit.conditionOf[i] !== -1)
      throw wrong(`${what} of ${circuit.name}: instruction ${i} measures, resets or is under a condition`);
    const step = { parameters: parametersOf(circuit, i), qubits: Array.from(operandsOf(circuit, i)) };
    return code === BARRIER ? step : { ...step, name: (GATES[code] as Gate).name };
  });
}

/** How often each instruction is there, most frequent first. */
export function countOps(circuit: Circuit): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (let i = 0; i < circuit.length; i++) {
    const name = nameOf(circuit, i);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

function nameOf(circuit: Circuit, i: number): string {
  const code = circuit.codes[i] as number;
  if (code === MEASURE) return "measure";
  if (code === RESET) return "reset";
  if (code === BARRIER) return timingOf(circuit, i)?.box === 0 ? "delay" : "barrier";
  return (GATES[code] as Gate).name;
}
