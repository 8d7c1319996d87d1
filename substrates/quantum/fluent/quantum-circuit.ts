/** Circuits written as a chain of calls: `quantumCircuit(2).h(0).cx(0, 1).measureAll().build()`. */
import { type Circuit, CircuitBuilder } from "../circuit.ts";
import { type DurationText, parseDuration } from "../duration.ts";
import { GATES, type Gate } from "../gates/table.ts";
import type { Signatures } from "./signatures.ts";

type Numbers<N extends number, T extends number[] = []> = T["length"] extends N
  ? T
  : Numbers<N, [...T, number]>;

/** A method for each gate of the table: its parameters, then its qubits. */
export type GateMethods = {
  readonly [Gate in keyof Signatures]: (
    ...operands: [...Numbers<Signatures[Gate][0]>, ...Numbers<Signatures[Gate][1]>]
  ) => QuantumCircuit;
};

/** A circuit being written. Wrong counts or ranges are a `TypeError` at once. */
export interface QuantumCircuit extends GateMethods {
  /** Measures a qubit into a bit. */
  measure(qubit: number, bit: number): QuantumCircuit;
  /** Measures every qubit into a new register "meas". */
  measureAll(): QuantumCircuit;
  reset(qubit: number): QuantumCircuit;
  /** Keeps what stands before apart from what comes after; of all qubits when none is named. */
  barrier(...qubits: number[]): QuantumCircuit;
  /** These qubits, or all when none is named, wait for the latest of them and then for the time: `delay("100ns", 0)`. */
  delay(duration: DurationText, ...qubits: number[]): QuantumCircuit;
  /** What `body` adds happens only while the bits hold the value: bit k of it in `bits[k]`. */
  when(
    bits: number | readonly number[],
    value: number | bigint,
    body: (circuit: QuantumCircuit) => void,
  ): QuantumCircuit;
  /** The circuit as it is now. */
  build(): Circuit;
}

class Chain {
  readonly #out: CircuitBuilder;
  readonly #qubits: number;
  #isConditional = false;

  constructor(qubits: number, bits: number, name: string) {
    for (const [what, count] of [
      ["qubits", qubits],
      ["bits", bits],
    ] as const)
      if (!Number.isInteger(count) || count < 0)
        throw new TypeError(`${what} must be a whole number, not ${count}`);
    this.#out = new CircuitBuilder(name);
    this.#qubits = qubits;
    if (qubits > 0) this.#out.qreg("q", qubits);
    if (bits > 0) this.#out.creg("c", bits);
  }

  gate({ name, parameters, qubits }: Gate, operands: readonly number[]): this {
    const count = parameters.length;
    if (operands.length !== count + qubits)
      throw new TypeError(
        `${name} takes ${count} parameters and ${qubits} qubits, ${operands.length} numbers given`,
      );
    const angles = operands.slice(0, count);
    if (!angles.every(Number.isFinite))
      throw new TypeError(`${name}(${angles}): a parameter is not a finite number`);
    this.#out.gate(name, angles, operands.slice(count));
    return this;
  }

  measure(qubit: number, bit: number): this {
    this.#out.measure(qubit, bit);
    return this;
  }

  measureAll(): this {
    if (this.#qubits === 0) return this;
    this.barrier();
    const { start } = this.#out.creg("meas", this.#qubits);
    for (let q = 0; q < this.#qubits; q++) this.#out.measure(q, start + q);
    return this;
  }

  reset(qubit: number): this {
    this.#out.reset(qubit);
    return this;
  }

  barrier(...qubits: number[]): this {
    this.#out.barrier(this.#named(qubits));
    return this;
  }

  delay(text: DurationText, ...qubits: number[]): this {
    const duration = parseDuration(text);
    if (!duration) throw new TypeError(`"${text}" is not a time, as "100ns" is`);
    this.#out.delay(duration, this.#named(qubits));
    return this;
  }

  #named(qubits: readonly number[]): readonly number[] {
    return qubits.length > 0 ? qubits : Array.from({ length: this.#qubits }, (_, q) => q);
  }

  when(
    bits: number | readonly number[],
    value: number | bigint,
    body: (circuit: QuantumCircuit) => void,
  ): this {
    if (this.#isConditional) throw new TypeError("one condition inside another; name all bits in one");
    this.#out.whenBits(typeof bits === "number" ? [bits] : bits, BigInt(value));
    this.#isConditional = true;
    body(this as unknown as QuantumCircuit);
    this.#isConditional = false;
    this.#out.always();
    return this;
  }

  build(): Circuit {
    return this.#out.build();
  }
}

for (const gate of GATES)
  Object.defineProperty(Chain.prototype, gate.name, {
    value(this: Chain, ...operands: number[]) {
      return this.gate(gate, operands);
    },
  });

/**
 * A circuit to write on, with `qubits` qubits "q" and `bits` classical bits "c".
 *
 * @example  runCircuit(quantumCircuit(2).h(0).cx(0, 1).measureAll().build(), { shots: 1000, seed: 42n })
 */
export function quantumCircuit(qubits: number, bits = 0, name = "circuit"): QuantumCircuit {
  return new Chain(qubits, bits, name) as unknown as QuantumCircuit;
}
