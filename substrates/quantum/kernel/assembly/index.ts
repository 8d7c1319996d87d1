// Gate kernels on a statevector in split f64: real parts at `re`, imaginary parts at `im`, little-endian.
// A v128 holds amplitudes 2x and 2x+1; "vector position" p is qubit p + 1, qubit 0 is the lane.
// No relaxed operations and no reductions: every machine gives the same bits.
import { exchange, laneComplex, oneComplex, oneReal } from "./one";
import { scaleComplex, scaleReal, two, twoLane } from "./two";
import { insertZeros, RECORD } from "./vector";

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
