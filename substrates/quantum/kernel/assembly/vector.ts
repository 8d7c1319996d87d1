// The record of an operation, and vectors of two f64.

// An operation is a record of 384 bytes:
//   0 kind   4 m: vector bits inserted   8 bits[5] ascending   28 fixed: value of the inserted bits
//   32 stride of the first target in bytes   36 stride of the second   40 whether only lane 1 changes
//   64 coefficients (v128 each)
export const RECORD: usize = 384;
export const COEF: usize = 64;

export function insertZeros(index: u32, m: u32, bits: usize): u32 {
  let x = index;
  for (let i: u32 = 0; i < m; i++) {
    const low: u32 = (1 << load<u32>(bits + (i << 2))) - 1;
    x = ((x & ~low) << 1) | (x & low);
  }
  return x;
}

export function c(op: usize, k: usize): v128 {
  return v128.load(op + COEF + (k << 4));
}

export function mul(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}

export function add(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

export function sub(a: v128, b: v128): v128 {
  return f64x2.sub(a, b);
}

export function swap(a: v128): v128 {
  return v128.shuffle<f64>(a, a, 1, 0);
}

export function keepLane0(made: v128, old: v128): v128 {
  return v128.shuffle<f64>(old, made, 0, 3);
}

// Vectors of one contiguous run: log2. Runs end below the lowest inserted bit.
export function runBits(op: usize, bits: u32): u32 {
  return load<u32>(op, 4) ? load<u32>(op, 8) : bits - 1;
}

// Number of runs.
export function groups(op: usize, bits: u32): u32 {
  return 1 << (bits - 1 - load<u32>(op, 4) - runBits(op, bits));
}
