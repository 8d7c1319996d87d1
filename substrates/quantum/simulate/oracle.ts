/** The plain simulator: one gate after the other, in TypeScript. Slow, obvious, and what the fast one is checked against. */
import type { Matrix } from "@arqon/core/math";
import { operandsOf, parametersOf } from "../circuit.ts";
import { GATES, type Gate } from "../gates/table.ts";
import type { Engine } from "./state.ts";

/** x' = U x on one qubit, for every pair of amplitudes that differ in bit `position`. */
export function applyOne(re: Float64Array, im: Float64Array, position: number, m: Matrix): void {
  const [ar, ai, br, bi, cr, ci, dr, di] = Array.from(m) as Eight;
  const stride = 2 ** position;
  for (let base = 0; base < re.length; base += 2 * stride) {
    for (let i = base; i < base + stride; i++) {
      const j = i + stride;
      const xr = re[i] as number;
      const xi = im[i] as number;
      const yr = re[j] as number;
      const yi = im[j] as number;
      re[i] = ar * xr - ai * xi + br * yr - bi * yi;
      im[i] = ar * xi + ai * xr + br * yi + bi * yr;
      re[j] = cr * xr - ci * xi + dr * yr - di * yi;
      im[j] = cr * xi + ci * xr + dr * yi + di * yr;
    }
  }
}

type Eight = [number, number, number, number, number, number, number, number];

/** x' = D x for a diagonal matrix on any number of qubits; factors of 1 are skipped. */
export function applyDiagonal(re: Float64Array, im: Float64Array, positions: Uint32Array, m: Matrix): void {
  const n = 2 ** positions.length;
  for (let k = 0; k < n; k++) {
    const fr = m[2 * (k * n + k)] as number;
    const fi = m[2 * (k * n + k) + 1] as number;
    if (fr === 1 && fi === 0) continue;
    let mask = 0;
    let value = 0;
    for (const [bit, position] of positions.entries()) {
      mask += 2 ** position;
      value += ((k >> bit) & 1) * 2 ** position;
    }
    for (let i = 0; i < re.length; i++) {
      if ((i & mask) !== value) continue;
      const xr = re[i] as number;
      const xi = im[i] as number;
      re[i] = fr * xr - fi * xi;
      im[i] = fr * xi + fi * xr;
    }
  }
}

function isDiagonal(m: Matrix): boolean {
  const n = Math.sqrt(m.length / 2);
  return m.every((value, i) => value === 0 || (i >> 1) % (n + 1) === 0);
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
      let sumRe = 0;
      let sumIm = 0;
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
        else if (isDiagonal(m)) applyDiagonal(re, im, where, m);
        else applyMany(re, im, where, m);
      }
    },
  };
};
