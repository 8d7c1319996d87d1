/** Joins neighbouring gates on the same one or two positions where the product is cheaper than the parts. */
import { embed, type Matrix, multiply } from "@arqon/core/math";
import { type Circuit, operandsOf, parametersOf } from "../circuit.ts";
import { definitionOf } from "../gates/definition.ts";
import { GATES, type Gate } from "../gates/table.ts";
import { costOf, lower, type Operation } from "./operation.ts";

/** Gates in a row on at most two positions. */
interface Block {
  /** Ascending; bit k of the matrix index is `positions[k]`. */
  readonly positions: readonly number[];
  readonly matrix: Matrix;
  /** What it is made of, where applying the parts is cheaper than applying the product. */
  readonly parts: readonly Block[];
  readonly cost: number;
}

function block(positions: readonly number[], matrix: Matrix, parts: readonly Block[], lanes: number): Block {
  const direct = costOf(matrix, positions, lanes);
  let separate = 0;
  for (const part of parts) separate += part.cost;
  if (parts.length > 0 && separate < direct) return { positions, matrix, parts, cost: separate };
  return { positions, matrix, parts: [], cost: direct };
}

function emit({ positions, matrix, parts }: Block, lanes: number, out: Operation[]): void {
  if (parts.length > 0) for (const part of parts) emit(part, lanes, out);
  else for (const operation of lower(matrix, positions, lanes) ?? []) out.push(operation);
}

/** A block on `positions` that does what the parts do, first to last. */
function join(positions: readonly number[], parts: readonly Block[], lanes: number): Block {
  let product: Matrix | undefined;
  for (const part of parts) {
    const wide =
      part.positions.length === positions.length
        ? part.matrix
        : embed(part.matrix, [positions.indexOf(part.positions[0] as number)], positions.length);
    product = product ? multiply(wide, product, 1 << positions.length) : wide;
  }
  return block(positions, product as Matrix, parts, lanes);
}

/** The same matrix with its index bits in ascending order of position. */
function ordered(matrix: Matrix, positions: readonly number[], lanes: number): Block {
  const [a, b] = positions as readonly [number, number | undefined];
  return b === undefined || a < b
    ? block(positions, matrix, [], lanes)
    : block([b, a], embed(matrix, [1, 0], 2), [], lanes);
}

/** Collects gates and gives kernel operations in an order that does the same. */
export class Fusion {
  readonly #out: Operation[] = [];
  readonly #open = new Map<number, Block>();
  readonly #definitions = new Map<number, Circuit>();
  readonly #lanes: number;

  /** @param lanes  positions within a vector: 1 in f64, 2 in f32. */
  constructor(lanes: number) {
    this.#lanes = lanes;
  }

  /** Adds instruction `i` of a circuit; `place` gives the position of a qubit. */
  add(circuit: Circuit, i: number, place: (qubit: number) => number): void {
    const code = circuit.codes[i] as number;
    const gate = GATES[code] as Gate;
    const positions = Array.from(operandsOf(circuit, i), place);
    const matrix = gate.matrix(parametersOf(circuit, i));
    if (positions.length <= 2) {
      this.#small(ordered(matrix, positions, this.#lanes));
      return;
    }
    const operations = lower(matrix, positions, this.#lanes);
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
    // The unit matrix costs nothing and must not pile up in blocks.
    if (gate.cost === 0) return;
    const before: Block[] = [];
    for (const position of gate.positions) {
      const open = this.#open.get(position);
      if (open && !before.includes(open)) before.push(open);
    }
    const union = gate.positions.slice();
    for (const open of before) for (const p of open.positions) if (!union.includes(p)) union.push(p);
    if (union.length > 2) {
      // Blocks on one position are taken along; those that reach elsewhere are finished.
      for (const open of before) if (open.positions.length === 2) this.#close(open.positions);
      this.#small(gate);
      return;
    }
    const positions = union.length === gate.positions.length ? gate.positions : union.sort((a, b) => a - b);
    const joined = before.length > 0 ? join(positions, [...before, gate], this.#lanes) : gate;
    for (const position of positions) this.#open.set(position, joined);
  }

  #close(positions: readonly number[]): void {
    for (const position of positions) {
      const block = this.#open.get(position);
      if (block === undefined) continue;
      emit(block, this.#lanes, this.#out);
      for (const p of block.positions) this.#open.delete(p);
    }
  }
}
