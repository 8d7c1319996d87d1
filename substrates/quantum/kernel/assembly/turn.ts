// Rotations in the form x' = x - t y, y' = y + t x: real, so real and imaginary parts are turned alike and apart.
import { add, mul, splat, sub } from "./vector";

// Three positions at once, 8 vectors in registers: n are the trips of the loops around runs of `run` bytes, s the strides
// of the source and d those of the destination.
@inline
function turn8(
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
        for (let o = from; o < from + run; o += 16) {
          const a = src + o,
            e = a + s2;
          let v0 = v128.load(a),
            v1 = v128.load(a + s0),
            v2 = v128.load(a + s1),
            v3 = v128.load(a + s0 + s1),
            v4 = v128.load(e),
            v5 = v128.load(e + s0),
            v6 = v128.load(e + s1),
            v7 = v128.load(e + s0 + s1);
          let z = sub(v0, mul(t0, v1));
          v1 = add(v1, mul(t0, v0));
          v0 = z;
          z = sub(v2, mul(t0, v3));
          v3 = add(v3, mul(t0, v2));
          v2 = z;
          z = sub(v4, mul(t0, v5));
          v5 = add(v5, mul(t0, v4));
          v4 = z;
          z = sub(v6, mul(t0, v7));
          v7 = add(v7, mul(t0, v6));
          v6 = z;
          z = sub(v0, mul(t1, v2));
          v2 = add(v2, mul(t1, v0));
          v0 = z;
          z = sub(v1, mul(t1, v3));
          v3 = add(v3, mul(t1, v1));
          v1 = z;
          z = sub(v4, mul(t1, v6));
          v6 = add(v6, mul(t1, v4));
          v4 = z;
          z = sub(v5, mul(t1, v7));
          v7 = add(v7, mul(t1, v5));
          v5 = z;
          const b = dst + o,
            f = b + d2;
          v128.store(b, sub(v0, mul(t2, v4)));
          v128.store(f, add(v4, mul(t2, v0)));
          v128.store(b + d0, sub(v1, mul(t2, v5)));
          v128.store(f + d0, add(v5, mul(t2, v1)));
          v128.store(b + d1, sub(v2, mul(t2, v6)));
          v128.store(f + d1, add(v6, mul(t2, v2)));
          v128.store(b + d0 + d1, sub(v3, mul(t2, v7)));
          v128.store(f + d0 + d1, add(v7, mul(t2, v3)));
        }
      }
}

@inline
function turn4(
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
      for (let o = from; o < from + run; o += 16) {
        const a = src + o;
        let v0 = v128.load(a),
          v1 = v128.load(a + s0),
          v2 = v128.load(a + s1),
          v3 = v128.load(a + s0 + s1);
        let z = sub(v0, mul(t0, v1));
        v1 = add(v1, mul(t0, v0));
        v0 = z;
        z = sub(v2, mul(t0, v3));
        v3 = add(v3, mul(t0, v2));
        v2 = z;
        const b = dst + o;
        v128.store(b, sub(v0, mul(t1, v2)));
        v128.store(b + d1, add(v2, mul(t1, v0)));
        v128.store(b + d0, sub(v1, mul(t1, v3)));
        v128.store(b + d0 + d1, add(v3, mul(t1, v1)));
      }
    }
}

@inline
function turn2(src: usize, dst: usize, n0: usize, run: usize, s0: usize, d0: usize, t: usize): void {
  const t0 = splat(load<f64>(t));
  for (let i0: usize = 0; i0 < n0; i0++) {
    const from: usize = 2 * i0 * s0;
    for (let o = from; o < from + run; o += 16) {
      const v0 = v128.load(src + o),
        v1 = v128.load(src + o + s0);
      v128.store(dst + o, sub(v0, mul(t0, v1)));
      v128.store(dst + o + d0, add(v1, mul(t0, v0)));
    }
  }
}

// A pass in place over `vectors` vectors: a record of 40 bytes: 0 number of positions, 4 those, ascending, 16 their t.
export const PASS: usize = 40;
export function turnBlock(base: usize, vectors: usize, pass: usize): void {
  const k = load<u32>(pass),
    s0: usize = (<usize>16) << load<u32>(pass, 4),
    s1: usize = (<usize>16) << load<u32>(pass, 8),
    s2: usize = (<usize>16) << load<u32>(pass, 12),
    t = pass + 16,
    bytes = vectors << 4;
  if (k == 3)
    turn8(base, base, bytes / (2 * s2), s2 / (2 * s1), s1 / (2 * s0), s0, s0, s1, s2, s0, s1, s2, t);
  else if (k == 2) turn4(base, base, bytes / (2 * s1), s1 / (2 * s0), s0, s0, s1, s0, s1, t);
  else turn2(base, base, bytes / (2 * s0), s0, s0, s0, t);
}

// Bytes that are taken together from every row: four cache lines.
export const CHUNK: usize = 256;

// Rows of one chunk whose numbers differ in k <= 3 bits, from places s apart to places d apart.
export function turnRows(
  k: u32,
  src: usize,
  dst: usize,
  s0: usize,
  s1: usize,
  s2: usize,
  d0: usize,
  d1: usize,
  d2: usize,
  t: usize,
): void {
  if (k == 3) turn8(src, dst, 1, 1, 1, CHUNK, s0, s1, s2, d0, d1, d2, t);
  else if (k == 2) turn4(src, dst, 1, 1, CHUNK, s0, s1, d0, d1, t);
  else turn2(src, dst, 1, CHUNK, s0, d0, t);
}
