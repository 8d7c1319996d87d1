// Vectors of `Real` (f64 or f32, named when this is compiled): 2^LANE_BITS neighbouring amplitudes in each.
// Amplitudes are split: real parts at `re`, imaginary parts at `im`; bit q of an index is position q. Positions below
// LANE_BITS are lanes; position q >= LANE_BITS is "vector position" q - LANE_BITS.
export const LANE_BITS: u32 = sizeof<Real>() == 4 ? 2 : 1;
// log2 of the bytes of a Real.
export const REAL_BITS: u32 = sizeof<Real>() == 4 ? 2 : 3;

@inline
export function mul(a: v128, b: v128): v128 {
  return v128.mul<Real>(a, b);
}

@inline
export function add(a: v128, b: v128): v128 {
  return v128.add<Real>(a, b);
}

@inline
export function sub(a: v128, b: v128): v128 {
  return v128.sub<Real>(a, b);
}

@inline
export function splat(value: f64): v128 {
  return v128.splat<Real>(<Real>value);
}

// Every lane gets what the lane beside it has; `far` is the neighbour two lanes away.
@inline
export function near(v: v128): v128 {
  if (sizeof<Real>() == 4) return v128.shuffle<f32>(v, v, 1, 0, 3, 2);
  return v128.shuffle<f64>(v, v, 1, 0);
}

@inline
export function far(v: v128): v128 {
  if (sizeof<Real>() == 4) return v128.shuffle<f32>(v, v, 2, 3, 0, 1);
  return v;
}

// Inserts a 0 at each of the m bits listed at `bits`, ascending.
export function insertZeros(index: u32, m: u32, bits: usize): u32 {
  let x = index;
  for (let i: u32 = 0; i < m; i++) {
    const low: u32 = (1 << load<u32>(bits + (i << 2))) - 1;
    x = ((x & ~low) << 1) | (x & low);
  }
  return x;
}

// The k-th of the rows whose indices differ from `base` in the m bits listed at `high`.
export function rowIndex(base: u32, k: u32, m: u32, high: usize): u32 {
  let index = base;
  for (let i: u32 = 0; i < m; i++) if ((k >> i) & 1) index |= 1 << load<u32>(high + (i << 2));
  return index;
}
