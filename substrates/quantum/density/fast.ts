/** The fast engine: rho as the expectation values of all Pauli products, real numbers, one real matrix per gate with its noise. */
import { type Circuit, operandsOf, parametersOf } from "../circuit.ts";
import { GATES, type Gate } from "../gates/table.ts";
import type { Channel } from "../noise/channel.ts";
import type { Layer, NoisyProgram } from "../noise/program.ts";
import type { DensityEngine } from "./state.ts";
import { applyTransfer, joined, type Transfer, transferOf, workOf } from "./transfer.ts";

/** Makes maps of gates and channels, each kind once. */
export class Transfers {
  readonly #circuit: Circuit;
  readonly #positions: Int32Array;
  readonly #gates = new Map<string, Float64Array>();
  readonly #channels = new Map<Channel, Float64Array>();

  constructor({ circuit, positions }: NoisyProgram) {
    this.#circuit = circuit;
    this.#positions = positions;
  }

  /** The maps of layers in order, neighbours joined where that saves work. */
  plan(layers: readonly Layer[]): Transfer[] {
    const joiner = new Joiner();
    for (const { instructions, sites } of layers) {
      for (const i of instructions) joiner.add(this.#gate(i));
      for (const { channel, positions } of sites) joiner.add(this.#channel(channel, positions));
    }
    return joiner.finish();
  }

  #gate(i: number): Transfer {
    const code = this.#circuit.codes[i] as number;
    const parameters = parametersOf(this.#circuit, i);
    const positions = Array.from(operandsOf(this.#circuit, i), (qubit) => this.#positions[qubit] as number);
    const key = `${code} ${parameters.join(" ")}`;
    const known = this.#gates.get(key);
    if (known) return { positions, matrix: known };
    const { matrix } = transferOf([(GATES[code] as Gate).matrix(parameters)], positions);
    this.#gates.set(key, clean(matrix));
    return { positions, matrix };
  }

  #channel(channel: Channel, positions: readonly number[]): Transfer {
    const known = this.#channels.get(channel) ?? clean(transferOf(channel.kraus, positions).matrix);
    this.#channels.set(channel, known);
    return { positions, matrix: known };
  }
}

/** Rounding leaves entries of 1e-17 that would cost a multiplication each. */
function clean(matrix: Float64Array): Float64Array {
  for (const [i, value] of matrix.entries()) {
    if (Math.abs(value) < 1e-16) matrix[i] = 0;
    else if (Math.abs(value - 1) < 1e-15) matrix[i] = 1;
  }
  return matrix;
}

/** Keeps for each position the map that may still grow; joins what shares positions when the product is no dearer. */
class Joiner {
  readonly #out: Transfer[] = [];
  readonly #open = new Map<number, Transfer>();

  add(next: Transfer): void {
    const { positions } = next;
    const before = [...new Set(positions.map((p) => this.#open.get(p)))].filter((open) => open !== undefined);
    let grown = next;
    for (const open of before) {
      const both = joinable(open, grown) ? joined(open, grown) : undefined;
      if (both && workOf(both) <= workOf(open) + workOf(grown)) grown = both;
      else this.#out.push(open);
      for (const p of open.positions) this.#open.delete(p);
    }
    for (const p of grown.positions) this.#open.set(p, grown);
  }

  finish(): Transfer[] {
    this.#out.push(...new Set(this.#open.values()));
    this.#open.clear();
    return this.#out;
  }
}

/** One holds the positions of the other, and the product stays small. */
function joinable(a: Transfer, b: Transfer): boolean {
  if (a.positions.length > 2 || b.positions.length > 2) return false;
  return (
    a.positions.every((p) => b.positions.includes(p)) || b.positions.every((p) => a.positions.includes(p))
  );
}

const RESET = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0);

/** The fast engine. */
export const densityFast: DensityEngine = (program) => {
  const { width } = program;
  const values = new Float64Array(2 ** (2 * width));
  // Of |0...0> every product of I and Z is 1.
  const diagonal = diagonalIndices(width);
  for (const at of diagonal) values[at] = 1;
  const transfers = new Transfers(program);
  const plans = new Map<readonly Layer[], Transfer[]>();
  return {
    apply(layers, tick) {
      const plan = plans.get(layers) ?? transfers.plan(layers);
      plans.set(layers, plan);
      for (const [done, transfer] of plan.entries()) {
        tick?.(done / plan.length);
        applyTransfer(values, transfer);
      }
    },
    reset(position) {
      applyTransfer(values, { positions: [position], matrix: RESET });
    },
    weights(position) {
      const [trace, z] = [values[0] as number, values[3 * 2 ** (2 * position)] as number];
      return [(trace + z) / 2, (trace - z) / 2];
    },
    project(position, zero, one) {
      const [same, other] = [(zero + one) / 2, (zero - one) / 2];
      const matrix = Float64Array.of(same, 0, 0, other, 0, 0, 0, 0, 0, 0, 0, 0, other, 0, 0, same);
      applyTransfer(values, { positions: [position], matrix });
    },
    scale(factor) {
      for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factor;
    },
    probabilities() {
      const out = Float64Array.from(diagonal, (at) => (values[at] as number) / 2 ** width);
      for (let stride = 1; stride < out.length; stride *= 2)
        for (let base = 0; base < out.length; base += 2 * stride)
          for (let i = base; i < base + stride; i++) {
            const [a, b] = [out[i] as number, out[i + stride] as number];
            out[i] = a + b;
            out[i + stride] = a - b;
          }
      // Rounding can leave weights just below 0.
      return out.map((weight) => Math.max(0, weight));
    },
    expectation(label) {
      let at = 0;
      for (let k = 0; k < width; k++) at += "IXYZ".indexOf(label[width - 1 - k] as string) * 2 ** (2 * k);
      return values[at] as number;
    },
    save: () => values.slice(),
    load: (saved) => values.set(saved),
  };
};

/** Where the products of I and Z are, in order of the bits that have a Z. */
function diagonalIndices(width: number): Float64Array {
  return Float64Array.from({ length: 2 ** width }, (_, bits) => {
    let at = 0;
    for (let k = 0; k < width; k++) at += ((bits >> k) & 1) * 3 * 2 ** (2 * k);
    return at;
  });
}
