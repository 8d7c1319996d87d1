// Gate kernels on a statevector in split f64: real parts at `re`, imaginary parts at `im`, little-endian.
// A v128 holds amplitudes 2x and 2x+1; "vector position" p is qubit p + 1, qubit 0 is the lane.
// No relaxed operations and no reductions: every machine gives the same bits.

// An operation is a record of 384 bytes:
//   0 kind   4 m: vector bits inserted   8 bits[5] ascending   28 fixed: value of the inserted bits
//   32 stride of the first target in bytes   36 stride of the second   40 whether only lane 1 changes
//   64 coefficients (v128 each)
const RECORD: usize = 384;
const COEF: usize = 64;

function insertZeros(index: u32, m: u32, bits: usize): u32 {
  let x = index;
  for (let i: u32 = 0; i < m; i++) {
    const low: u32 = (1 << load<u32>(bits + (i << 2))) - 1;
    x = ((x & ~low) << 1) | (x & low);
  }
  return x;
}

function c(op: usize, k: usize): v128 {
  return v128.load(op + COEF + (k << 4));
}

function mul(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}

function add(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

function sub(a: v128, b: v128): v128 {
  return f64x2.sub(a, b);
}

function swap(a: v128): v128 {
  return v128.shuffle<f64>(a, a, 1, 0);
}

function keepLane0(made: v128, old: v128): v128 {
  return v128.shuffle<f64>(old, made, 0, 3);
}

// One qubit, complex, target not the lane: coefficients u00 u01 u10 u11 as (re, im) pairs, each splatted.
function oneComplex(op: usize, re: usize, im: usize, bits: u32): void {
  const m = load<u32>(op, 4),
    fixed = load<u32>(op, 28),
    lane = load<u32>(op, 40),
    first = runBits(op, bits),
    run: usize = (<usize>16) << first;
  const st: usize = load<u32>(op, 32);
  const ar = c(op, 0),
    ai = c(op, 1),
    br = c(op, 2),
    bi = c(op, 3);
  const cr = c(op, 4),
    ci = c(op, 5),
    dr = c(op, 6),
    di = c(op, 7);
  for (let g: u32 = 0, n = groups(op, bits); g < n; g++)
    for (
      let at: usize = (<usize>(insertZeros(g << first, m, op + 8) | fixed)) << 4, o: usize = at;
      o < at + run;
      o += 16
    ) {
      const xr = v128.load(re + o),
        xi = v128.load(im + o),
        yr = v128.load(re + o + st),
        yi = v128.load(im + o + st);
      let pr = add(sub(mul(ar, xr), mul(ai, xi)), sub(mul(br, yr), mul(bi, yi)));
      let pi = add(add(mul(ar, xi), mul(ai, xr)), add(mul(br, yi), mul(bi, yr)));
      let qr = add(sub(mul(cr, xr), mul(ci, xi)), sub(mul(dr, yr), mul(di, yi)));
      let qi = add(add(mul(cr, xi), mul(ci, xr)), add(mul(dr, yi), mul(di, yr)));
      if (lane) {
        pr = keepLane0(pr, xr);
        pi = keepLane0(pi, xi);
        qr = keepLane0(qr, yr);
        qi = keepLane0(qi, yi);
      }
      v128.store(re + o, pr);
      v128.store(im + o, pi);
      v128.store(re + o + st, qr);
      v128.store(im + o + st, qi);
    }
}

// The same with real coefficients u00 u01 u10 u11.
function oneReal(op: usize, re: usize, im: usize, bits: u32): void {
  const m = load<u32>(op, 4),
    fixed = load<u32>(op, 28),
    lane = load<u32>(op, 40),
    first = runBits(op, bits),
    run: usize = (<usize>16) << first;
  const st: usize = load<u32>(op, 32);
  const a = c(op, 0),
    b = c(op, 1),
    d = c(op, 2),
    e = c(op, 3);
  for (let g: u32 = 0, n = groups(op, bits); g < n; g++)
    for (
      let at: usize = (<usize>(insertZeros(g << first, m, op + 8) | fixed)) << 4, o: usize = at;
      o < at + run;
      o += 16
    ) {
      const xr = v128.load(re + o),
        xi = v128.load(im + o),
        yr = v128.load(re + o + st),
        yi = v128.load(im + o + st);
      let pr = add(mul(a, xr), mul(b, yr)),
        pi = add(mul(a, xi), mul(b, yi));
      let qr = add(mul(d, xr), mul(e, yr)),
        qi = add(mul(d, xi), mul(e, yi));
      if (lane) {
        pr = keepLane0(pr, xr);
        pi = keepLane0(pi, xi);
        qr = keepLane0(qr, yr);
        qi = keepLane0(qi, yi);
      }
      v128.store(re + o, pr);
      v128.store(im + o, pi);
      v128.store(re + o + st, qr);
      v128.store(im + o + st, qi);
    }
}

// Exchange of the two halves: X, CX, CCX.
function exchange(op: usize, re: usize, im: usize, bits: u32): void {
  const m = load<u32>(op, 4),
    fixed = load<u32>(op, 28),
    lane = load<u32>(op, 40),
    first = runBits(op, bits),
    run: usize = (<usize>16) << first;
  const st: usize = load<u32>(op, 32);
  for (let g: u32 = 0, n = groups(op, bits); g < n; g++)
    for (
      let at: usize = (<usize>(insertZeros(g << first, m, op + 8) | fixed)) << 4, o: usize = at;
      o < at + run;
      o += 16
    ) {
      const xr = v128.load(re + o),
        xi = v128.load(im + o),
        yr = v128.load(re + o + st),
        yi = v128.load(im + o + st);
      v128.store(re + o, lane ? keepLane0(yr, xr) : yr);
      v128.store(im + o, lane ? keepLane0(yi, xi) : yi);
      v128.store(re + o + st, lane ? keepLane0(xr, yr) : xr);
      v128.store(im + o + st, lane ? keepLane0(xi, yi) : xi);
    }
}

// One qubit, the lane: coefficients (u00, u11) and (u01, u10), each as re and im.
function laneComplex(op: usize, re: usize, im: usize, bits: u32): void {
  const m = load<u32>(op, 4),
    fixed = load<u32>(op, 28),
    first = runBits(op, bits),
    run: usize = (<usize>16) << first;
  const dr = c(op, 0),
    di = c(op, 1),
    er = c(op, 2),
    ei = c(op, 3);
  for (let g: u32 = 0, n = groups(op, bits); g < n; g++)
    for (
      let at: usize = (<usize>(insertZeros(g << first, m, op + 8) | fixed)) << 4, o: usize = at;
      o < at + run;
      o += 16
    ) {
      const xr = v128.load(re + o),
        xi = v128.load(im + o);
      const yr = swap(xr),
        yi = swap(xi);
      v128.store(re + o, add(sub(mul(dr, xr), mul(di, xi)), sub(mul(er, yr), mul(ei, yi))));
      v128.store(im + o, add(add(mul(dr, xi), mul(di, xr)), add(mul(er, yi), mul(ei, yr))));
    }
}

// A phase: coefficients re, im.
function scaleComplex(op: usize, re: usize, im: usize, bits: u32): void {
  const m = load<u32>(op, 4),
    fixed = load<u32>(op, 28),
    first = runBits(op, bits),
    run: usize = (<usize>16) << first;
  const fr = c(op, 0),
    fi = c(op, 1);
  for (let g: u32 = 0, n = groups(op, bits); g < n; g++)
    for (
      let at: usize = (<usize>(insertZeros(g << first, m, op + 8) | fixed)) << 4, o: usize = at;
      o < at + run;
      o += 16
    ) {
      const xr = v128.load(re + o),
        xi = v128.load(im + o);
      v128.store(re + o, sub(mul(fr, xr), mul(fi, xi)));
      v128.store(im + o, add(mul(fr, xi), mul(fi, xr)));
    }
}

// A real factor.
function scaleReal(op: usize, re: usize, im: usize, bits: u32): void {
  const m = load<u32>(op, 4),
    fixed = load<u32>(op, 28),
    first = runBits(op, bits),
    run: usize = (<usize>16) << first;
  const f = c(op, 0);
  for (let g: u32 = 0, n = groups(op, bits); g < n; g++)
    for (
      let at: usize = (<usize>(insertZeros(g << first, m, op + 8) | fixed)) << 4, o: usize = at;
      o < at + run;
      o += 16
    ) {
      v128.store(re + o, mul(f, v128.load(re + o)));
      v128.store(im + o, mul(f, v128.load(im + o)));
    }
}

// Two qubits, one of them the lane: rows of the vector qubit; for each output row the factors of x, swapped x, y, swapped y.
function twoLane(op: usize, re: usize, im: usize, bits: u32): void {
  const m = load<u32>(op, 4),
    fixed = load<u32>(op, 28),
    first = runBits(op, bits),
    run: usize = (<usize>16) << first;
  const st: usize = load<u32>(op, 32);
  for (let g: u32 = 0, n = groups(op, bits); g < n; g++)
    for (
      let at: usize = (<usize>(insertZeros(g << first, m, op + 8) | fixed)) << 4, o: usize = at;
      o < at + run;
      o += 16
    ) {
      const xr = v128.load(re + o),
        xi = v128.load(im + o),
        yr = v128.load(re + o + st),
        yi = v128.load(im + o + st);
      const sr = swap(xr),
        si = swap(xi),
        tr = swap(yr),
        ti = swap(yi);
      for (let row: usize = 0; row < 2; row++) {
        const q = op + (row << 7);
        let pr = sub(mul(c(q, 0), xr), mul(c(q, 1), xi)),
          pi = add(mul(c(q, 0), xi), mul(c(q, 1), xr));
        pr = add(pr, sub(mul(c(q, 2), sr), mul(c(q, 3), si)));
        pi = add(pi, add(mul(c(q, 2), si), mul(c(q, 3), sr)));
        pr = add(pr, sub(mul(c(q, 4), yr), mul(c(q, 5), yi)));
        pi = add(pi, add(mul(c(q, 4), yi), mul(c(q, 5), yr)));
        pr = add(pr, sub(mul(c(q, 6), tr), mul(c(q, 7), ti)));
        pi = add(pi, add(mul(c(q, 6), ti), mul(c(q, 7), tr)));
        v128.store(re + o + row * st, pr);
        v128.store(im + o + row * st, pi);
      }
    }
}

// Two qubits, none the lane: 16 complex coefficients, row-major, as f64 pairs that are splatted when read.
function two(op: usize, re: usize, im: usize, bits: u32): void {
  const m = load<u32>(op, 4),
    fixed = load<u32>(op, 28),
    first = runBits(op, bits),
    run: usize = (<usize>16) << first;
  const s0: usize = load<u32>(op, 32),
    s1: usize = load<u32>(op, 36);
  for (let g: u32 = 0, n = groups(op, bits); g < n; g++)
    for (
      let at: usize = (<usize>(insertZeros(g << first, m, op + 8) | fixed)) << 4, o: usize = at;
      o < at + run;
      o += 16
    ) {
      const a = re + o,
        b = im + o;
      const x0 = v128.load(a),
        x1 = v128.load(a + s0),
        x2 = v128.load(a + s1),
        x3 = v128.load(a + s0 + s1);
      const y0 = v128.load(b),
        y1 = v128.load(b + s0),
        y2 = v128.load(b + s1),
        y3 = v128.load(b + s0 + s1);
      for (let row: usize = 0; row < 4; row++) {
        const q = op + COEF + (row << 6);
        let f = v128.load_splat<f64>(q, 0),
          g = v128.load_splat<f64>(q, 8);
        let pr = sub(mul(f, x0), mul(g, y0)),
          pi = add(mul(f, y0), mul(g, x0));
        f = v128.load_splat<f64>(q, 16);
        g = v128.load_splat<f64>(q, 24);
        pr = add(pr, sub(mul(f, x1), mul(g, y1)));
        pi = add(pi, add(mul(f, y1), mul(g, x1)));
        f = v128.load_splat<f64>(q, 32);
        g = v128.load_splat<f64>(q, 40);
        pr = add(pr, sub(mul(f, x2), mul(g, y2)));
        pi = add(pi, add(mul(f, y2), mul(g, x2)));
        f = v128.load_splat<f64>(q, 48);
        g = v128.load_splat<f64>(q, 56);
        pr = add(pr, sub(mul(f, x3), mul(g, y3)));
        pi = add(pi, add(mul(f, y3), mul(g, x3)));
        const t = (row & 1) * s0 + (row >> 1) * s1;
        v128.store(a + t, pr);
        v128.store(b + t, pi);
      }
    }
}

// Vectors of one contiguous run: log2. Runs end below the lowest inserted bit.
function runBits(op: usize, bits: u32): u32 {
  return load<u32>(op, 4) ? load<u32>(op, 8) : bits - 1;
}

// Number of runs.
function groups(op: usize, bits: u32): u32 {
  return 1 << (bits - 1 - load<u32>(op, 4) - runBits(op, bits));
}

// Applies `count` operations one after the other to 2^bits amplitudes.
function applyAll(re: usize, im: usize, bits: u32, program: usize, count: u32): void {
  for (let k: u32 = 0; k < count; k++) {
    const op = program + <usize>k * RECORD;
    switch (load<u32>(op)) {
      case 0:
        oneComplex(op, re, im, bits);
        break;
      case 1:
        oneReal(op, re, im, bits);
        break;
      case 2:
        exchange(op, re, im, bits);
        break;
      case 3:
        laneComplex(op, re, im, bits);
        break;
      case 4:
        scaleComplex(op, re, im, bits);
        break;
      case 5:
        scaleReal(op, re, im, bits);
        break;
      case 6:
        twoLane(op, re, im, bits);
        break;
      case 7:
        two(op, re, im, bits);
        break;
      default:
        unreachable();
    }
  }
}

/** Applies operations to blocks `from` to `to` of 2^bits contiguous amplitudes each. */
export function contiguous(
  re: usize,
  im: usize,
  bits: u32,
  from: u32,
  to: u32,
  program: usize,
  count: u32,
): void {
  for (let b: u32 = from; b < to; b++) {
    const at = (<usize>b) << (bits + 3);
    applyAll(re + at, im + at, bits, program, count);
  }
}

/**
 * Applies operations to blocks that are made of 2^m rows of 2^low contiguous amplitudes each; the rows differ in the m
 * index bits listed at `high`, ascending. A block is copied to `scratch` (real, then imaginary parts) and back.
 */
export function gathered(
  re: usize,
  im: usize,
  low: u32,
  m: u32,
  high: usize,
  from: u32,
  to: u32,
  scratch: usize,
  program: usize,
  count: u32,
): void {
  const row: usize = (<usize>8) << low;
  const size: usize = row << m;
  const sr = scratch,
    si = scratch + size + 4096 + 64;
  for (let b: u32 = from; b < to; b++) {
    const base = insertZeros(b << low, m, high);
    for (let k: u32 = 0; k < 1 << m; k++) {
      const at = (<usize>rowIndex(base, k, m, high)) << 3;
      memory.copy(sr + row * k, re + at, row);
      memory.copy(si + row * k, im + at, row);
    }
    applyAll(sr, si, low + m, program, count);
    for (let k: u32 = 0; k < 1 << m; k++) {
      const at = (<usize>rowIndex(base, k, m, high)) << 3;
      memory.copy(re + at, sr + row * k, row);
      memory.copy(im + at, si + row * k, row);
    }
  }
}

function rowIndex(base: u32, k: u32, m: u32, high: usize): u32 {
  let index = base;
  for (let i: u32 = 0; i < m; i++) if ((k >> i) & 1) index |= 1 << load<u32>(high + (i << 2));
  return index;
}
