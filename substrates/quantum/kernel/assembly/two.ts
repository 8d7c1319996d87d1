// Phases, and any gate on two qubits.
import { add, COEF, c, groups, insertZeros, mul, runBits, sub, swap } from "./vector";

// A phase: coefficients re, im.
export function scaleComplex(op: usize, re: usize, im: usize, bits: u32): void {
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
export function scaleReal(op: usize, re: usize, im: usize, bits: u32): void {
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
export function twoLane(op: usize, re: usize, im: usize, bits: u32): void {
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
export function two(op: usize, re: usize, im: usize, bits: u32): void {
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
