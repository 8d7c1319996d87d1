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
        const [ar, ai, br, bi] = [a[x] as number, a[x + 1] as number, b[y] as number, b[y + 1] as number];
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
  let mask = 0;
  for (const bit of bits) mask |= 1 << bit;
  const spread = (local: number): number =>
    bits.reduce((all, bit, i) => all | (((local >> i) & 1) << bit), 0);
  const out = new Float64Array(2 * n * n);
  for (let rest = 0; rest < n; rest++) {
    if (rest & mask) continue;
    for (let r = 0; r < small; r++) {
      for (let c = 0; c < small; c++) {
        const to = 2 * ((rest | spread(r)) * n + (rest | spread(c)));
        const from = 2 * (r * small + c);
        out[to] = a[from] as number;
        out[to + 1] = a[from + 1] as number;
      }
    }
  }
  return out;
}
