/** Merges what commutes: one-qubit gates into one, ZZ rotations of a pair into one, through whatever lets them pass. */
import type { Matrix } from "@arqon/core/math";
import { CLOSE, type Fixed, halfTurned, type Item, type One, type Zz } from "./item.ts";
import { IDENTITY, isIdentity, kindOf, PAULI_Z, times } from "./one-qubit.ts";

/** A ZZ rotation that later ones of the pair can still join. */
interface Open {
  readonly at: number;
  angle: number;
  readonly epochs: readonly [number, number];
}

/**
 * One pass, linear in the items: gates that are diagonal, or exchange |0> and |1>, are held back as long as they commute with
 * what comes.
 *
 * @param qubits  how many there are.
 */
export function simplify(items: readonly Item[], qubits: number): Item[] {
  return new Simplifier(qubits).run(items);
}

class Simplifier {
  readonly #out: (Item | undefined)[] = [];
  readonly #pending: (Matrix | undefined)[];
  /** Rises whenever something that ZZ rotations cannot pass happened to the qubit. */
  readonly #epoch: Int32Array;
  readonly #open = new Map<number, Open>();
  readonly #qubits: number;

  constructor(qubits: number) {
    this.#qubits = qubits;
    this.#pending = Array.from({ length: qubits });
    this.#epoch = new Int32Array(qubits);
  }

  run(items: readonly Item[]): Item[] {
    for (const item of items) {
      if (item.kind === "one") this.#turn(item.qubit, item.matrix);
      else if (item.kind === "zz") this.#zz(item);
      else if (item.kind === "fixed") this.#fixed(item);
      else {
        for (const qubit of [item.a, item.b]) this.#flush(qubit);
        this.#out.push(item);
      }
    }
    for (let qubit = 0; qubit < this.#qubits; qubit++) this.#flush(qubit);
    return this.#out.filter((item) => item !== undefined);
  }

  #turn(qubit: number, matrix: Matrix): void {
    this.#pending[qubit] = times(matrix, this.#pending[qubit] ?? IDENTITY);
  }

  #zz({ a, b, angle }: Zz): void {
    let signed = angle;
    for (const qubit of [a, b]) {
      const kind = kindOf(this.#pending[qubit] ?? IDENTITY);
      if (kind === "other") this.#flush(qubit);
      else if (kind === "flip") signed = -signed;
    }
    const [low, high] = a < b ? [a, b] : [b, a];
    const key = low * this.#qubits + high;
    const known = this.#open.get(key);
    const epochs = [this.#epoch[low] as number, this.#epoch[high] as number] as const;
    const before = known?.epochs;
    if (known && before?.[0] === epochs[0] && before[1] === epochs[1]) {
      known.angle += signed;
      this.#settle(known, low, high, key);
    } else {
      const open: Open = { at: this.#out.length, angle: signed, epochs };
      this.#out.push(undefined);
      this.#open.set(key, open);
      this.#settle(open, low, high, key);
    }
  }

  /** Writes a rotation at its place, by less than a quarter turn; half turns are Z on both, which may come later. */
  #settle(open: Open, a: number, b: number, key: number): void {
    const { angle, odd } = halfTurned(open.angle);
    open.angle = angle;
    if (odd) for (const qubit of [a, b]) this.#turn(qubit, PAULI_Z);
    const nothing = Math.abs(angle) < CLOSE;
    this.#out[open.at] = nothing ? undefined : { kind: "zz", a, b, angle };
    if (nothing) this.#open.delete(key);
  }

  #fixed(item: Fixed): void {
    for (const qubit of item.qubits) this.#flush(qubit);
    this.#out.push(item);
  }

  #flush(qubit: number): void {
    const matrix = this.#pending[qubit];
    this.#pending[qubit] = undefined;
    if (matrix && !isIdentity(matrix)) this.#out.push({ kind: "one", qubit, matrix } satisfies One);
    this.#epoch[qubit] = (this.#epoch[qubit] as number) + 1;
  }
}
