/** Small dense complex matrices: row-major, interleaved re/im, 2 * n * n numbers. */

/** A square complex matrix; entry (r, c) is at 2 * (r * n + c). */
export type Matrix = Float64Array;

/** The n x n unit matrix. */
export function identity(n: number): Matrix {
  const out = new Float64Array(2 * n * n);
  for (let i = 0; i < n; i++) out[2 * (i * n + i)] = 1;
  return out;
}

/** a * b for n x n matrices; sums run in index order. */
export function multiply(a: Matrix, b: Matrix, n: number): Matrix {
  const out = new Float64Array(2 * n * n);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < n; c++) {
      let re = 0;
      let im = 0;
      for (let k = 0; k < n; k++) {
        const x = 2 * (r * n + k);
        const y = 2 * (k * n + c);
        const ar = a[x] as number;
        const ai = a[x + 1] as number;
        const br = b[y] as number;
        const bi = b[y + 1] as number;
        re += ar * br - ai * bi;
        im += ar * bi + ai * br;
      }
      out[2 * (r * n + c)] = re;
      out[2 * (r * n + c) + 1] = im;
    }
  }
  return out;
}

/** The conjugate transpose. */
export function adjoint(a: Matrix, n: number): Matrix {
  const out = new Float64Array(2 * n * n);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < n; c++) {
      out[2 * (c * n + r)] = a[2 * (r * n + c)] as number;
      out[2 * (c * n + r) + 1] = -(a[2 * (r * n + c) + 1] as number);
    }
  }
  return out;
}

/**
 * A k-qubit matrix as it acts on m >= k qubits.
 *
 * @param bits  for each of the k qubits its bit in the index of the result.
 */
export function embed(a: Matrix, bits: readonly number[], m: number): Matrix {
  const n = 1 << m;
  const small = 1 << bits.length;
  const spread = new Uint32Array(small);
  for (let local = 0; local < small; local++)
    for (let i = 0; i < bits.length; i++)
      if ((local >> i) & 1) spread[local] = (spread[local] as number) | (1 << (bits[i] as number));
  const mask = spread[small - 1] as number;
  const out = new Float64Array(2 * n * n);
  for (let rest = 0; rest < n; rest++) {
    if (rest & mask) continue;
    for (let r = 0; r < small; r++) {
      const row = (rest | (spread[r] as number)) * n + rest;
      for (let c = 0; c < small; c++) {
        const to = 2 * (row + (spread[c] as number));
        const from = 2 * (r * small + c);
        out[to] = a[from] as number;
        out[to + 1] = a[from + 1] as number;
      }
    }
  }
  return out;
}
