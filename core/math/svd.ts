/** Singular values of complex matrices: a pivoted QR decomposition, then one-sided Jacobi rotations on what remains. */

/** A complex matrix by columns: entry (r, c) is at c * rows + r of both arrays. */
export interface Columns {
  readonly rows: number;
  readonly columns: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** A = U diag(values) V^H. */
export interface Svd {
  /** rows x rank, with orthonormal columns. */
  readonly u: Columns;
  /** Descending; only those above about 1e-16 of the largest: their number is the rank. */
  readonly values: Float64Array;
  /** columns x rank, with orthonormal columns. */
  readonly v: Columns;
}

/** Parts of the norm below this are roundings. */
const NEGLIGIBLE = 1e-16;
/** Two columns are orthogonal when their inner product is below this times their norms. */
const ORTHOGONAL = 1e-14;
const MOST_SWEEPS = 60;

export function columnsOf(rows: number, columns: number): Columns {
  const size = rows * columns;
  return { rows, columns, re: new Float64Array(size), im: new Float64Array(size) };
}

/** The conjugate transpose. */
export function adjointColumns({ rows, columns, re, im }: Columns): Columns {
  const out = columnsOf(columns, rows);
  for (let c = 0; c < columns; c++)
    for (let r = 0; r < rows; r++) {
      out.re[r * columns + c] = re[c * rows + r] as number;
      out.im[r * columns + c] = -(im[c * rows + r] as number);
    }
  return out;
}

/**
 * A = Q R with rank(A) orthonormal columns in Q, most significant directions first; R is rank x columns and not triangular in
 * the order of A's columns. Gram and Schmidt, twice, always taking the longest column that is left.
 */
export function qr(a: Columns): { readonly q: Columns; readonly r: Columns } {
  const { rows, columns } = a;
  const most = Math.min(rows, columns);
  const [re, im] = [a.re.slice(), a.im.slice()];
  const [qre, qim] = [new Float64Array(rows * most), new Float64Array(rows * most)];
  const norms = new Float64Array(columns);
  let total = 0;
  for (let c = 0; c < columns; c++) {
    norms[c] = squaredNorm(re, im, c * rows, rows);
    total += norms[c] as number;
  }
  const least = total * NEGLIGIBLE * NEGLIGIBLE;
  const used = new Uint8Array(columns);
  let rank = 0;
  while (rank < most) {
    let pivot = -1;
    for (let c = 0; c < columns; c++)
      if (!used[c] && (pivot < 0 || (norms[c] as number) > (norms[pivot] as number))) pivot = c;
    if (pivot < 0 || !((norms[pivot] as number) > least)) break;
    used[pivot] = 1;
    const [from, to] = [pivot * rows, rank * rows];
    for (let k = 0; k < rank; k++) project(re, im, from, qre, qim, k * rows, rows);
    const norm = squaredNorm(re, im, from, rows);
    if (!(norm > least)) continue;
    const scale = 1 / Math.sqrt(norm);
    for (let i = 0; i < rows; i++) {
      qre[to + i] = (re[from + i] as number) * scale;
      qim[to + i] = (im[from + i] as number) * scale;
    }
    for (let c = 0; c < columns; c++)
      if (!used[c]) {
        project(re, im, c * rows, qre, qim, to, rows);
        norms[c] = squaredNorm(re, im, c * rows, rows);
      }
    rank++;
  }
  const q = { rows, columns: rank, re: qre.slice(0, rank * rows), im: qim.slice(0, rank * rows) };
  return { q, r: innerProducts(q, a) };
}

function squaredNorm(re: Float64Array, im: Float64Array, from: number, rows: number): number {
  let sum = 0;
  for (let i = from; i < from + rows; i++)
    sum += (re[i] as number) * (re[i] as number) + (im[i] as number) * (im[i] as number);
  return sum;
}

/** Takes the part along a unit vector out of a vector. */
function project(
  re: Float64Array,
  im: Float64Array,
  at: number,
  qre: Float64Array,
  qim: Float64Array,
  unit: number,
  rows: number,
): void {
  let [x, y] = [0, 0];
  for (let i = 0; i < rows; i++) {
    const [ur, ui] = [qre[unit + i] as number, qim[unit + i] as number];
    const [vr, vi] = [re[at + i] as number, im[at + i] as number];
    x += ur * vr + ui * vi;
    y += ur * vi - ui * vr;
  }
  for (let i = 0; i < rows; i++) {
    const [ur, ui] = [qre[unit + i] as number, qim[unit + i] as number];
    re[at + i] = (re[at + i] as number) - (ur * x - ui * y);
    im[at + i] = (im[at + i] as number) - (ur * y + ui * x);
  }
}

/** A^H B. */
function innerProducts(a: Columns, b: Columns): Columns {
  const out = columnsOf(a.columns, b.columns);
  const { rows } = a;
  for (let c = 0; c < b.columns; c++)
    for (let k = 0; k < a.columns; k++) {
      let [x, y] = [0, 0];
      for (let i = 0; i < rows; i++) {
        const [ur, ui] = [a.re[k * rows + i] as number, a.im[k * rows + i] as number];
        const [vr, vi] = [b.re[c * rows + i] as number, b.im[c * rows + i] as number];
        x += ur * vr + ui * vi;
        y += ur * vi - ui * vr;
      }
      out.re[c * a.columns + k] = x;
      out.im[c * a.columns + k] = y;
    }
  return out;
}

/** A B; sums run in index order. */
export function multiplyColumns(a: Columns, b: Columns): Columns {
  const { rows } = a;
  const out = columnsOf(rows, b.columns);
  for (let c = 0; c < b.columns; c++)
    for (let k = 0; k < a.columns; k++) {
      const [x, y] = [b.re[c * b.rows + k] as number, b.im[c * b.rows + k] as number];
      if (x === 0 && y === 0) continue;
      const [to, from] = [c * rows, k * rows];
      for (let i = 0; i < rows; i++) {
        const [ar, ai] = [a.re[from + i] as number, a.im[from + i] as number];
        out.re[to + i] = (out.re[to + i] as number) + (ar * x - ai * y);
        out.im[to + i] = (out.im[to + i] as number) + (ar * y + ai * x);
      }
    }
  return out;
}

/**
 * Singular value decomposition. Same bits on every machine.
 *
 * @cost  O(rows columns rank) for the QR step, then 3 to 6 sweeps of O(columns rank^2).
 * @source Hestenes 1958 (one-sided Jacobi); Drmac and Veselic 2008 (pivoted QR first).
 */
export function svd(a: Columns): Svd {
  const { q, r } = qr(a);
  // R^H J = V diag(values) for a unitary J, so A = (Q J) diag(values) V^H.
  const w = adjointColumns(r);
  const j = columnsOf(r.rows, r.rows);
  for (let k = 0; k < r.rows; k++) j.re[k * r.rows + k] = 1;
  rotate(w, j);
  const norms = Array.from({ length: w.columns }, (_, k) =>
    Math.sqrt(squaredNorm(w.re, w.im, k * w.rows, w.rows)),
  );
  const order = norms.map((_, k) => k).sort((x, y) => (norms[y] as number) - (norms[x] as number) || x - y);
  const largest = norms[order[0] ?? 0] ?? 0;
  const kept = order.filter((k) => (norms[k] as number) > NEGLIGIBLE * largest);
  const v = columnsOf(w.rows, kept.length);
  const turns = columnsOf(r.rows, kept.length);
  for (const [to, k] of kept.entries()) {
    const scale = 1 / (norms[k] as number);
    for (let i = 0; i < w.rows; i++) {
      v.re[to * w.rows + i] = (w.re[k * w.rows + i] as number) * scale;
      v.im[to * w.rows + i] = (w.im[k * w.rows + i] as number) * scale;
    }
    turns.re.set(j.re.subarray(k * j.rows, (k + 1) * j.rows), to * j.rows);
    turns.im.set(j.im.subarray(k * j.rows, (k + 1) * j.rows), to * j.rows);
  }
  return { u: multiplyColumns(q, turns), values: Float64Array.from(kept, (k) => norms[k] as number), v };
}

/** Turns pairs of columns of `w`, and the same of `j`, until all columns of `w` are orthogonal. */
function rotate(w: Columns, j: Columns): void {
  const n = w.columns;
  const norms = new Float64Array(n);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let turned = false;
    for (let k = 0; k < n; k++) norms[k] = squaredNorm(w.re, w.im, k * w.rows, w.rows);
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) {
        const [a, b] = [norms[p] as number, norms[q] as number];
        let [x, y] = [0, 0];
        const [from, to] = [p * w.rows, q * w.rows];
        for (let i = 0; i < w.rows; i++) {
          const [ur, ui] = [w.re[from + i] as number, w.im[from + i] as number];
          const [vr, vi] = [w.re[to + i] as number, w.im[to + i] as number];
          x += ur * vr + ui * vi;
          y += ur * vi - ui * vr;
        }
        const g = Math.sqrt(x * x + y * y);
        if (!(g > ORTHOGONAL * Math.sqrt(a * b)) || g === 0) continue;
        turned = true;
        const z = (b - a) / (2 * g);
        const t = (z < 0 ? -1 : 1) / (Math.abs(z) + Math.sqrt(1 + z * z));
        const c = 1 / Math.sqrt(1 + t * t);
        const s = c * t;
        turn(w, from, to, c, s, x / g, -y / g);
        turn(j, p * j.rows, q * j.rows, c, s, x / g, -y / g);
        norms[p] = a - t * g;
        norms[q] = b + t * g;
      }
    if (!turned) return;
  }
}

/** The second column loses its phase against the first; then both are rotated. */
function turn(m: Columns, from: number, to: number, c: number, s: number, fr: number, fi: number): void {
  const { re, im, rows } = m;
  for (let i = 0; i < rows; i++) {
    const [ur, ui] = [re[from + i] as number, im[from + i] as number];
    const [xr, xi] = [re[to + i] as number, im[to + i] as number];
    const vr = xr * fr - xi * fi;
    const vi = xr * fi + xi * fr;
    re[from + i] = c * ur - s * vr;
    im[from + i] = c * ui - s * vi;
    re[to + i] = s * ur + c * vr;
    im[to + i] = s * ui + c * vi;
  }
}
