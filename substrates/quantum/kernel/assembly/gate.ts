// One gate on all amplitudes of a block.
//
// An operation is a record of 384 bytes:
//   0 kind   4 m: vector positions the loop goes around   8 those, ascending (at most 5)   28 value of their bits
//   32 stride of the first target in bytes   36 of the second   40 1: only lanes of the mask change
//   44 lane target (0 or 1)   48 lane mask   64 coefficients, vectors with one value a lane unless noted
import { add, far, insertZeros, LANE_BITS, mul, near, sub } from "./vector";

export const RECORD: usize = 384;
const COEFFICIENTS: usize = 64;

// Kinds; the numbers are those of fast/operation.ts.
const ONE_COMPLEX: u32 = 0;
const ONE_REAL: u32 = 1;
const EXCHANGE: u32 = 2;
const LANE: u32 = 3;
const SCALE_COMPLEX: u32 = 4;
const SCALE_REAL: u32 = 5;
const TWO_LANE: u32 = 6;
const TWO: u32 = 7;
const TWO_LANES: u32 = 8;

@inline
function c(op: usize, k: usize): v128 {
  return v128.load(op + COEFFICIENTS + (k << 4));
}

@inline
function real(ar: v128, ai: v128, xr: v128, xi: v128): v128 {
  return sub(mul(ar, xr), mul(ai, xi));
}

@inline
function imaginary(ar: v128, ai: v128, xr: v128, xi: v128): v128 {
  return add(mul(ar, xi), mul(ai, xr));
}

// The loop of every kind: around the positions of the record, in runs that end below the lowest of them. `kind` is a
// constant at every call, so that each call becomes the loop of one kind.
@inline
function sweep(kind: u32, op: usize, re: usize, im: usize, bits: u32): void {
  const m = load<u32>(op, 4),
    vectorBits = bits - LANE_BITS,
    first = m ? load<u32>(op, 8) : vectorBits,
    groups: u32 = 1 << (vectorBits - m - first),
    run: usize = (<usize>16) << first,
    fixed = load<u32>(op, 28),
    masked = load<u32>(op, 40),
    lane = load<u32>(op, 44),
    mask = v128.load(op, 48),
    s0: usize = load<u32>(op, 32),
    s1: usize = load<u32>(op, 36);
  const c0 = c(op, 0),
    c1 = c(op, 1),
    c2 = c(op, 2),
    c3 = c(op, 3),
    c4 = c(op, 4),
    c5 = c(op, 5),
    c6 = c(op, 6),
    c7 = c(op, 7);
  for (let g: u32 = 0; g < groups; g++) {
    const from: usize = (<usize>(insertZeros(g << first, m, op + 8) | fixed)) << 4;
    for (let o = from; o < from + run; o += 16) {
      const a = re + o,
        b = im + o,
        xr = v128.load(a),
        xi = v128.load(b);
      if (kind == SCALE_COMPLEX) {
        v128.store(a, real(c0, c1, xr, xi));
        v128.store(b, imaginary(c0, c1, xr, xi));
      } else if (kind == SCALE_REAL) {
        v128.store(a, mul(c0, xr));
        v128.store(b, mul(c0, xi));
      } else if (kind == LANE) {
        const yr = lane ? far(xr) : near(xr),
          yi = lane ? far(xi) : near(xi);
        v128.store(a, add(real(c0, c1, xr, xi), real(c2, c3, yr, yi)));
        v128.store(b, add(imaginary(c0, c1, xr, xi), imaginary(c2, c3, yr, yi)));
      } else if (kind == TWO_LANES) {
        const yr = near(xr),
          yi = near(xi),
          zr = far(xr),
          zi = far(xi),
          wr = far(yr),
          wi = far(yi);
        v128.store(
          a,
          add(
            add(real(c0, c1, xr, xi), real(c2, c3, yr, yi)),
            add(real(c4, c5, zr, zi), real(c6, c7, wr, wi)),
          ),
        );
        v128.store(
          b,
          add(
            add(imaginary(c0, c1, xr, xi), imaginary(c2, c3, yr, yi)),
            add(imaginary(c4, c5, zr, zi), imaginary(c6, c7, wr, wi)),
          ),
        );
      } else if (kind == TWO_LANE) {
        const yr = v128.load(a + s0),
          yi = v128.load(b + s0),
          sr = lane ? far(xr) : near(xr),
          si = lane ? far(xi) : near(xi),
          tr = lane ? far(yr) : near(yr),
          ti = lane ? far(yi) : near(yi);
        for (let row: usize = 0; row < 2; row++) {
          const q = op + (row << 7);
          const d0 = c(q, 0),
            d1 = c(q, 1),
            d2 = c(q, 2),
            d3 = c(q, 3),
            d4 = c(q, 4),
            d5 = c(q, 5),
            d6 = c(q, 6),
            d7 = c(q, 7);
          let pr = add(real(d0, d1, xr, xi), real(d2, d3, sr, si)),
            pi = add(imaginary(d0, d1, xr, xi), imaginary(d2, d3, sr, si));
          pr = add(add(pr, real(d4, d5, yr, yi)), real(d6, d7, tr, ti));
          pi = add(add(pi, imaginary(d4, d5, yr, yi)), imaginary(d6, d7, tr, ti));
          v128.store(a + row * s0, pr);
          v128.store(b + row * s0, pi);
        }
      } else if (kind == TWO) {
        // 16 complex coefficients, row-major, as pairs of Real that are splatted when read.
        const x1 = v128.load(a + s0),
          x2 = v128.load(a + s1),
          x3 = v128.load(a + s0 + s1),
          y1 = v128.load(b + s0),
          y2 = v128.load(b + s1),
          y3 = v128.load(b + s0 + s1);
        for (let row: usize = 0; row < 4; row++) {
          const q = op + COEFFICIENTS + row * 8 * sizeof<Real>();
          let f = v128.load_splat<Real>(q),
            h = v128.load_splat<Real>(q, sizeof<Real>());
          let pr = real(f, h, xr, xi),
            pi = imaginary(f, h, xr, xi);
          f = v128.load_splat<Real>(q, 2 * sizeof<Real>());
          h = v128.load_splat<Real>(q, 3 * sizeof<Real>());
          pr = add(pr, real(f, h, x1, y1));
          pi = add(pi, imaginary(f, h, x1, y1));
          f = v128.load_splat<Real>(q, 4 * sizeof<Real>());
          h = v128.load_splat<Real>(q, 5 * sizeof<Real>());
          pr = add(pr, real(f, h, x2, y2));
          pi = add(pi, imaginary(f, h, x2, y2));
          f = v128.load_splat<Real>(q, 6 * sizeof<Real>());
          h = v128.load_splat<Real>(q, 7 * sizeof<Real>());
          pr = add(pr, real(f, h, x3, y3));
          pi = add(pi, imaginary(f, h, x3, y3));
          const t = (row & 1) * s0 + (row >> 1) * s1;
          v128.store(a + t, pr);
          v128.store(b + t, pi);
        }
      } else {
        const yr = v128.load(a + s0),
          yi = v128.load(b + s0);
        let pr = yr,
          pi = yi,
          qr = xr,
          qi = xi;
        if (kind == ONE_REAL) {
          pr = add(mul(c0, xr), mul(c1, yr));
          pi = add(mul(c0, xi), mul(c1, yi));
          qr = add(mul(c2, xr), mul(c3, yr));
          qi = add(mul(c2, xi), mul(c3, yi));
        } else if (kind == ONE_COMPLEX) {
          pr = add(real(c0, c1, xr, xi), real(c2, c3, yr, yi));
          pi = add(imaginary(c0, c1, xr, xi), imaginary(c2, c3, yr, yi));
          qr = add(real(c4, c5, xr, xi), real(c6, c7, yr, yi));
          qi = add(imaginary(c4, c5, xr, xi), imaginary(c6, c7, yr, yi));
        }
        if (masked) {
          pr = v128.bitselect(pr, xr, mask);
          pi = v128.bitselect(pi, xi, mask);
          qr = v128.bitselect(qr, yr, mask);
          qi = v128.bitselect(qi, yi, mask);
        }
        v128.store(a, pr);
        v128.store(b, pi);
        v128.store(a + s0, qr);
        v128.store(b + s0, qi);
      }
    }
  }
}

// Applies `count` operations one after the other to 2^bits amplitudes.
export function applyAll(re: usize, im: usize, bits: u32, program: usize, count: u32): void {
  for (let k: u32 = 0; k < count; k++) {
    const op = program + <usize>k * RECORD;
    switch (load<u32>(op)) {
      case ONE_COMPLEX:
        sweep(ONE_COMPLEX, op, re, im, bits);
        break;
      case ONE_REAL:
        sweep(ONE_REAL, op, re, im, bits);
        break;
      case EXCHANGE:
        sweep(EXCHANGE, op, re, im, bits);
        break;
      case LANE:
        sweep(LANE, op, re, im, bits);
        break;
      case SCALE_COMPLEX:
        sweep(SCALE_COMPLEX, op, re, im, bits);
        break;
      case SCALE_REAL:
        sweep(SCALE_REAL, op, re, im, bits);
        break;
      case TWO_LANE:
        sweep(TWO_LANE, op, re, im, bits);
        break;
      case TWO:
        sweep(TWO, op, re, im, bits);
        break;
      case TWO_LANES:
        sweep(TWO_LANES, op, re, im, bits);
        break;
      default:
        unreachable();
    }
  }
}
