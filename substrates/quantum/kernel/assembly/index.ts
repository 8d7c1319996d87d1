// Kernels on a statevector in split f64 or f32, from one source: `Real` is named by tools/build-kernels.ts.
// No relaxed operations and no reductions: every machine gives the same bits, whatever the number of threads.
import { applyAll } from "./gate";
import { layer } from "./layer";
import { far, insertZeros, LANE_BITS, near, REAL_BITS, rowIndex } from "./vector";

// The order, which threads carry out part by part:
//   0 kind   4 re   8 im   12 bits   16 from   20 to   24 record   28 count   32 low   36 m   40 area   44 bytes of an area
//   48 serial number   64 positions of gathered rows
const BLOCKS: u32 = 0;
const GATHERED: u32 = 1;
const LAYER: u32 = 2;
const FLIP: u32 = 3;

/** Carries out part `part` of `parts` of the order at `order`, in the memory of thread `thread`. */
export function run(order: usize, part: u32, parts: u32, thread: u32): void {
  const re: usize = load<u32>(order, 4),
    im: usize = load<u32>(order, 8),
    bits = load<u32>(order, 12),
    first = load<u32>(order, 16),
    all = <u64>(load<u32>(order, 20) - first),
    from = first + <u32>((all * part) / parts),
    to = first + <u32>((all * (part + 1)) / parts),
    record: usize = load<u32>(order, 24),
    count = load<u32>(order, 28),
    area: usize = <usize>load<u32>(order, 40) + <usize>thread * load<u32>(order, 44);
  switch (load<u32>(order)) {
    case BLOCKS:
      for (let b = from; b < to; b++) {
        const at = (<usize>b) << (bits + REAL_BITS);
        applyAll(re + at, im + at, bits, record, count);
      }
      break;
    case GATHERED:
      gathered(re, im, load<u32>(order, 32), load<u32>(order, 36), order + 64, from, to, area, record, count);
      break;
    case LAYER:
      layer(record, load<u32>(order, 48), re, im, load<u32>(order, 32), load<u32>(order, 36), order + 64, from, to, area);
      break;
    case FLIP:
      flip(re, bits, record, from, to);
      flip(im, bits, record, from, to);
      break;
    default:
      unreachable();
  }
}

// Gates on blocks that are made of 2^m rows of 2^low contiguous amplitudes each; the rows differ in the m index bits
// listed at `high`, ascending. A block is copied to `scratch` (real, then imaginary parts) and back.
function gathered(
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
  const row: usize = (<usize>1) << (low + REAL_BITS);
  const size: usize = row << m;
  const sr = scratch,
    si = scratch + size + 4096 + 64;
  for (let b: u32 = from; b < to; b++) {
    const base = insertZeros(b << low, m, high);
    for (let k: u32 = 0; k < 1 << m; k++) {
      const at = (<usize>rowIndex(base, k, m, high)) << REAL_BITS;
      memory.copy(sr + row * k, re + at, row);
      memory.copy(si + row * k, im + at, row);
    }
    applyAll(sr, si, low + m, program, count);
    for (let k: u32 = 0; k < 1 << m; k++) {
      const at = (<usize>rowIndex(base, k, m, high)) << REAL_BITS;
      memory.copy(re + at, sr + row * k, row);
      memory.copy(im + at, si + row * k, row);
    }
  }
}

// Amplitude i goes to i xor `mask`. With a mask above the lanes, `from` and `to` count pairs of vectors.
function flip(base: usize, bits: u32, mask: usize, from: u32, to: u32): void {
  const lanes = <u32>mask & ((1 << LANE_BITS) - 1),
    vectors = <u32>mask >> LANE_BITS;
  if (vectors == 0) {
    for (let v = from; v < to; v++)
      v128.store(base + (<usize>v << 4), flipLanes(v128.load(base + (<usize>v << 4)), lanes));
    return;
  }
  const low: u32 = ((<u32>1) << (31 - clz(vectors))) - 1;
  for (let v = from; v < to; v++) {
    const x = ((v & ~low) << 1) | (v & low),
      a = base + (<usize>x << 4),
      b = base + (<usize>(x ^ vectors) << 4);
    const moved = flipLanes(v128.load(a), lanes);
    v128.store(a, flipLanes(v128.load(b), lanes));
    v128.store(b, moved);
  }
}

@inline
function flipLanes(v: v128, lanes: u32): v128 {
  const x = lanes & 1 ? near(v) : v;
  return lanes & 2 ? far(x) : x;
}
