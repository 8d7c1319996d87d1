/** A matrix product state: one small tensor a qubit, in a chain. */
import {
  adjointColumns,
  type Columns,
  columnsOf,
  type Matrix,
  multiplyColumns,
  qr,
  svd,
} from "@arqon/core/math";

/**
 * The tensor of a site as a matrix: rows (value of the qubit, left bond), columns the right bond; row s * left + l.
 * Never changed, only replaced, so that a snapshot is a copy of the list.
 */
export interface Site {
  readonly left: number;
  readonly right: number;
  readonly tensor: Columns;
}

/** A copy of a chain. */
export interface ChainSnapshot {
  readonly sites: readonly Site[];
  readonly center: number;
  readonly discarded: number;
}

/** What may be dropped at a cut. */
export interface Truncation {
  /** Most singular values kept. */
  readonly maxBond: number;
  /** Part of the weight that may be dropped at each cut even below `maxBond`: roundings. */
  readonly cutoff: number;
}

/** The state of a chain of qubits; every site left of `center` is left-orthonormal, every site right of it right-orthonormal. */
export class Chain {
  readonly #truncation: Truncation;
  #sites: Site[];
  #center = 0;
  /** 1 minus the product of what each truncation kept: an estimate of the lost fidelity. */
  discarded = 0;

  /** |0...0> of `length` qubits. */
  constructor(length: number, truncation: Truncation) {
    this.#truncation = truncation;
    this.#sites = Array.from({ length }, zero);
  }

  get length(): number {
    return this.#sites.length;
  }

  get largestBond(): number {
    return this.#sites.reduce((most, { right }) => Math.max(most, right), 1);
  }

  save(): ChainSnapshot {
    return { sites: this.#sites.slice(), center: this.#center, discarded: this.discarded };
  }

  load({ sites, center, discarded }: ChainSnapshot): void {
    this.#sites = sites.slice();
    this.#center = center;
    this.discarded = discarded;
  }

  clear(): void {
    this.#sites = this.#sites.map(zero);
    this.#center = 0;
    this.discarded = 0;
  }

  /** The tensor of a site, after `center` was moved there. */
  at(site: number): Site {
    this.#moveTo(site);
    return this.#sites[site] as Site;
  }

  /** A tensor as it stands, wherever the center is. */
  peek(site: number): Site {
    return this.#sites[site] as Site;
  }

  /** A 2 x 2 matrix on a site; where it is not unitary (a projection), the center must be there. */
  applyOne(site: number, m: Matrix): void {
    const { left, right, tensor } = this.#sites[site] as Site;
    const out = columnsOf(2 * left, right);
    for (let r = 0; r < right; r++)
      for (let s = 0; s < 2; s++)
        for (let k = 0; k < 2; k++) {
          const [x, y] = [m[2 * (2 * s + k)] as number, m[2 * (2 * s + k) + 1] as number];
          if (x === 0 && y === 0) continue;
          const [to, from] = [(2 * r + s) * left, (2 * r + k) * left];
          for (let l = 0; l < left; l++) {
            const [ar, ai] = [tensor.re[from + l] as number, tensor.im[from + l] as number];
            out.re[to + l] = (out.re[to + l] as number) + (ar * x - ai * y);
            out.im[to + l] = (out.im[to + l] as number) + (ar * y + ai * x);
          }
        }
    this.#sites[site] = { left, right, tensor: out };
  }

  /** A 4 x 4 unitary on sites `site` and `site + 1`; index bit 0 of the matrix is the first of them. */
  applyTwo(site: number, m: Matrix): void {
    this.#moveTo(this.#center <= site ? site : site + 1);
    const [a, b] = [this.#sites[site] as Site, this.#sites[site + 1] as Site];
    const theta = turned(joined(a, b), m, a.left, b.right);
    const { u, values, v } = svd(theta);
    const kept = this.#keep(values);
    let weight = 0;
    for (let k = 0; k < kept; k++) weight += (values[k] as number) * (values[k] as number);
    const scale = 1 / Math.sqrt(weight);
    const first = { ...u, columns: kept, re: u.re.slice(0, kept * u.rows), im: u.im.slice(0, kept * u.rows) };
    const second = columnsOf(2 * kept, b.right);
    for (let k = 0; k < kept; k++)
      for (let s = 0; s < 2; s++)
        for (let r = 0; r < b.right; r++) {
          const from = k * v.rows + s * b.right + r;
          const to = (2 * r + s) * kept + k;
          const value = (values[k] as number) * scale;
          second.re[to] = value * (v.re[from] as number);
          second.im[to] = -value * (v.im[from] as number);
        }
    this.#sites[site] = { left: a.left, right: kept, tensor: first };
    this.#sites[site + 1] = { left: kept, right: b.right, tensor: second };
    this.#center = site + 1;
  }

  /** How many singular values stay; what goes is added up. */
  #keep(values: Float64Array): number {
    let total = 0;
    for (const value of values) total += value * value;
    let [kept, dropped] = [values.length, 0];
    while (kept > 1) {
      const next = dropped + (values[kept - 1] as number) * (values[kept - 1] as number);
      if (kept <= this.#truncation.maxBond && next > this.#truncation.cutoff * total) break;
      dropped = next;
      kept--;
    }
    this.discarded = 1 - (1 - this.discarded) * (1 - dropped / total);
    return kept;
  }

  #moveTo(site: number): void {
    while (this.#center < site) {
      const a = this.#sites[this.#center] as Site;
      const b = this.#sites[this.#center + 1] as Site;
      const { q, r } = qr(a.tensor);
      this.#sites[this.#center] = { left: a.left, right: q.columns, tensor: q };
      this.#sites[++this.#center] = leftMultiplied(r, b);
    }
    while (this.#center > site) {
      const a = this.#sites[this.#center - 1] as Site;
      const b = this.#sites[this.#center] as Site;
      // B = R^H Q^H of the QR decomposition of its adjoint, whose rows are (value, right bond).
      const { q, r } = qr(sideways(b));
      this.#sites[this.#center] = upright(q, b.right);
      const tensor = multiplyColumns(a.tensor, adjointColumns(r));
      this.#sites[--this.#center] = { left: a.left, right: r.rows, tensor };
    }
  }
}

function zero(): Site {
  const tensor = columnsOf(2, 1);
  tensor.re[0] = 1;
  return { left: 1, right: 1, tensor };
}

/** Both sites as one matrix: rows (value of the first, left bond), columns (value of the second, right bond). */
function joined(a: Site, b: Site): Columns {
  const out = columnsOf(2 * a.left, 2 * b.right);
  for (let s = 0; s < 2; s++) {
    const part = columnsOf(b.left, b.right);
    for (let r = 0; r < b.right; r++)
      for (let l = 0; l < b.left; l++) {
        part.re[r * b.left + l] = b.tensor.re[(2 * r + s) * b.left + l] as number;
        part.im[r * b.left + l] = b.tensor.im[(2 * r + s) * b.left + l] as number;
      }
    const product = multiplyColumns(a.tensor, part);
    out.re.set(product.re, s * b.right * out.rows);
    out.im.set(product.im, s * b.right * out.rows);
  }
  return out;
}

/** The gate on the two values of a joined matrix. */
function turned(theta: Columns, m: Matrix, left: number, right: number): Columns {
  const out = columnsOf(theta.rows, theta.columns);
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++) {
      const [x, y] = [m[2 * (4 * row + column)] as number, m[2 * (4 * row + column) + 1] as number];
      if (x === 0 && y === 0) continue;
      for (let r = 0; r < right; r++) {
        const to = ((row >> 1) * right + r) * theta.rows + (row & 1) * left;
        const from = ((column >> 1) * right + r) * theta.rows + (column & 1) * left;
        for (let l = 0; l < left; l++) {
          const [ar, ai] = [theta.re[from + l] as number, theta.im[from + l] as number];
          out.re[to + l] = (out.re[to + l] as number) + (ar * x - ai * y);
          out.im[to + l] = (out.im[to + l] as number) + (ar * y + ai * x);
        }
      }
    }
  return out;
}

function leftMultiplied(r: Columns, b: Site): Site {
  // Rows (value, left bond) of b, by columns (value, right bond): one product for both values.
  const wide = columnsOf(b.left, 2 * b.right);
  wide.re.set(b.tensor.re);
  wide.im.set(b.tensor.im);
  const { re, im } = multiplyColumns(r, wide);
  return {
    left: r.rows,
    right: b.right,
    tensor: { rows: 2 * r.rows, columns: b.right, re, im },
  };
}

/** The adjoint with the value on the other side: rows (right bond, value), columns the left bond. */
function sideways({ left, right, tensor }: Site): Columns {
  return adjointColumns({ rows: left, columns: 2 * right, re: tensor.re, im: tensor.im });
}

function upright(q: Columns, right: number): Site {
  const { re, im, rows: left } = adjointColumns(q);
  return { left, right, tensor: { rows: 2 * left, columns: right, re, im } };
}
