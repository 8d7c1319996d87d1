/** Prepares a circuit for running: where each qubit lives, what happens in order, and what is sampled at the end. */
import { BARRIER, type Circuit, MEASURE, RESET, timingOf } from "../circuit.ts";

/** Bits that must have these values. */
export interface BitCondition {
  readonly bits: readonly number[];
  readonly pattern: Uint8Array;
}

/** One step; those with a condition happen only where the classical bits meet it. */
export type Step = { readonly condition: BitCondition | undefined } & (
  | { readonly kind: "gates"; readonly instructions: number[] }
  | { readonly kind: "measure"; readonly position: number; readonly bit: number }
  | { readonly kind: "clear"; readonly bit: number }
  /** The qubit just measured into `bit` is done with: from |bit> to |0>, for the next qubit at its position. */
  | { readonly kind: "free"; readonly position: number; readonly bit: number }
  | { readonly kind: "reset"; readonly position: number }
);

/** A circuit made ready. */
export interface Program {
  readonly circuit: Circuit;
  /** Positions, so the most qubits in use at a time; the state has 2^width amplitudes. */
  readonly width: number;
  /**
   * Bit of each qubit in the amplitude index, by order of first use; -1 for qubits that stay |0>. A qubit that is measured
   * on the way and not used again leaves its position to the next one.
   */
  readonly positions: Int32Array;
  readonly steps: readonly Step[];
  /** Measurements nothing depends on, sampled together from the final state: position (or -1) and bit, in order. */
  readonly sampled: readonly (readonly [position: number, bit: number])[];
  /** Bits of the result; the circuit's own, or one more per qubit when nothing is measured. */
  readonly bits: number;
  /** Measurements and resets whose outcome the rest depends on. */
  readonly branchings: number;
}

/** Compiles a circuit. Linear in its instructions. */
export function prepare(circuit: Circuit): Program {
  const tail = tailStart(circuit);
  const { positions, width, left } = layOut(circuit, tail);
  const steps: Step[] = [];
  const sampled: [number, number][] = [];
  const touched = new Uint8Array(circuit.qubits);
  const conditions = circuit.conditions.map((_, i) => bitCondition(circuit, i));
  let [branchings, measured] = [0, false];
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    if (code === BARRIER) continue;
    const at = circuit.operandAt[i] as number;
    const qubit = circuit.operands[at] as number;
    const conditional = circuit.conditionOf[i] as number;
    const condition = conditional < 0 ? undefined : conditions[conditional];
    if (code === MEASURE) measured = true;
    if (conditional >= 0 && condition === undefined) continue;
    if (code === MEASURE) {
      const bit = circuit.operands[at + 1] as number;
      const position = touched[qubit] ? (positions[qubit] as number) : -1;
      if (i >= tail) sampled.push([position, bit]);
      else if (position < 0) steps.push({ kind: "clear", bit, condition });
      else branchings += steps.push({ kind: "measure", position, bit, condition }) && 1;
      if (left.has(i)) steps.push({ kind: "free", position, bit, condition });
    } else if (code === RESET) {
      if (touched[qubit] && i < tail)
        branchings += steps.push({ kind: "reset", position: positions[qubit] as number, condition }) && 1;
    } else {
      const last = steps.at(-1);
      if (last?.kind === "gates" && sameCondition(last.condition, condition)) last.instructions.push(i);
      else steps.push({ kind: "gates", instructions: [i], condition });
      for (let k = at; k < (circuit.operandAt[i + 1] as number); k++)
        touched[circuit.operands[k] as number] = 1;
    }
  }
  let bits = circuit.bits;
  if (!measured) {
    for (let q = 0; q < circuit.qubits; q++) sampled.push([positions[q] as number, circuit.bits + q]);
    bits += circuit.qubits;
  }
  return { circuit, width, positions, steps, sampled, bits, branchings };
}

interface Places {
  readonly positions: Int32Array;
  readonly width: number;
  /** Measurements after which another qubit takes the position. */
  readonly left: ReadonlySet<number>;
}

function layOut(circuit: Circuit, tail: number): Places {
  const positions = new Int32Array(circuit.qubits).fill(-1);
  const last = lastUses(circuit);
  const left = new Set<number>();
  /** Positions to be had, and the measurement that left each. */
  const idle: { readonly position: number; readonly by: number }[] = [];
  let width = 0;
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    const at = circuit.operandAt[i] as number;
    if (code < MEASURE)
      for (let k = at; k < (circuit.operandAt[i + 1] as number); k++) {
        const qubit = circuit.operands[k] as number;
        if ((positions[qubit] as number) >= 0) continue;
        const found = idle.pop();
        if (found) left.add(found.by);
        positions[qubit] = found ? found.position : width++;
      }
    else if (code === MEASURE && i < tail && (circuit.conditionOf[i] as number) < 0) {
      const qubit = circuit.operands[at] as number;
      const position = positions[qubit] as number;
      if (position >= 0 && last[qubit] === i) idle.push({ position, by: i });
    }
  }
  return { positions, width, left };
}

/** The last instruction on each qubit. */
function lastUses(circuit: Circuit): Int32Array {
  const last = new Int32Array(circuit.qubits).fill(-1);
  for (let i = 0; i < circuit.length; i++) {
    const code = circuit.codes[i] as number;
    if (code === BARRIER) continue;
    // The second operand of a measurement is a bit.
    const from = circuit.operandAt[i] as number;
    const to = code === MEASURE ? from + 1 : (circuit.operandAt[i + 1] as number);
    for (let k = from; k < to; k++) last[circuit.operands[k] as number] = i;
  }
  return last;
}

/**
 * First instruction from which on measurements can wait until the end: no conditions, nothing after a measurement; with `once`
 * no second measurement either, for where something happens to the qubit in between.
 */
export function tailStart(circuit: Circuit, once = false): number {
  const gateLater = new Uint8Array(circuit.qubits);
  const measuredLater = new Uint8Array(circuit.qubits);
  for (let i = circuit.length - 1; i >= 0; i--) {
    const code = circuit.codes[i] as number;
    // Of barriers only one that takes time can depend on a measurement.
    if (code === BARRIER && !(once && timingOf(circuit, i))) continue;
    if ((circuit.conditionOf[i] as number) >= 0) return i + 1;
    if (code === BARRIER) continue;
    const from = circuit.operandAt[i] as number;
    const qubit = circuit.operands[from] as number;
    if (code === MEASURE) {
      if (gateLater[qubit] || (once && measuredLater[qubit])) return i + 1;
      measuredLater[qubit] = 1;
    } else if (code === RESET) {
      // A reset nobody looks at afterwards changes no result.
      if (gateLater[qubit] || measuredLater[qubit]) return i + 1;
    } else {
      for (let k = from; k < (circuit.operandAt[i + 1] as number); k++)
        gateLater[circuit.operands[k] as number] = 1;
    }
  }
  return 0;
}

export function bitCondition(circuit: Circuit, index: number): BitCondition | undefined {
  const condition = circuit.conditions[index];
  if (!condition || condition.value < 0n) return undefined;
  const { bits, value } = condition;
  if (value >> BigInt(bits.length) !== 0n) return undefined;
  const digits = value.toString(2).padStart(bits.length, "0");
  return { bits, pattern: Uint8Array.from(bits, (_, k) => Number(digits[bits.length - 1 - k])) };
}

function sameCondition(a: BitCondition | undefined, b: BitCondition | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.pattern.length === b.pattern.length &&
    a.bits.every((bit, i) => bit === b.bits[i]) &&
    a.pattern.every((v, i) => v === b.pattern[i])
  );
}

/** Whether the classical bits meet a condition. */
export function holds(condition: BitCondition | undefined, bits: Uint8Array): boolean {
  if (condition === undefined) return true;
  const { pattern } = condition;
  for (let i = 0; i < pattern.length; i++) if (bits[condition.bits[i] as number] !== pattern[i]) return false;
  return true;
}
