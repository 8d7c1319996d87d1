/** What can be called on a circuit that is being written. */
import type { Buildable, Circuit } from "../circuit.ts";
import type { DurationText } from "../duration.ts";
import type { UnitaryMatrix } from "./matrix.ts";
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

/** A circuit being written. What no circuit can have is refused at once, as an ArqonError `QASM_SEMANTIC`. */
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
  /** The same as {@link QuantumCircuit.when}. */
  ifTest: QuantumCircuit["when"];
  /** Flips the target while all controls, at most 256, are 1; O(controls^2) gates of the table. */
  mcx(controls: readonly number[], target: number): QuantumCircuit;
  /** A unitary matrix on one or two qubits, the first of them the lowest bit of its index, as gates of the table. */
  unitary(matrix: UnitaryMatrix, qubits: readonly number[] | number): QuantumCircuit;
  /** A phase of everything: no gate, and in no count; `control` makes it the controls', `statevector` shows it. */
  gphase(angle: number): QuantumCircuit;
  /** A gate by name, with its parameters; or a circuit, as `compose` does. */
  append(
    what: string | Circuit | Buildable,
    qubits: readonly number[],
    parameters?: readonly number[],
  ): QuantumCircuit;
  /** Another circuit follows, its qubit k on `qubits[k]` and its bit k in `bits[k]`; by default on those of the same number. */
  compose(other: Circuit | Buildable, qubits?: readonly number[], bits?: readonly number[]): QuantumCircuit;
  /** A new circuit that undoes this one, which must be of gates, barriers and delays. */
  inverse(): QuantumCircuit;
  /** A new circuit with `count` qubits more, the first ones, where this one happens while all of them are 1. */
  control(count?: number): QuantumCircuit;
  /** A new circuit that is this one so many times; a fraction goes by eigenphases in (-pi, pi], on at most five qubits. */
  power(exponent: number): QuantumCircuit;
  /** Longest chain of instructions that share a qubit or a bit. */
  depth(): number;
  /** How often each instruction is there, most frequent first. */
  countOps(): Readonly<Record<string, number>>;
  /** The circuit as it is now. */
  build(): Circuit;
}
