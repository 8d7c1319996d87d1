/** Circuits written as a chain of calls: `quantumCircuit(2).h(0).cx(0, 1).measureAll().build()`. */
import { ArqonError } from "@arqon/core/base";
import { type Buildable, type Circuit, CircuitBuilder, circuitOf, wrong } from "../circuit.ts";
import { type DurationText, parseDuration } from "../duration.ts";
import { circuitFeatures } from "../features.ts";
import { GATES, type Gate } from "../gates/table.ts";
import { QASM_LIMITS } from "../qasm/limits.ts";
import { QASM3_LIMITS } from "../qasm3/limits.ts";
import { append, countOps, gatesOnly } from "./join.ts";
import { gatesOf, type UnitaryMatrix } from "./matrix.ts";
import type { QuantumCircuit } from "./methods.ts";
import { controlledBy, inverseOf, type Product, placedIn, powerOf } from "./modify.ts";

class Chain {
  readonly #out: CircuitBuilder;
  readonly #qubits: number;
  readonly #name: string;
  #isConditional = false;

  constructor(qubits: number, bits: number, name: string) {
    this.#out = new CircuitBuilder(name);
    this.#qubits = qubits;
    this.#name = name;
    if (qubits !== 0) this.#out.qreg("q", qubits);
    if (bits !== 0) this.#out.creg("c", bits);
  }

  gate({ name, parameters, qubits }: Gate, operands: readonly number[]): this {
    const count = parameters.length;
    if (operands.length !== count + qubits)
      throw wrong(`${name} takes ${count} parameters and ${qubits} qubits, ${operands.length} numbers given`);
    this.#out.gate(name, operands.slice(0, count), operands.slice(count));
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
    if (!duration) throw wrong(`"${text}" is not a time, as "100ns" is`);
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
    if (this.#isConditional) throw wrong("one condition inside another; name all bits in one");
    if (typeof value !== "bigint" && !Number.isSafeInteger(value))
      throw wrong(`the value of a condition must be a whole number, not ${value}`);
    if (typeof body !== "function")
      throw wrong("what happens under a condition is a function of the circuit");
    const on = typeof bits === "number" ? [bits] : bits;
    if (!Array.isArray(on)) throw wrong("the bits of a condition are a number or a list of numbers");
    this.#out.whenBits(on, BigInt(value));
    this.#isConditional = true;
    try {
      body(this as unknown as QuantumCircuit);
    } finally {
      this.#isConditional = false;
      this.#out.always();
    }
    return this;
  }

  ifTest(...given: Parameters<Chain["when"]>): this {
    return this.when(...given);
  }

  mcx(controls: readonly number[], target: number): this {
    if (!Array.isArray(controls) || controls.length === 0) throw wrong("mcx needs a control, in a list");
    checkControls(controls.length);
    this.#check([...controls, target]);
    return this.#put(
      controlledBy({ gates: [{ name: "x", parameters: [], qubits: [target] }], phase: 0 }, controls),
    );
  }

  unitary(matrix: UnitaryMatrix, given: readonly number[] | number): this {
    const qubits = typeof given === "number" ? [given] : given;
    this.#check(qubits);
    return this.#put(gatesOf(matrix, qubits));
  }

  gphase(angle: number): this {
    return this.#put({ gates: [], phase: angle });
  }

  append(
    what: string | Circuit | Buildable,
    qubits: readonly number[],
    parameters: readonly number[] = [],
  ): this {
    if (typeof what !== "string") return this.compose(what, qubits);
    if (!Array.isArray(qubits) || !Array.isArray(parameters))
      throw wrong(`${what} is appended on a list of qubits, with a list of parameters`);
    this.#out.gate(what, parameters, qubits);
    return this;
  }

  compose(given: Circuit | Buildable, qubits?: readonly number[], bits?: readonly number[]): this {
    const other = circuitOf(given);
    const on = qubits ?? Array.from({ length: other.qubits }, (_, q) => q);
    if (on.length !== other.qubits)
      throw wrong(`${other.name} has ${other.qubits} qubits, ${on.length} given for them`);
    this.#check(on);
    this.#bound(this.#out.length + other.length);
    append(this.#out, other, { qubits: on, ...(bits && { bits }), isConditional: this.#isConditional });
    return this;
  }

  inverse(): Chain {
    const out = new Chain(this.#qubits, 0, this.#name);
    const circuit = this.build();
    for (const step of gatesOnly(circuit, "the inverse").toReversed())
      if ("name" in step) out.#put(inverseOf(step));
      else {
        // Time and number of a box: where it began it ends now.
        const [value, unit, box] = step.parameters;
        out.#out.barrier(
          step.qubits,
          box === undefined ? step.parameters : [value as number, unit as number, -box],
        );
      }
    out.gphase(-circuit.phase);
    return out;
  }

  control(count = 1): Chain {
    if (!Number.isInteger(count) || count < 1) throw wrong(`${count} controls; it takes one or more`);
    checkControls(count);
    const circuit = this.build();
    const steps = gatesOnly(circuit, "control");
    const out = new Chain(count + this.#qubits, 0, this.#name);
    const controls = Array.from({ length: count }, (_, k) => k);
    for (const step of steps) {
      const qubits = step.qubits.map((qubit) => count + qubit);
      if ("name" in step) out.#put(controlledBy({ gates: [{ ...step, qubits }], phase: 0 }, controls));
      else out.#out.barrier(qubits, step.parameters);
    }
    return out.#put(controlledBy({ gates: [], phase: circuit.phase }, controls));
  }

  power(exponent: number): Chain {
    if (!Number.isFinite(exponent)) throw wrong(`a circuit to the power of ${exponent}`);
    const circuit = this.build();
    gatesOnly(circuit, "a power");
    const out = new Chain(this.#qubits, 0, this.#name);
    if (!Number.isInteger(exponent))
      return out.#put(powerOf({ gates: placedIn(circuit), phase: circuit.phase }, exponent));
    this.#bound(circuit.length * Math.abs(exponent));
    const once = exponent < 0 ? this.inverse() : this;
    for (let k = 0; k < Math.abs(exponent); k++) out.compose(once);
    return out;
  }

  depth(): number {
    return circuitFeatures(this.build()).depth;
  }

  countOps(): Readonly<Record<string, number>> {
    return countOps(this.build());
  }

  build(): Circuit {
    return this.#out.build();
  }

  #put({ gates, phase }: Product): this {
    this.#out.gphase(phase);
    this.#bound(this.#out.length + gates.length);
    for (const { name, parameters, qubits } of gates) this.#out.gate(name, parameters, qubits);
    return this;
  }

  #bound(length: number): void {
    if (length > QASM_LIMITS.expansion)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `${length} instructions asked for; the limit is ${QASM_LIMITS.expansion}`,
      );
  }

  #check(qubits: readonly number[]): void {
    if (!Array.isArray(qubits)) throw wrong("qubits are a list of numbers");
    for (const [k, qubit] of qubits.entries()) {
      if (!Number.isInteger(qubit) || qubit < 0 || qubit >= this.#qubits)
        throw wrong(`qubit ${qubit} of ${this.#qubits}`);
      if (qubits.indexOf(qubit) !== k) throw wrong(`qubit ${qubit} is given twice`);
    }
  }
}

function checkControls(count: number): void {
  if (count > QASM3_LIMITS.controls)
    throw new ArqonError("LIMIT_EXCEEDED", `${count} controls; the limit is ${QASM3_LIMITS.controls}`);
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
