// One-qubit gates, also under controls.
import { add, c, groups, insertZeros, keepLane0, mul, runBits, sub, swap } from "./vector";

// One qubit, complex, target not the lane: coefficients u00 u01 u10 u11 as (re, im) pairs, each splatted.
export function oneComplex(op: usize, re: usize, im: usize, bits: u32): void {
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
export function oneReal(op: usize, re: usize, im: usize, bits: u32): void {
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
export function exchange(op: usize, re: usize, im: usize, bits: u32): void {
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
export function laneComplex(op: usize, re: usize, im: usize, bits: u32): void {
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
