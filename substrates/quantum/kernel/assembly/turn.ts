// Rotations in the form x' = x - t y, y' = y + t x: real, so real and imaginary parts are turned alike and apart.
//
// Runs of at least two vectors are taken two at a time: `wide`, a constant at every call. An engine with wider vectors
// can make one of the two (v and u); all loads come before all stores for its sake.
import { add, mul, splat, sub } from "./vector";

// Three positions at once, 8 vectors in registers: n are the trips of the loops around runs of `run` bytes, s the strides
// of the source and d those of the destination.
@inline
function turn8(
  wide: bool,
  src: usize,
  dst: usize,
  n2: usize,
  n1: usize,
  n0: usize,
  run: usize,
  s0: usize,
  s1: usize,
  s2: usize,
  d0: usize,
  d1: usize,
  d2: usize,
  t: usize,
): void {
  const t0 = splat(load<f64>(t)),
    t1 = splat(load<f64>(t, 8)),
    t2 = splat(load<f64>(t, 16));
  for (let i2: usize = 0; i2 < n2; i2++)
    for (let i1: usize = 0; i1 < n1; i1++)
      for (let i0: usize = 0; i0 < n0; i0++) {
        const from: usize = 2 * (i2 * s2 + i1 * s1 + i0 * s0);
        for (let o = from; o < from + run; o += wide ? 32 : 16) {
          const a0 = src + o,
            a1 = a0 + s0,
            a2 = a0 + s1,
            a3 = a1 + s1,
            a4 = a0 + s2,
            a5 = a1 + s2,
            a6 = a2 + s2,
            a7 = a3 + s2,
            b0 = dst + o,
            b1 = b0 + d0,
            b2 = b0 + d1,
            b3 = b1 + d1,
            b4 = b0 + d2,
            b5 = b1 + d2,
            b6 = b2 + d2,
            b7 = b3 + d2;
          let x: v128, y: v128;
          let v0 = v128.load(a0);
          let u0 = wide ? v128.load(a0, 16) : v0;
          let v1 = v128.load(a1);
          let u1 = wide ? v128.load(a1, 16) : v1;
          let v2 = v128.load(a2);
          let u2 = wide ? v128.load(a2, 16) : v2;
          let v3 = v128.load(a3);
          let u3 = wide ? v128.load(a3, 16) : v3;
          let v4 = v128.load(a4);
          let u4 = wide ? v128.load(a4, 16) : v4;
          let v5 = v128.load(a5);
          let u5 = wide ? v128.load(a5, 16) : v5;
          let v6 = v128.load(a6);
          let u6 = wide ? v128.load(a6, 16) : v6;
          let v7 = v128.load(a7);
          let u7 = wide ? v128.load(a7, 16) : v7;
          x = sub(v0, mul(t0, v1));
          y = sub(u0, mul(t0, u1));
          v1 = add(v1, mul(t0, v0));
          u1 = add(u1, mul(t0, u0));
          v0 = x;
          u0 = y;
          x = sub(v2, mul(t0, v3));
          y = sub(u2, mul(t0, u3));
          v3 = add(v3, mul(t0, v2));
          u3 = add(u3, mul(t0, u2));
          v2 = x;
          u2 = y;
          x = sub(v4, mul(t0, v5));
          y = sub(u4, mul(t0, u5));
          v5 = add(v5, mul(t0, v4));
          u5 = add(u5, mul(t0, u4));
          v4 = x;
          u4 = y;
          x = sub(v6, mul(t0, v7));
          y = sub(u6, mul(t0, u7));
          v7 = add(v7, mul(t0, v6));
          u7 = add(u7, mul(t0, u6));
          v6 = x;
          u6 = y;
          x = sub(v0, mul(t1, v2));
          y = sub(u0, mul(t1, u2));
          v2 = add(v2, mul(t1, v0));
          u2 = add(u2, mul(t1, u0));
          v0 = x;
          u0 = y;
          x = sub(v1, mul(t1, v3));
          y = sub(u1, mul(t1, u3));
          v3 = add(v3, mul(t1, v1));
          u3 = add(u3, mul(t1, u1));
          v1 = x;
          u1 = y;
          x = sub(v4, mul(t1, v6));
          y = sub(u4, mul(t1, u6));
          v6 = add(v6, mul(t1, v4));
          u6 = add(u6, mul(t1, u4));
          v4 = x;
          u4 = y;
          x = sub(v5, mul(t1, v7));
          y = sub(u5, mul(t1, u7));
          v7 = add(v7, mul(t1, v5));
          u7 = add(u7, mul(t1, u5));
          v5 = x;
          u5 = y;
          x = sub(v0, mul(t2, v4));
          y = sub(u0, mul(t2, u4));
          v4 = add(v4, mul(t2, v0));
          u4 = add(u4, mul(t2, u0));
          v0 = x;
          u0 = y;
          x = sub(v1, mul(t2, v5));
          y = sub(u1, mul(t2, u5));
          v5 = add(v5, mul(t2, v1));
          u5 = add(u5, mul(t2, u1));
          v1 = x;
          u1 = y;
          x = sub(v2, mul(t2, v6));
          y = sub(u2, mul(t2, u6));
          v6 = add(v6, mul(t2, v2));
          u6 = add(u6, mul(t2, u2));
          v2 = x;
          u2 = y;
          x = sub(v3, mul(t2, v7));
          y = sub(u3, mul(t2, u7));
          v7 = add(v7, mul(t2, v3));
          u7 = add(u7, mul(t2, u3));
          v3 = x;
          u3 = y;
          v128.store(b0, v0);
          if (wide) v128.store(b0, u0, 16);
          v128.store(b1, v1);
          if (wide) v128.store(b1, u1, 16);
          v128.store(b2, v2);
          if (wide) v128.store(b2, u2, 16);
          v128.store(b3, v3);
          if (wide) v128.store(b3, u3, 16);
          v128.store(b4, v4);
          if (wide) v128.store(b4, u4, 16);
          v128.store(b5, v5);
          if (wide) v128.store(b5, u5, 16);
          v128.store(b6, v6);
          if (wide) v128.store(b6, u6, 16);
          v128.store(b7, v7);
          if (wide) v128.store(b7, u7, 16);
        }
      }
}

@inline
function turn4(
  wide: bool,
  src: usize,
  dst: usize,
  n1: usize,
  n0: usize,
  run: usize,
  s0: usize,
  s1: usize,
  d0: usize,
  d1: usize,
  t: usize,
): void {
  const t0 = splat(load<f64>(t)),
    t1 = splat(load<f64>(t, 8));
  for (let i1: usize = 0; i1 < n1; i1++)
    for (let i0: usize = 0; i0 < n0; i0++) {
      const from: usize = 2 * (i1 * s1 + i0 * s0);
      for (let o = from; o < from + run; o += wide ? 32 : 16) {
        const a0 = src + o,
          a1 = a0 + s0,
          a2 = a0 + s1,
          a3 = a1 + s1,
          b0 = dst + o,
          b1 = b0 + d0,
          b2 = b0 + d1,
          b3 = b1 + d1;
        let x: v128, y: v128;
          let v0 = v128.load(a0);
          let u0 = wide ? v128.load(a0, 16) : v0;
          let v1 = v128.load(a1);
          let u1 = wide ? v128.load(a1, 16) : v1;
          let v2 = v128.load(a2);
          let u2 = wide ? v128.load(a2, 16) : v2;
          let v3 = v128.load(a3);
          let u3 = wide ? v128.load(a3, 16) : v3;
          x = sub(v0, mul(t0, v1));
          y = sub(u0, mul(t0, u1));
          v1 = add(v1, mul(t0, v0));
          u1 = add(u1, mul(t0, u0));
          v0 = x;
          u0 = y;
          x = sub(v2, mul(t0, v3));
          y = sub(u2, mul(t0, u3));
          v3 = add(v3, mul(t0, v2));
          u3 = add(u3, mul(t0, u2));
          v2 = x;
          u2 = y;
          x = sub(v0, mul(t1, v2));
          y = sub(u0, mul(t1, u2));
          v2 = add(v2, mul(t1, v0));
          u2 = add(u2, mul(t1, u0));
          v0 = x;
          u0 = y;
          x = sub(v1, mul(t1, v3));
          y = sub(u1, mul(t1, u3));
          v3 = add(v3, mul(t1, v1));
          u3 = add(u3, mul(t1, u1));
          v1 = x;
          u1 = y;
          v128.store(b0, v0);
          if (wide) v128.store(b0, u0, 16);
          v128.store(b1, v1);
          if (wide) v128.store(b1, u1, 16);
          v128.store(b2, v2);
          if (wide) v128.store(b2, u2, 16);
          v128.store(b3, v3);
          if (wide) v128.store(b3, u3, 16);
      }
    }
}

@inline
function turn2(
  wide: bool,
  src: usize,
  dst: usize,
  n0: usize,
  run: usize,
  s0: usize,
  d0: usize,
  t: usize,
): void {
  const t0 = splat(load<f64>(t));
  for (let i0: usize = 0; i0 < n0; i0++) {
    const from: usize = 2 * i0 * s0;
    for (let o = from; o < from + run; o += wide ? 32 : 16) {
      const a0 = src + o,
        a1 = a0 + s0,
        b0 = dst + o,
        b1 = b0 + d0;
      let x: v128, y: v128;
          let v0 = v128.load(a0);
          let u0 = wide ? v128.load(a0, 16) : v0;
          let v1 = v128.load(a1);
          let u1 = wide ? v128.load(a1, 16) : v1;
          x = sub(v0, mul(t0, v1));
          y = sub(u0, mul(t0, u1));
          v1 = add(v1, mul(t0, v0));
          u1 = add(u1, mul(t0, u0));
          v0 = x;
          u0 = y;
          v128.store(b0, v0);
          if (wide) v128.store(b0, u0, 16);
          v128.store(b1, v1);
          if (wide) v128.store(b1, u1, 16);
    }
  }
}

// A pass is a record of 40 bytes: 0 number of positions, at most 3   4 those, in vectors, ascending   16 their t (f64).
export const PASS: usize = 40;

// A pass in place over `bytes` of a block.
export function turnBlock(base: usize, bytes: usize, pass: usize): void {
  const k = load<u32>(pass),
    p0: usize = 4 + load<u32>(pass, 4),
    p1: usize = 4 + load<u32>(pass, 8),
    p2: usize = 4 + load<u32>(pass, 12),
    s0: usize = (<usize>1) << p0,
    s1: usize = (<usize>1) << p1,
    s2: usize = (<usize>1) << p2,
    n2: usize = bytes >> (p2 + 1),
    n1: usize = (k == 3 ? s2 : bytes) >> (p1 + 1),
    n0: usize = (k > 1 ? s1 : bytes) >> (p0 + 1),
    t = pass + 16;
  if (s0 > 16) {
    if (k == 3) turn8(true, base, base, n2, n1, n0, s0, s0, s1, s2, s0, s1, s2, t);
    else if (k == 2) turn4(true, base, base, n1, n0, s0, s0, s1, s0, s1, t);
    else turn2(true, base, base, n0, s0, s0, s0, t);
  } else if (k == 3) turn8(false, base, base, n2, n1, n0, s0, s0, s1, s2, s0, s1, s2, t);
  else if (k == 2) turn4(false, base, base, n1, n0, s0, s0, s1, s0, s1, t);
  else turn2(false, base, base, n0, s0, s0, s0, t);
}

// A pass on three positions of rows of `run` bytes, from places s apart to places d apart.
export function turnRows(
  src: usize,
  dst: usize,
  run: usize,
  s0: usize,
  s1: usize,
  s2: usize,
  d0: usize,
  d1: usize,
  d2: usize,
  pass: usize,
): void {
  turn8(true, src, dst, 1, 1, 1, run, s0, s1, s2, d0, d1, d2, pass + 16);
}
