/** A circuit: registers and a flat list of instructions, packed into typed arrays. */
import { ArqonError } from "@arqon/core/base";
import type { Duration } from "./duration.ts";
import { GATES, gateCode } from "./gates/table.ts";
import { GlobalPhase } from "./global-phase.ts";
import { QASM_LIMITS } from "./qasm/limits.ts";

/** A named run of qubits or of classical bits; bit 0 of the register is number `start` of the circuit. */
export interface Register {
  readonly name: string;
  readonly start: number;
  readonly size: number;
}

/** An instruction happens only while these classical bits hold the value: bit k of it in `bits[k]`. */
export interface Condition {
  readonly bits: readonly number[];
  readonly value: bigint;
}

/** Codes above the gates. */
export const MEASURE = 0xfffd;
export const RESET = 0xfffe;
export const BARRIER = 0xffff;

/**
 * An immutable circuit. Instruction i has `codes[i]` (a row of `GATES`, or MEASURE, RESET, BARRIER), the operands
 * `operands[operandAt[i] .. operandAt[i+1])` (qubits; for MEASURE a qubit and then a bit), the parameters
 * `parameters[parameterAt[i] .. parameterAt[i+1])` and `conditionOf[i]`, a row of `conditions` or -1. A BARRIER with parameters
 * takes time, as {@link timingOf} tells.
 */
export interface Circuit {
  readonly name: string;
  readonly qubits: number;
  /** Classical bits; those in no register are work space that no count shows. */
  readonly bits: number;
  readonly qregs: readonly Register[];
  readonly cregs: readonly Register[];
  readonly length: number;
  readonly codes: Uint16Array;
  readonly operandAt: Uint32Array;
  readonly operands: Uint32Array;
  readonly parameterAt: Uint32Array;
  readonly parameters: Float64Array;
  readonly conditionOf: Int32Array;
  readonly conditions: readonly Condition[];
  /** The state is e^{i phase} times what the gates make, by their matrices in `GATES`; in (-pi, pi]. No count and no average shows it. */
  readonly phase: number;
  /** Things in the source that are legal but doubtful. */
  readonly warnings: readonly string[];
}

type Packed = Uint16Array | Uint32Array | Int32Array | Float64Array;

function grown<T extends Packed>(array: T, needed: number): T {
  if (needed <= array.length) return array;
  const make = array.constructor as new (length: number) => T;
  const out = new make(Math.max(needed, 2 * array.length));
  out.set(array);
  return out;
}

/** What has a circuit to give: a builder, or a chain of calls. */
export interface Buildable {
  build(): Circuit;
}

/** The circuit given, or the one a builder has come to. */
export function circuitOf(given: Circuit | Buildable): Circuit {
  if (typeof given === "object" && given !== null) {
    if ("codes" in given) return given;
    if ("build" in given && typeof given.build === "function") return given.build();
  }
  throw wrong("this is no circuit: give what parseQasm or build() returns");
}

/** The refusal of something a circuit cannot have. */
export function wrong(message: string): ArqonError {
  return new ArqonError("QASM_SEMANTIC", message);
}

/**
 * Collects instructions; {@link CircuitBuilder.build} gives the circuit.
 *
 * @throws ArqonError `QASM_SEMANTIC` for an unknown gate, wrong counts, ranges or numbers; `LIMIT_EXCEEDED` for more qubits
 *   or bits than a text may declare.
 */
export class CircuitBuilder {
  readonly #name: string;
  readonly #qregs: Register[] = [];
  readonly #cregs: Register[] = [];
  readonly #conditions: Condition[] = [];
  readonly #warnings: string[] = [];
  /** One list for all conditions on a register. */
  readonly #registerBits = new Map<number, readonly number[]>();
  #qubits = 0;
  #bits = 0;
  #length = 0;
  #operandCount = 0;
  #parameterCount = 0;
  #codes: Uint16Array;
  #operandAt: Uint32Array;
  #operands: Uint32Array;
  #parameterAt: Uint32Array;
  #parameters: Float64Array;
  #conditionOf: Int32Array;
  #condition = -1;
  #boxes = 0;
  readonly #phase = new GlobalPhase();

  /** @param instructions  that memory is set aside for; it grows with more. */
  constructor(name: string, instructions = 64) {
    this.#name = name;
    const rows = Math.max(64, instructions);
    this.#codes = new Uint16Array(rows);
    this.#operandAt = new Uint32Array(rows);
    this.#operands = new Uint32Array(2 * rows);
    this.#parameterAt = new Uint32Array(rows);
    this.#parameters = new Float64Array(rows);
    this.#conditionOf = new Int32Array(rows);
  }

  get length(): number {
    return this.#length;
  }

  get bits(): number {
    return this.#bits;
  }

  /** The highest number of a box there is. */
  get boxes(): number {
    return this.#boxes;
  }

  qreg(name: string, size: number): Register {
    this.#room(this.#qubits, size, "qubits");
    const register = { name, start: this.#qubits, size };
    this.#qregs.push(register);
    this.#qubits += size;
    return register;
  }

  creg(name: string, size: number): Register {
    this.#room(this.#bits, size, "classical bits");
    const register = { name, start: this.#bits, size };
    this.#cregs.push(register);
    this.#bits += size;
    return register;
  }

  /** One more classical bit, which belongs to no register and which no count shows. */
  scratchBit(): number {
    this.#room(this.#bits, 1, "classical bits");
    return this.#bits++;
  }

  warn(text: string): void {
    this.#warnings.push(text);
  }

  /** Instructions from now on happen only while `creg` (its number in order of declaration) is `value`. */
  when(register: number, value: bigint): void {
    const found = this.#cregs[register];
    if (found === undefined) throw wrong(`no classical register ${register}`);
    const { start, size } = found;
    const bits = this.#registerBits.get(register) ?? Array.from({ length: size }, (_, i) => start + i);
    this.#registerBits.set(register, bits);
    this.#condition = this.#conditions.push({ bits, value }) - 1;
  }

  /** Instructions from now on happen only while the bits hold the value: bit k of it in `bits[k]`. */
  whenBits(bits: readonly number[], value: bigint): void {
    for (const bit of bits) this.#check(bit, this.#bits, "bit");
    this.#condition = this.#conditions.push({ bits: bits.slice(), value }) - 1;
  }

  always(): void {
    this.#condition = -1;
  }

  gate(gate: string | number, parameters: readonly number[], qubits: readonly number[]): void {
    const code = typeof gate === "number" ? gate : gateCode(gate);
    const row = code === undefined ? undefined : GATES[code];
    if (code === undefined || row === undefined) throw wrong(`no gate ${gate}`);
    if (row.qubits !== qubits.length || row.parameters.length !== parameters.length)
      throw wrong(
        `${row.name} takes ${row.parameters.length} parameters and ${row.qubits} qubits, ${parameters.length} and ${qubits.length} given`,
      );
    for (const parameter of parameters)
      if (!Number.isFinite(parameter))
        throw wrong(`${row.name}(${parameters}): a parameter is not a finite number`);
    for (let i = 0; i < qubits.length; i++) {
      const qubit = qubits[i] as number;
      this.#check(qubit, this.#qubits, "qubit");
      if (i > 0 && qubits.indexOf(qubit) !== i) throw wrong(`${row.name} has qubit ${qubit} twice`);
    }
    this.#push(code, qubits, parameters);
  }

  /** A phase of everything. Under a condition it is none: no state comes of several cases. */
  gphase(angle: number): void {
    if (!Number.isFinite(angle)) throw wrong(`gphase(${angle}): a parameter is not a finite number`);
    if (this.#condition < 0) this.#phase.add(angle);
  }

  measure(qubit: number, bit: number): void {
    this.#check(qubit, this.#qubits, "qubit");
    this.#check(bit, this.#bits, "bit");
    this.#push(MEASURE, [qubit, bit], []);
  }

  reset(qubit: number): void {
    this.#check(qubit, this.#qubits, "qubit");
    this.#push(RESET, [qubit], []);
  }

  /** @param parameters  of the barrier this is a copy of. */
  barrier(qubits: readonly number[], parameters: readonly number[] = []): void {
    for (const qubit of qubits) this.#check(qubit, this.#qubits, "qubit");
    this.#boxes = Math.max(this.#boxes, parameters[2] ?? 0);
    this.#push(BARRIER, qubits, parameters);
  }

  /** The qubits wait for the latest of them, and then all for the time. */
  delay(duration: Duration, qubits: readonly number[]): void {
    this.barrier(qubits, timed(duration));
  }

  /** One end of a box that takes a time in all: box `number`, from 1, begins, and `-number` ends it. */
  box(duration: Duration, number: number, qubits: readonly number[]): void {
    this.barrier(qubits, [...timed(duration), number]);
  }

  build(): Circuit {
    const length = this.#length;
    return {
      name: this.#name,
      qubits: this.#qubits,
      bits: this.#bits,
      qregs: this.#qregs.slice(),
      cregs: this.#cregs.slice(),
      length,
      codes: this.#codes.slice(0, length),
      operandAt: this.#operandAt.slice(0, length + 1),
      operands: this.#operands.slice(0, this.#operandCount),
      parameterAt: this.#parameterAt.slice(0, length + 1),
      parameters: this.#parameters.slice(0, this.#parameterCount),
      conditionOf: this.#conditionOf.slice(0, length),
      conditions: this.#conditions.slice(),
      phase: this.#phase.angleRad,
      warnings: this.#warnings.slice(),
    };
  }

  #check(value: number, end: number, what: string): void {
    if (!Number.isInteger(value) || value < 0 || value >= end) throw wrong(`${what} ${value} of ${end}`);
  }

  #room(taken: number, size: number, what: string): void {
    if (!Number.isInteger(size) || size < 0) throw wrong(`${what} must be a whole number, not ${size}`);
    const limit = QASM_LIMITS.registerSize;
    if (taken + size > limit)
      throw new ArqonError("LIMIT_EXCEEDED", `${taken + size} ${what} asked for; the limit is ${limit}`);
  }

  #push(code: number, operands: readonly number[], parameters: readonly number[]): void {
    const i = this.#length++;
    if (i + 2 > this.#codes.length) this.#growRows(i + 2);
    const operandEnd = this.#operandCount + operands.length;
    const parameterEnd = this.#parameterCount + parameters.length;
    if (operandEnd > this.#operands.length) this.#operands = grown(this.#operands, operandEnd);
    if (parameterEnd > this.#parameters.length) this.#parameters = grown(this.#parameters, parameterEnd);
    this.#codes[i] = code;
    this.#conditionOf[i] = this.#condition;
    for (let k = 0; k < operands.length; k++) this.#operands[this.#operandCount + k] = operands[k] as number;
    for (let k = 0; k < parameters.length; k++)
      this.#parameters[this.#parameterCount + k] = parameters[k] as number;
    this.#operandCount = operandEnd;
    this.#parameterCount = parameterEnd;
    this.#operandAt[i + 1] = operandEnd;
    this.#parameterAt[i + 1] = parameterEnd;
  }

  #growRows(needed: number): void {
    this.#codes = grown(this.#codes, needed);
    this.#conditionOf = grown(this.#conditionOf, needed);
    this.#operandAt = grown(this.#operandAt, needed);
    this.#parameterAt = grown(this.#parameterAt, needed);
  }
}

const UNITS = ["ns", "dt"] as const;

function timed({ value, unit }: Duration): number[] {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
    throw wrong(`a time must be finite and not negative, not ${value} ${unit}`);
  return [value, UNITS.indexOf(unit)];
}

/** A barrier that takes time: a delay, or where box `box` begins (above 0) or box `-box` ends. */
export interface Timing {
  readonly duration: Duration;
  /** 0 for a delay. */
  readonly box: number;
}

/** The time of instruction `i`; `undefined` of one that is no delay and no end of a box. */
export function timingOf(circuit: Circuit, i: number): Timing | undefined {
  if (circuit.codes[i] !== BARRIER) return undefined;
  const [value, unit, box = 0] = parametersOf(circuit, i);
  return value === undefined ? undefined : { duration: { value, unit: UNITS[unit as 0 | 1] }, box };
}

export function hasDelays(circuit: Circuit): boolean {
  return circuit.codes.some((_, i) => timingOf(circuit, i)?.box === 0);
}

/** The operands of instruction `i`, as a view. */
export function operandsOf(circuit: Circuit, i: number): Uint32Array {
  return circuit.operands.subarray(circuit.operandAt[i], circuit.operandAt[i + 1]);
}

/** The parameters of instruction `i`. */
export function parametersOf(circuit: Circuit, i: number): readonly number[] {
  const [from, to] = [circuit.parameterAt[i] as number, circuit.parameterAt[i + 1] as number];
  return from === to ? [] : Array.from(circuit.parameters.subarray(from, to));
}
