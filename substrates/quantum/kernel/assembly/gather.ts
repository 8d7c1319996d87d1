// Rows far apart as one block, and back: rows differ in the m index bits listed at `high`, ascending.
import { PASS, turnBlock, turnRows } from "./turn";
import { LANE_BITS, REAL_BITS, rowIndex } from "./vector";

// Whether a pass is on the three highest bits of a block, all of which tell rows apart.
@inline
function onRows(bits: u32, m: u32, pass: usize): bool {
  return m >= 3 && load<u32>(pass) == 3 && load<u32>(pass, 4) + LANE_BITS == bits - 3;
}

// Rows of a block to `to`, then the passes of a list (count, address) on it: the last one on the way where it is on rows.
export function gather(from: usize, to: usize, base: u32, bits: u32, m: u32, high: usize, rowBytes: usize, list: usize): void {
  let passes = load<u32>(list);
  const at: usize = load<u32>(list, 4);
  const last = at + <usize>(passes - 1) * PASS;
  if (passes && onRows(bits, m, last)) {
    const n = m - 3,
      d = rowBytes << n;
    for (let k: u32 = 0; k < 1 << n; k++) {
      const row = from + ((<usize>rowIndex(base, k, n, high)) << REAL_BITS);
      turnRows(row, to + rowBytes * k, rowBytes, stride(high, n), stride(high, n + 1), stride(high, n + 2), d, 2 * d, 4 * d, last);
    }
    passes--;
  } else
    for (let k: u32 = 0; k < 1 << m; k++)
      move(to + rowBytes * k, from + ((<usize>rowIndex(base, k, m, high)) << REAL_BITS), rowBytes);
  for (let k: u32 = 0; k < passes; k++) turnBlock(to, rowBytes << m, at + <usize>k * PASS);
}

// And back.
export function scatter(from: usize, to: usize, base: u32, bits: u32, m: u32, high: usize, rowBytes: usize, list: usize): void {
  let passes = load<u32>(list);
  const at: usize = load<u32>(list, 4);
  const last = at + <usize>(passes - 1) * PASS,
    fused = passes && onRows(bits, m, last);
  if (fused) passes--;
  for (let k: u32 = 0; k < passes; k++) turnBlock(from, rowBytes << m, at + <usize>k * PASS);
  if (fused) {
    const n = m - 3,
      d = rowBytes << n;
    for (let k: u32 = 0; k < 1 << n; k++) {
      const row = to + ((<usize>rowIndex(base, k, n, high)) << REAL_BITS);
      turnRows(from + rowBytes * k, row, rowBytes, d, 2 * d, 4 * d, stride(high, n), stride(high, n + 1), stride(high, n + 2), last);
    }
  } else
    for (let k: u32 = 0; k < 1 << m; k++)
      move(to + ((<usize>rowIndex(base, k, m, high)) << REAL_BITS), from + rowBytes * k, rowBytes);
}

@inline
function stride(high: usize, k: u32): usize {
  return (<usize>1) << (load<u32>(high + (<usize>k << 2)) + REAL_BITS);
}

@inline
function move(to: usize, from: usize, bytes: usize): void {
  for (let o: usize = 0; o < bytes; o += 64) {
    const a = v128.load(from + o),
      b = v128.load(from + o, 16),
      c = v128.load(from + o, 32),
      d = v128.load(from + o, 48);
    v128.store(to + o, a);
    v128.store(to + o, b, 16);
    v128.store(to + o, c, 32);
    v128.store(to + o, d, 48);
  }
}
