/** The plain simulator: one gate after the other, in TypeScript. Slow, obvious, and what the fast one is checked against. */
import type { Matrix } from "@arqon/core/math";
import { operandsOf, parametersOf } from "../circuit.ts";
import { GATES, type Gate } from "../gates/table.ts";
import type { Engine } from "./state.ts";

/** x' = U x on one qubit, for every pair of amplitudes that differ in bit `position`. */
export function applyOne(re: Float64Array, im: Float64Array, position: number, m: Matrix): void {
  const [ar, ai, br, bi, cr, ci, dr, di] = m as unknown as number[] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const stride = 2 ** position;
  for (let base = 0; base < re.length; base += 2 * stride) {
    for (let i = base; i < base + stride; i++) {
      const j = i + stride;
      const [xr, xi, yr, yi] = [re[i] as number, im[i] as number, re[j] as number, im[j] as number];
      re[i] = ar * xr - ai * xi + br * yr - bi * yi;
      im[i] = ar * xi + ai * xr + br * yi + bi * yr;
      re[j] = cr * xr - ci * xi + dr * yr - di * yi;
      im[j] = cr * xi + ci * xr + dr * yi + di * yr;
    }
  }
}

/** x' = U x on any number of qubits. */
export function applyMany(re: Float64Array, im: Float64Array, positions: Uint32Array, m: Matrix): void {
  const n = 2 ** positions.length;
  const offsets = new Uint32Array(n);
  for (let k = 0; k < n; k++)
    for (const [bit, position] of positions.entries())
      if ((k >> bit) & 1) offsets[k] = (offsets[k] as number) + 2 ** position;
  const mask = offsets[n - 1] as number;
  const oldRe = new Float64Array(n);
  const oldIm = new Float64Array(n);
  for (let base = 0; base < re.length; base++) {
    if ((base & mask) !== 0) continue;
    for (let k = 0; k < n; k++) {
      oldRe[k] = re[base + (offsets[k] as number)] as number;
      oldIm[k] = im[base + (offsets[k] as number)] as number;
    }
    for (let r = 0; r < n; r++) {
      let [sumRe, sumIm] = [0, 0];
      for (let c = 0; c < n; c++) {
        const mr = m[2 * (r * n + c)] as number;
        const mi = m[2 * (r * n + c) + 1] as number;
        if (mr === 0 && mi === 0) continue;
        sumRe += mr * (oldRe[c] as number) - mi * (oldIm[c] as number);
        sumIm += mr * (oldIm[c] as number) + mi * (oldRe[c] as number);
      }
      re[base + (offsets[r] as number)] = sumRe;
      im[base + (offsets[r] as number)] = sumIm;
    }
  }
}

/** The oracle engine. */
export const oracle: Engine = ({ circuit, width, positions }) => {
  const re = new Float64Array(2 ** width);
  const im = new Float64Array(2 ** width);
  re[0] = 1;
  return {
    re,
    im,
    active: width,
    apply(instructions, tick) {
      this.active = width;
      for (const [done, i] of instructions.entries()) {
        tick(done / instructions.length);
        const { matrix } = GATES[circuit.codes[i] as number] as Gate;
        const where = operandsOf(circuit, i).map((qubit) => positions[qubit] as number);
        const m = matrix(parametersOf(circuit, i));
        if (where.length === 1) applyOne(re, im, where[0] as number, m);
        else applyMany(re, im, where, m);
      }
    },
  };
};
