/** Collects the instructions of a circuit, each under what measurements decided before it. */
import { type Circuit, CircuitBuilder, MEASURE, type Register } from "../circuit.ts";
import type { Duration } from "../duration.ts";
import { QASM_LIMITS } from "../qasm/limits.ts";
import { openBarriers } from "./open-barriers.ts";
import { type Bit, type Cube, choose, cubes, outcomesIn, type Value } from "./value.ts";

/** A bit register of the result: the outcome each of its bits holds, or `undefined` for one that stays 0. */
export interface ResultRegister {
  readonly name: string;
  readonly outcomes: readonly (number | undefined)[];
}

/** Fails at the place being read. */
export type Over = (what: string, limit: number) => Error;

/** Where the circuit comes together. Outcomes are numbers of classical bits, in registers only once it is finished. */
export class Emitter {
  readonly #builder: CircuitBuilder;
  readonly #over: Over;
  readonly #refuse: (what: string) => Error;
  #guard: Bit = true;
  #cubes: readonly Cube[] = cubes(true);
  readonly #pinned = new Set<number>();
  /** How many decisions that are being followed depend on an outcome. */
  readonly #deciding = new Map<number, number>();
  /** Those of them that were measured again meanwhile. */
  readonly #stale = new Set<number>();
  #bits = 0;
  #qubits = 0;
  #calls = 0;
  #operands = 0;
  #boxes = 0;
  /** Qubits that boxes that are being read are on so far. */
  readonly #boxed: Set<number>[] = [];
  /** The qubits of barriers that were written before it was known what they are on. */
  readonly #opened = new Map<number, readonly number[]>();

  constructor(name: string, over: Over, refuse: (what: string) => Error) {
    this.#builder = new CircuitBuilder(name);
    this.#over = over;
    this.#refuse = refuse;
  }

  /** Under what condition things happen here. */
  get guard(): Bit {
    if (this.#stale.size > 0 && outcomesIn(this.#guard).some((outcome) => this.#stale.has(outcome)))
      throw this.#refuse("what follows a measurement into a bit that its own condition looks at");
    return this.#guard;
  }

  warn(text: string): void {
    this.#builder.warn(text);
  }

  qubits(name: string, size: number): Register {
    this.#qubits += size;
    if (this.#qubits > QASM_LIMITS.registerSize) throw this.#over("qubits", QASM_LIMITS.registerSize);
    return this.#builder.qreg(name, size);
  }

  get qubitCount(): number {
    return this.#qubits;
  }

  allQubits(): number[] {
    return Array.from({ length: this.#qubits }, (_, qubit) => qubit);
  }

  /** A classical bit nothing was measured into yet. */
  freshBit(): number {
    if (++this.#bits > QASM_LIMITS.registerSize) throw this.#over("measured bits", QASM_LIMITS.registerSize);
    return this.#builder.scratchBit();
  }

  /** Values go on referring to these outcomes: their bits cannot be measured into again. */
  pin(outcomes: readonly number[]): void {
    for (const outcome of outcomes) this.#pinned.add(outcome);
  }

  /** Whether the bit an outcome is in can be measured into again, here. */
  canMeasureInto(outcome: number): boolean {
    if (this.#pinned.has(outcome)) return false;
    return !this.#deciding.has(outcome) || this.#cubes.length === 1;
  }

  /** Runs all branches of one decision, which refer to what it depends on as it was before. */
  decide(condition: Value, branches: () => void): void {
    const outcomes = outcomesIn(condition);
    for (const outcome of outcomes) this.#deciding.set(outcome, (this.#deciding.get(outcome) ?? 0) + 1);
    branches();
    for (const outcome of outcomes) {
      const count = (this.#deciding.get(outcome) ?? 0) - 1;
      if (count > 0) this.#deciding.set(outcome, count);
      else {
        this.#deciding.delete(outcome);
        this.#stale.delete(outcome);
      }
    }
  }

  /** What `body` emits happens only where the condition holds, too; not at all where it never does. */
  under(condition: Bit, body: () => void): void {
    const outer = this.#guard;
    const inner = choose(this.guard, condition, false) as Bit;
    if (inner === false) return;
    this.#setGuard(inner);
    body();
    this.#setGuard(outer);
  }

  /** A gate of the table, or "gphase" of no qubits. */
  gate(name: string, parameters: readonly number[], qubits: readonly number[]): void {
    if (name === "gphase") {
      // Where a condition holds, no other case has a state of its own to be compared with.
      if (this.#guard === true) this.#builder.gphase(parameters[0] as number);
      return;
    }
    this.#use(qubits);
    this.#each(parameters.length + qubits.length, () => this.#builder.gate(name, parameters, qubits));
  }

  measure(qubit: number, bit: number): void {
    this.#use([qubit]);
    this.#each(2, () => this.#builder.measure(qubit, bit));
    if (this.#deciding.has(bit)) this.#stale.add(bit);
  }

  reset(qubit: number): void {
    this.#use([qubit]);
    this.#each(1, () => this.#builder.reset(qubit));
  }

  delay(duration: Duration, qubits: readonly number[]): void {
    this.#use(qubits);
    this.#each(qubits.length, () => this.#builder.delay(duration, qubits));
  }

  /** What `body` emits, between two barriers on its qubits, which take the duration in all where one is given. */
  box<T>(duration: Duration | undefined, body: () => T): T {
    const number = duration === undefined ? 0 : ++this.#boxes;
    const end = (which: number, qubits: readonly number[]): void => {
      this.#builder.always();
      if (duration === undefined) this.#builder.barrier(qubits);
      else this.#builder.box(duration, which, qubits);
    };
    this.#spend(2, 0);
    const at = this.#builder.length;
    const used = new Set<number>();
    end(number, []);
    this.#boxed.push(used);
    const out = body();
    this.#boxed.pop();
    const qubits = [...used];
    this.#spend(0, 2 * qubits.length);
    this.#opened.set(at, qubits);
    end(-number, qubits);
    this.#use(qubits);
    return out;
  }

  barrier(qubits: readonly number[]): void {
    this.#use(qubits);
    this.#spend(1, qubits.length);
    this.#builder.always();
    this.#builder.barrier(qubits);
  }

  /** The circuit, with these registers first among its bits. */
  finish(registers: readonly ResultRegister[]): Circuit {
    const circuit = openBarriers(this.#builder.build(), this.#opened);
    const numbers = new Int32Array(circuit.bits).fill(-1);
    const cregs: Register[] = [];
    let next = 0;
    for (const { name, outcomes } of registers) {
      cregs.push({ name, start: next, size: outcomes.length });
      for (const outcome of outcomes) {
        if (outcome !== undefined) numbers[outcome] = next;
        next++;
      }
    }
    for (let bit = 0; bit < circuit.bits; bit++) if (numbers[bit] === -1) numbers[bit] = next++;
    const operands = circuit.operands.slice();
    for (let i = 0; i < circuit.length; i++) {
      if (circuit.codes[i] !== MEASURE) continue;
      const at = (circuit.operandAt[i] as number) + 1;
      operands[at] = numbers[operands[at] as number] as number;
    }
    const conditions = circuit.conditions.map(({ bits, value }) => ({
      bits: bits.map((bit) => numbers[bit] as number),
      value,
    }));
    return { ...circuit, bits: next, cregs, operands, conditions };
  }

  #use(qubits: readonly number[]): void {
    const used = this.#boxed.at(-1);
    if (used) for (const qubit of qubits) used.add(qubit);
  }

  #setGuard(guard: Bit): void {
    this.#guard = guard;
    this.#cubes = cubes(guard);
  }

  #each(operands: number, add: () => void): void {
    this.#spend(this.#cubes.length, this.#cubes.length * operands);
    if (this.guard === false) return;
    for (const { bits, value } of this.#cubes) {
      if (bits.length > 0) this.#builder.whenBits(bits, value);
      else this.#builder.always();
      add();
    }
  }

  #spend(calls: number, operands: number): void {
    this.#calls += calls;
    this.#operands += operands;
    if (this.#calls > QASM_LIMITS.expansion) throw this.#over("instructions", QASM_LIMITS.expansion);
    if (this.#operands > QASM_LIMITS.operands) throw this.#over("operands", QASM_LIMITS.operands);
  }
}
