/** A Clifford circuit with Pauli noise as a flat list of what happens to Pauli frames. */
import { ArqonError } from "@arqon/core/base";
import {
  BARRIER,
  type Buildable,
  type Circuit,
  circuitOf,
  MEASURE,
  parametersOf,
  RESET,
  type Register,
} from "../circuit.ts";
import { GATES, type Gate, gateCode } from "../gates/table.ts";
import { noiseName } from "../noise/model.ts";
import { cliffordSteps } from "./clifford.ts";
import { OP } from "./tableau.ts";

/**
 * Errors at one kind of operation: after every use of a gate, after "reset", before "measure". Of several that fit, all
 * act, in order. Gates under a condition have no errors.
 */
export interface PauliNoise {
  readonly gate: string;
  /** Only on these qubits, in this order; left out, on any. */
  readonly qubits?: readonly number[];
  /** Probability by Pauli string, e.g. `{ IX: 0.01 }`: the right letter is for the first qubit. The rest is no error. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/**
 * Kinds of frame operations above those of the tableau; `when` + a Pauli operation of it is that operation in the shots where a
 * measurement gave a value.
 */
export const FRAME = { measure: 16, reset: 17, noise: 18, when: 32 } as const;

/** A channel made ready. */
export interface FrameChannel {
  /** Probability of any error. */
  readonly total: number;
  /** Running sums of the errors' probabilities. */
  readonly ends: Float64Array;
  /** For each error which operands get an X and which a Z, as bits. */
  readonly x: Uint8Array;
  readonly z: Uint8Array;
}

/** What {@link compileFrames} gives. */
export interface FrameProgram {
  readonly qubits: number;
  /** Four numbers an operation: kind and three operands. */
  readonly code: Int32Array;
  readonly channels: readonly FrameChannel[];
  readonly measurements: number;
  /** For each classical bit of the result the measurement it holds at the end, or -1. */
  readonly recordOf: Int32Array;
  readonly registers: readonly Register[];
  readonly warnings: readonly string[];
}

/**
 * Compiles a circuit.
 *
 * @throws ArqonError `QASM_UNSUPPORTED` for a gate that is not Clifford, or a condition on anything but Pauli gates under one
 *   bit; `USAGE` for noise that is not a probability distribution over Pauli strings of its gate.
 */
export function compileFrames(circuit: Circuit | Buildable, noise: readonly PauliNoise[] = []): FrameProgram {
  return new Compiler(circuitOf(circuit), noise).run();
}

class Compiler {
  readonly #circuit: Circuit;
  readonly #channels: FrameChannel[] = [];
  readonly #rules = new Map<
    string,
    { readonly qubits: readonly number[] | undefined; readonly channel: number }[]
  >();
  readonly #code: number[] = [];
  readonly #places: Int32Array;
  #measurements = 0;
  readonly #recordOf: Int32Array;
  #qubits = 0;

  constructor(circuit: Circuit, noise: readonly PauliNoise[]) {
    this.#circuit = circuit;
    this.#places = new Int32Array(circuit.qubits).fill(-1);
    let most = 0;
    for (let i = 0; i < circuit.operandAt.length - 1; i++) {
      if (circuit.codes[i] === BARRIER) continue;
      const end = (circuit.operandAt[i + 1] as number) - (circuit.codes[i] === MEASURE ? 1 : 0);
      for (let k = circuit.operandAt[i] as number; k < end; k++) {
        const qubit = circuit.operands[k] as number;
        if (this.#places[qubit] === -1) this.#places[qubit] = most++;
      }
    }
    this.#qubits = most;
    for (const rule of noise) this.#addRule(rule);
    this.#recordOf = new Int32Array(circuit.bits).fill(-1);
  }

  run(): FrameProgram {
    const circuit = this.#circuit;
    for (let i = 0; i < circuit.length; i++) this.#instruction(i);
    const registers = circuit.cregs.slice();
    const warnings = circuit.warnings.slice();
    let recordOf = this.#recordOf;
    if (this.#measurements === 0) {
      recordOf = new Int32Array(circuit.bits + circuit.qubits).fill(-1);
      for (let q = 0; q < circuit.qubits; q++) {
        if (this.#places[q] === -1) continue;
        recordOf[circuit.bits + q] = this.#measurements;
        this.#measure(q);
      }
      registers.push({ name: "meas", start: circuit.bits, size: circuit.qubits });
      warnings.push(
        `the circuit measures nothing: all ${circuit.qubits} qubits were measured at its end, into 'meas'`,
      );
    }
    return {
      qubits: this.#qubits,
      code: Int32Array.from(this.#code),
      channels: this.#channels,
      measurements: this.#measurements,
      recordOf,
      registers,
      warnings,
    };
  }

  #instruction(i: number): void {
    const circuit = this.#circuit;
    const code = circuit.codes[i] as number;
    if (code === BARRIER) return;
    const at = circuit.operandAt[i] as number;
    const operands = Array.from(circuit.operands.subarray(at, circuit.operandAt[i + 1]));
    const conditional = circuit.conditionOf[i] as number;
    if (conditional >= 0) this.#underCondition(i, code, operands, conditional);
    else if (code === MEASURE) {
      this.#recordOf[operands[1] as number] = this.#measurements;
      this.#measure(operands[0] as number);
    } else if (code === RESET) {
      this.#reset(operands[0] as number);
      this.#errors("reset", operands);
    } else {
      for (const { op, a, b } of this.#steps(i)) {
        this.#code.push(op, this.#place(operands[a] as number), this.#place(operands[b] as number), 0);
      }
      this.#errors(noiseName((GATES[code] as Gate).name), operands);
    }
  }

  #underCondition(i: number, code: number, operands: readonly number[], row: number): void {
    const { bits, value } = this.#circuit.conditions[row] as Circuit["conditions"][number];
    const steps = code >= MEASURE ? undefined : this.#steps(i);
    if (bits.length !== 1 || !steps?.every(({ op }) => op === OP.x || op === OP.y || op === OP.z))
      throw new ArqonError(
        "QASM_UNSUPPORTED",
        `${this.#circuit.name}: Pauli frames allow conditions on Pauli gates under one bit only; instruction ${i} is another`,
        { details: { instruction: i } },
      );
    if (value > 1n) return;
    const record = this.#recordOf[bits[0] as number] as number;
    for (const { op, a } of steps) {
      const place = this.#place(operands[a] as number);
      if (record >= 0) this.#code.push(FRAME.when + op, place, record, Number(value));
      else if (value === 0n) this.#code.push(op, place, place, 0);
    }
  }

  #steps(i: number): NonNullable<ReturnType<typeof cliffordSteps>> {
    const code = this.#circuit.codes[i] as number;
    const steps = cliffordSteps(code, parametersOf(this.#circuit, i));
    if (steps) return steps;
    throw new ArqonError(
      "QASM_UNSUPPORTED",
      `${this.#circuit.name}: ${GATES[code]?.name} of instruction ${i} is not a Clifford gate`,
      { details: { instruction: i } },
    );
  }

  #measure(qubit: number): void {
    this.#errors("measure", [qubit]);
    this.#code.push(FRAME.measure, this.#place(qubit), this.#measurements++, 0);
  }

  #reset(qubit: number): void {
    const place = this.#place(qubit);
    // Straight after a measurement the Z part is random already.
    const randomise = this.#code.at(-4) === FRAME.measure && this.#code.at(-3) === place ? 0 : 1;
    this.#code.push(FRAME.reset, place, randomise, 0);
  }

  #errors(at: string, operands: readonly number[]): void {
    for (const { qubits, channel } of this.#rules.get(at) ?? []) {
      if (qubits !== undefined && !qubits.every((qubit, k) => qubit === operands[k])) continue;
      this.#code.push(
        FRAME.noise,
        channel,
        this.#place(operands[0] as number),
        operands.length > 1 ? this.#place(operands[1] as number) : 0,
      );
    }
  }

  #place(qubit: number): number {
    return this.#places[qubit] as number;
  }

  #addRule({ gate, qubits, probabilities }: PauliNoise): void {
    const size = gate === "measure" || gate === "reset" ? 1 : GATES[gateCode(gate) ?? -1]?.qubits;
    if (size === undefined || size > 2) throw new ArqonError("USAGE", `no noise can follow "${gate}"`);
    if (qubits !== undefined && qubits.length !== size)
      throw new ArqonError("USAGE", `${gate} is on ${size} qubits`);
    const channel = this.#channels.push(channelOf(gate, size, probabilities)) - 1;
    const name = noiseName(gate);
    this.#rules.set(name, [...(this.#rules.get(name) ?? []), { qubits, channel }]);
  }
}

function channelOf(gate: string, size: number, probabilities: PauliNoise["probabilities"]): FrameChannel {
  const [ends, x, z]: [number[], number[], number[]] = [[], [], []];
  let total = 0;
  for (const [label, p] of Object.entries(probabilities)) {
    if (label.length !== size || !/^[IXYZ]+$/.test(label) || !(p >= 0 && p <= 1))
      throw new ArqonError("USAGE", `noise of ${gate}: "${label}" with probability ${p}`);
    if (/^I+$/.test(label) || p === 0) continue;
    total += p;
    ends.push(total);
    const letters = Array.from(label).reverse();
    x.push(letters.reduce((bits, letter, k) => bits | (letter === "X" || letter === "Y" ? 1 << k : 0), 0));
    z.push(letters.reduce((bits, letter, k) => bits | (letter === "Z" || letter === "Y" ? 1 << k : 0), 0));
  }
  if (total > 1 + 1e-12) throw new ArqonError("USAGE", `noise of ${gate}: probabilities sum to ${total}`);
  return {
    total: Math.min(1, total),
    ends: Float64Array.from(ends),
    x: Uint8Array.from(x),
    z: Uint8Array.from(z),
  };
}
