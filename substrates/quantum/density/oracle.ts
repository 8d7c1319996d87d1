/** The plain density matrix: every gate and every Kraus operator by its definition. Slow, and what the fast one is checked against. */
import type { Matrix } from "@arqon/core/math";
import { operandsOf, parametersOf } from "../circuit.ts";
import { GATES, type Gate } from "../gates/table.ts";
import { pauliMatrix } from "../noise/standard.ts";
import { applyMany } from "../simulate/oracle.ts";
import type { DensityEngine } from "./state.ts";

/** rho as 2^(2 width) complex numbers: the row in the low bits of the index, the column in the high ones. */
interface Rho {
  re: Float64Array;
  im: Float64Array;
}

/** K rho K^dagger. */
function sandwich({ re, im }: Rho, width: number, positions: readonly number[], k: Matrix): Rho {
  const out = { re: re.slice(), im: im.slice() };
  applyMany(out.re, out.im, Uint32Array.from(positions), k);
  const conjugate = k.map((value, i) => (i % 2 === 1 ? -value : value));
  applyMany(
    out.re,
    out.im,
    Uint32Array.from(positions, (p) => p + width),
    conjugate,
  );
  return out;
}

/** The sum of K rho K^dagger. */
function kraus(rho: Rho, width: number, positions: readonly number[], operators: readonly Matrix[]): Rho {
  const sum = { re: new Float64Array(rho.re.length), im: new Float64Array(rho.im.length) };
  for (const operator of operators) {
    const part = sandwich(rho, width, positions, operator);
    for (let i = 0; i < sum.re.length; i++) {
      (sum.re[i] as number) += part.re[i] as number;
      (sum.im[i] as number) += part.im[i] as number;
    }
  }
  return sum;
}

const ZERO = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0);
const ONE = Float64Array.of(0, 0, 0, 0, 0, 0, 1, 0);
const LOWER = Float64Array.of(0, 0, 1, 0, 0, 0, 0, 0);
const scaled = (matrix: Matrix, weight: number): Matrix => matrix.map((value) => value * Math.sqrt(weight));

/** The oracle engine. */
export const densityOracle: DensityEngine = ({ circuit, width, positions }) => {
  const size = 2 ** width;
  let rho: Rho = { re: new Float64Array(size * size), im: new Float64Array(size * size) };
  rho.re[0] = 1;
  const diagonal = (): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => rho.re[i * (size + 1)] as number);
  return {
    apply(layers) {
      for (const { instructions, sites } of layers) {
        for (const i of instructions) {
          const gate = GATES[circuit.codes[i] as number] as Gate;
          const where = Array.from(operandsOf(circuit, i), (qubit) => positions[qubit] as number);
          rho = sandwich(rho, width, where, gate.matrix(parametersOf(circuit, i)));
        }
        for (const site of sites) rho = kraus(rho, width, site.positions, site.channel.kraus);
      }
    },
    reset(position) {
      rho = kraus(rho, width, [position], [ZERO, LOWER]);
    },
    weights(position) {
      const sums: [number, number] = [0, 0];
      for (const [i, weight] of diagonal().entries())
        sums[(i >> position) & 1] = (sums[(i >> position) & 1] as number) + weight;
      return sums;
    },
    project(position, zero, one) {
      rho = kraus(rho, width, [position], [scaled(ZERO, zero), scaled(ONE, one)]);
    },
    scale(factor) {
      rho = { re: rho.re.map((x) => x * factor), im: rho.im.map((x) => x * factor) };
    },
    probabilities: diagonal,
    expectation(label) {
      const out = { re: rho.re.slice(), im: rho.im.slice() };
      const all = Uint32Array.from({ length: width }, (_, k) => k);
      applyMany(out.re, out.im, all, pauliMatrix(label));
      let sum = 0;
      for (let i = 0; i < size; i++) sum += out.re[i * (size + 1)] as number;
      return sum;
    },
    save() {
      const saved = new Float64Array(2 * size * size);
      saved.set(rho.re);
      saved.set(rho.im, size * size);
      return saved;
    },
    load(saved) {
      rho = { re: saved.slice(0, size * size), im: saved.slice(size * size) };
    },
  };
};
