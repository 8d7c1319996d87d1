/** The matrix product engine: routes gates along the chain, measures, samples and takes expectation values. */
import { ArqonError } from "@arqon/core/base";
import type { Matrix } from "@arqon/core/math";
import { GATES, type Gate } from "../gates/table.ts";
import { entries, permutation } from "../gates/unitary.ts";
import type { Program } from "../simulate/program.ts";
import type { ShotState } from "../simulate/shots.ts";
import type { Tick } from "../simulate/state.ts";
import { Chain, type ChainSnapshot, type Truncation } from "./chain.ts";
import { draw } from "./draw.ts";
import { piecesOf } from "./narrow.ts";

/** How much may be lost, and when to give up. */
export interface MpsOptions extends Truncation {
  /** The run is refused once the estimated loss of fidelity is above this. */
  readonly maxDiscarded: number;
}

/** Bonds to 64; cuts lose no more than rounding; a run that lost more than a part in a million is refused. */
export const MPS_DEFAULTS: MpsOptions = { maxBond: 64, cutoff: 1e-16, maxDiscarded: 1e-6 };

interface Kept {
  readonly chain: ChainSnapshot;
  readonly siteOf: Uint32Array;
}

const SWAP = permutation([0, 2, 1, 3]);
const LOWER = entries([0, 1, 0, 0]);
const exchanged = (m: Matrix): Matrix => {
  const out = new Float64Array(32);
  const flip = [0, 2, 1, 3];
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++)
      for (const part of [0, 1])
        out[2 * (4 * r + c) + part] = m[2 * (4 * (flip[r] as number) + (flip[c] as number)) + part] as number;
  return out;
};

/** Positions of a program along a chain: the highest position first, so that drawing goes in the order of the index. */
export class Mps implements ShotState<Kept> {
  readonly #program: Program;
  readonly #options: MpsOptions;
  readonly #chain: Chain;
  /** Site of each position, and position of each site; gates between sites far apart change them. */
  readonly #siteOf: Uint32Array;
  readonly #positionOf: Uint32Array;
  /** Largest loss and largest bond of everything this state went through. */
  mostDiscarded = 0;
  largestBond = 1;

  constructor(program: Program, options: MpsOptions) {
    this.#program = program;
    this.#options = options;
    this.#chain = new Chain(program.width, options);
    this.#siteOf = new Uint32Array(program.width);
    this.#positionOf = new Uint32Array(program.width);
    this.#straighten();
  }

  clear(): void {
    this.#chain.clear();
    this.#straighten();
  }

  save(): Kept {
    return { chain: this.#chain.save(), siteOf: this.#siteOf.slice() };
  }

  load({ chain, siteOf }: Kept): void {
    this.#chain.load(chain);
    this.#siteOf.set(siteOf);
    for (const [position, site] of siteOf.entries()) this.#positionOf[site] = position;
  }

  apply(instructions: readonly number[], tick: Tick): void {
    const { circuit, positions } = this.#program;
    for (const [done, i] of instructions.entries()) {
      tick(done / instructions.length);
      const at = circuit.operandAt[i] as number;
      for (const { code, parameters, on } of piecesOf(circuit, i)) {
        const m = (GATES[code] as Gate).matrix(parameters);
        const [a, b] = on.map((k) => positions[circuit.operands[at + k] as number] as number);
        if (b === undefined) this.#chain.applyOne(this.#siteOf[a as number] as number, m);
        else this.#applyTwo(a as number, b, m);
      }
    }
  }

  #applyTwo(a: number, b: number, m: Matrix): void {
    const [x, y] = [this.#siteOf[a] as number, this.#siteOf[b] as number];
    const [low, high] = [Math.min(x, y), Math.max(x, y)];
    for (let site = low; site + 1 < high; site++) {
      this.#chain.applyTwo(site, SWAP);
      const [p, q] = [this.#positionOf[site] as number, this.#positionOf[site + 1] as number];
      [this.#positionOf[site], this.#positionOf[site + 1]] = [q, p];
      [this.#siteOf[q], this.#siteOf[p]] = [site, site + 1];
    }
    this.#chain.applyTwo(high - 1, x < y ? m : exchanged(m));
    this.largestBond = Math.max(this.largestBond, this.#chain.peek(high - 1).right);
    this.mostDiscarded = Math.max(this.mostDiscarded, this.#chain.discarded);
    const { maxBond, maxDiscarded } = this.#options;
    if (this.mostDiscarded > maxDiscarded)
      throw new ArqonError(
        "QUANTUM_TOO_LARGE",
        `${this.#program.circuit.name} is too entangled for bonds of ${maxBond}: about ${this.mostDiscarded.toExponential(1)} of the state was lost, the limit is ${maxDiscarded}; --mps-bond and --mps-loss (mps.maxBond and mps.maxLoss) raise them`,
        { details: { maxBond, discarded: this.mostDiscarded, limitDiscarded: maxDiscarded } },
      );
  }

  weights(position: number): [zero: number, one: number] {
    const { left, tensor } = this.#chain.at(this.#siteOf[position] as number);
    const sums: [number, number] = [0, 0];
    for (let i = 0; i < tensor.re.length; i++) {
      const value = Math.floor(i / left) % 2 ? 1 : 0;
      sums[value] +=
        (tensor.re[i] as number) * (tensor.re[i] as number) +
        (tensor.im[i] as number) * (tensor.im[i] as number);
    }
    return sums;
  }

  project(position: number, outcome: 0 | 1, weight: number): void {
    const site = this.#siteOf[position] as number;
    const scale = 1 / Math.sqrt(weight);
    this.#chain.at(site);
    this.#chain.applyOne(site, entries(outcome === 0 ? [scale, 0, 0, 0] : [0, 0, 0, scale]));
  }

  lower(position: number): void {
    this.#chain.applyOne(this.#siteOf[position] as number, LOWER);
  }

  draw(
    shots: number,
    uniform: (i: number, k: number) => number,
    add: (bitAt: (position: number) => number, count: number) => void,
  ): void {
    if (this.#chain.length > 0) this.#chain.at(0);
    draw(this.#chain, shots, uniform, (bits, count) =>
      add((position) => bits[this.#siteOf[position] as number] as number, count),
    );
  }

  /** The amplitude of a basis state, given by the value at each position. */
  amplitude(bitAt: (position: number) => number): [re: number, im: number] {
    let [re, im] = [Float64Array.of(1), Float64Array.of(0)];
    for (let site = 0; site < this.#chain.length; site++) {
      const { left, right, tensor } = this.#chain.peek(site);
      const value = bitAt(this.#positionOf[site] as number);
      const [nextRe, nextIm] = [new Float64Array(right), new Float64Array(right)];
      for (let r = 0; r < right; r++)
        for (let l = 0; l < left; l++) {
          const at = (2 * r + value) * left + l;
          const [x, y] = [tensor.re[at] as number, tensor.im[at] as number];
          nextRe[r] = (nextRe[r] as number) + (re[l] as number) * x - (im[l] as number) * y;
          nextIm[r] = (nextIm[r] as number) + (re[l] as number) * y + (im[l] as number) * x;
        }
      [re, im] = [nextRe, nextIm];
    }
    return [re[0] as number, im[0] as number];
  }

  /**
   * Expectation value of a product of one-qubit operators.
   * @param operatorAt  a Hermitian 2 x 2 matrix for a position, `undefined` for the unit.
   * @cost  O(qubits bond^3).
   */
  expectation(operatorAt: (position: number) => Matrix | undefined): number {
    let environment = { size: 1, re: Float64Array.of(1), im: Float64Array.of(0) };
    for (let site = 0; site < this.#chain.length; site++) {
      const { left, right, tensor } = this.#chain.peek(site);
      const operator = operatorAt(this.#positionOf[site] as number);
      const next = { size: right, re: new Float64Array(right * right), im: new Float64Array(right * right) };
      // half[s, l', r] = sum over l of E[l', l] A[s, l, r]; then conj(A[s', l', r']) P[s', s] half[s, l', r].
      const half = { re: new Float64Array(2 * left * right), im: new Float64Array(2 * left * right) };
      for (let rs = 0; rs < 2 * right; rs++)
        for (let l = 0; l < left; l++) {
          const [x, y] = [tensor.re[rs * left + l] as number, tensor.im[rs * left + l] as number];
          if (x === 0 && y === 0) continue;
          for (let k = 0; k < left; k++) {
            const [er, ei] = [environment.re[l * left + k] as number, environment.im[l * left + k] as number];
            half.re[rs * left + k] = (half.re[rs * left + k] as number) + er * x - ei * y;
            half.im[rs * left + k] = (half.im[rs * left + k] as number) + er * y + ei * x;
          }
        }
      for (let r = 0; r < right; r++)
        for (let t = 0; t < right; t++)
          for (let s = 0; s < 2; s++)
            for (let u = 0; u < 2; u++) {
              const px = operator ? (operator[2 * (2 * u + s)] as number) : s === u ? 1 : 0;
              const py = operator ? (operator[2 * (2 * u + s) + 1] as number) : 0;
              if (px === 0 && py === 0) continue;
              let [x, y] = [0, 0];
              const [above, below] = [(2 * t + u) * left, (2 * r + s) * left];
              for (let l = 0; l < left; l++) {
                const [ar, ai] = [tensor.re[above + l] as number, tensor.im[above + l] as number];
                const [hr, hi] = [half.re[below + l] as number, half.im[below + l] as number];
                x += ar * hr + ai * hi;
                y += ar * hi - ai * hr;
              }
              next.re[r * right + t] = (next.re[r * right + t] as number) + px * x - py * y;
              next.im[r * right + t] = (next.im[r * right + t] as number) + px * y + py * x;
            }
      environment = next;
    }
    return environment.re[0] as number;
  }

  /** The highest position on the first site. */
  #straighten(): void {
    const { width } = this.#program;
    for (let position = 0; position < width; position++) {
      this.#siteOf[position] = width - 1 - position;
      this.#positionOf[width - 1 - position] = position;
    }
  }
}
