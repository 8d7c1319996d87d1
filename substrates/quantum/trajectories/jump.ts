/** Single operators on a running state. */
import type { Matrix } from "@arqon/core/math";
import { applyMany, applyOne } from "../simulate/oracle.ts";
import type { State } from "../simulate/state.ts";
import type { NoisePlace } from "./plan.ts";

/** Applies any matrix to positions of a state. */
export function applyMatrix(state: State, { positions, top }: NoisePlace, matrix: Matrix): void {
  if (top > state.active) state.active = top;
  const size = 2 ** state.active;
  const [re, im] = [state.re.subarray(0, size), state.im.subarray(0, size)];
  if (positions.length === 1) applyOne(re, im, positions[0] as number, matrix);
  else applyMany(re, im, Uint32Array.from(positions), matrix);
}

/** The chances of a place's jumps in a state, not normalised: tr(K†K rho) with rho of the place's qubits. */
export function jumpWeights(state: State, place: NoisePlace): Float64Array {
  const rho = reduced(state, place.positions);
  const n = 1 << place.positions.length;
  return Float64Array.from(place.weights, (m) => {
    let sum = 0;
    for (let r = 0; r < n; r++)
      for (let c = 0; c < n; c++) {
        const [x, y] = [2 * (r * n + c), 2 * (c * n + r)];
        sum += (m[x] as number) * (rho[y] as number) - (m[x + 1] as number) * (rho[y + 1] as number);
      }
    return Math.max(0, sum);
  });
}

/** The density matrix of some positions; sums run in index order. Positions that are not active yet are |0>. */
export function reduced(state: State, positions: readonly number[]): Matrix {
  const { re, im, active } = state;
  const n = 1 << positions.length;
  const offsets = Uint32Array.from({ length: n }, (_, k) =>
    positions.reduce((sum, p, bit) => sum + ((k >> bit) & 1) * 2 ** p, 0),
  );
  const reach = Array.from({ length: n }, (_, k) => k).filter((k) => (offsets[k] as number) < 2 ** active);
  const out = new Float64Array(2 * n * n);
  const strides = positions
    .filter((p) => p < active)
    .map((p) => 2 ** p)
    .sort((a, b) => a - b);
  const rows = Uint32Array.from(reach, (k) => offsets[k] as number);
  const sums = new Float64Array(2 * rows.length * rows.length);
  const count = 2 ** active / 2 ** strides.length;
  const low = strides[0] ?? count;
  for (let start = 0; start < count; start += low) {
    let base = start;
    for (const stride of strides) base = (base % stride) + (base - (base % stride)) * 2;
    for (let i = base; i < base + low; i++)
      for (let r = 0, at = 0; r < rows.length; r++) {
        const x = i + (rows[r] as number);
        const [xr, xi] = [re[x] as number, im[x] as number];
        for (let c = 0; c < rows.length; c++, at += 2) {
          const y = i + (rows[c] as number);
          const [yr, yi] = [re[y] as number, im[y] as number];
          sums[at] = (sums[at] as number) + xr * yr + xi * yi;
          sums[at + 1] = (sums[at + 1] as number) + xi * yr - xr * yi;
        }
      }
  }
  for (const [r, row] of reach.entries())
    for (const [c, column] of reach.entries())
      for (const part of [0, 1])
        out[2 * (row * n + column) + part] = sums[2 * (r * rows.length + c) + part] as number;
  return out;
}
