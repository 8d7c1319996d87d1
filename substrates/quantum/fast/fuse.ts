/** Joins neighbouring gates on the same one or two positions where the product is cheaper than the parts. */
import { embed, type Matrix, multiply } from "@arqon/core/math";
import { type Circuit, operandsOf, parametersOf } from "../circuit.ts";
import { GATES, type Gate } from "../gates/table.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import { lower, type Operation } from "./operation.ts";

/** Gates in a row on at most two positions. */
interface Block {
  /** Ascending; bit k of the matrix index is `positions[k]`. */
  readonly positions: readonly number[];
  readonly matrix: Matrix;
  /** The cheapest way to apply it. */
  readonly operations: readonly Operation[];
  readonly cost: number;
}

/** Each operation costs a little by being there at all. */
const OVERHEAD = 0.5;

function costOf(operations: readonly Operation[]): number {
  return operations.reduce((sum, { cost }) => sum + cost + OVERHEAD, 0);
}

function block(positions: readonly number[], matrix: Matrix, parts: readonly Block[]): Block {
  const direct = lower(matrix, positions);
  if (direct === undefined) throw new TypeError("a block has at most two positions");
  const operations = parts.flatMap((part) => part.operations);
  const [directCost, partsCost] = [costOf(direct), costOf(operations)];
  if (parts.length > 0 && partsCost < directCost) return { positions, matrix, operations, cost: partsCost };
  return { positions, matrix, operations: direct, cost: directCost };
}

/** A block on `positions` that does what the parts do, first to last. */
function join(positions: readonly number[], parts: readonly Block[]): Block {
  let product: Matrix | undefined;
  for (const part of parts) {
    const bits = part.positions.map((p) => positions.indexOf(p));
    const wide = embed(part.matrix, bits, positions.length);
    product = product ? multiply(wide, product, 1 << positions.length) : wide;
  }
  return block(positions, product as Matrix, parts);
}

/** The same matrix with its index bits in ascending order of position. */
function ordered(matrix: Matrix, positions: readonly number[]): Block {
  const sorted = [...positions].sort((a, b) => a - b);
  const bits = positions.map((p) => sorted.indexOf(p));
  return block(sorted, embed(matrix, bits, positions.length), []);
}

/** Gates of three or more qubits that no kernel applies, by their definition in the library. */
function definitionOf({ name, qubits, definition }: Gate): Circuit {
  const wires = Array.from({ length: qubits }, (_, q) => `q[${q}]`).join(",");
  const renamed = definition?.replace(`gate ${name}`, "gate whole");
  return parseQasm2(
    `OPENQASM 2.0; include "qelib1.inc"; ${renamed} qreg q[${qubits}]; whole ${wires};`,
    name,
  );
}

/** Collects gates and gives kernel operations in an order that does the same. */
export class Fusion {
  readonly #out: Operation[] = [];
  readonly #open = new Map<number, Block>();
  readonly #definitions = new Map<number, Circuit>();

  /** Adds instruction `i` of a circuit; `place` gives the position of a qubit. */
  add(circuit: Circuit, i: number, place: (qubit: number) => number): void {
    const code = circuit.codes[i] as number;
    const gate = GATES[code] as Gate;
    const positions = Array.from(operandsOf(circuit, i), place);
    const matrix = gate.matrix(parametersOf(circuit, i));
    if (positions.length <= 2) {
      this.#small(ordered(matrix, positions));
      return;
    }
    const operations = lower(matrix, positions);
    if (operations) {
      this.#close(positions);
      this.#out.push(...operations);
      return;
    }
    const definition = this.#definitions.get(code) ?? definitionOf(gate);
    this.#definitions.set(code, definition);
    for (let k = 0; k < definition.length; k++)
      this.add(definition, k, (qubit) => positions[qubit] as number);
  }

  /** Everything collected. */
  finish(): Operation[] {
    this.#close([...this.#open.keys()]);
    return this.#out;
  }

  #small(gate: Block): void {
    const before = [...new Set(gate.positions.flatMap((p) => this.#open.get(p) ?? []))];
    const union = [...new Set([...before.flatMap((b) => b.positions), ...gate.positions])];
    if (union.length > 2) {
      // Blocks on one position are taken along; those that reach elsewhere are finished.
      this.#close(before.filter((b) => b.positions.length === 2).flatMap((b) => b.positions));
      this.#small(gate);
      return;
    }
    const positions = union.sort((a, b) => a - b);
    const joined = before.length > 0 ? join(positions, [...before, gate]) : gate;
    for (const position of positions) this.#open.set(position, joined);
  }

  #close(positions: readonly number[]): void {
    for (const position of positions) {
      const block = this.#open.get(position);
      if (block === undefined) continue;
      this.#out.push(...block.operations);
      for (const p of block.positions) this.#open.delete(p);
    }
  }
}
