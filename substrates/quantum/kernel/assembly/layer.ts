// A sweep over blocks: rotations that end a layer, a diagonal, rotations that begin the next layer.
//
// The diagonal is a product of terms, each a unit complex number that counts where the bits of a mask have a value:
// terms within a table's reach are the table, terms above it one factor a table, and those that reach across become, for
// a given table, one factor for each position below.
//
// Record of a sweep, 128 bytes:
//   0 flags (1 diagonal, 2 lanes turn, 4 terms reach across, 8 also to positions within a row)   4 bits of a block
//   8 table terms: count, address   16 terms above: count, address   24 terms across: count, address
//   32 passes before the diagonal within parts: count, address   40 those on whole blocks   48, 56 the same after it
//   64 constant factor re, im (f64)   80 t of the lanes before (f64 each)   96 after
import { phaseIm, phaseRe, spread, tableFactors } from "./factors";
import { gather, scatter } from "./gather";
import { lane, row } from "./row";
import { buildTable, narrow, narrowTable, SKEW, TABLE_BITS, tableIm } from "./table";
import { PASS, turnBlock } from "./turn";
import { insertZeros, REAL_BITS, splat } from "./vector";

// Amplitudes of a row of a block, log2: factors above it are one number a row.
const ROW_BITS: u32 = 6;
// Amplitudes of a part of a block, log2: parts stay in the nearest cache.
const PART_BITS: u32 = 11;

// Serial number of the order the table in this thread's area was built for.
let built: u32 = 0;

/** A sweep over blocks from..to; `area` is the thread's own memory, `serial` changes with the record. */
export function layer(
  record: usize,
  serial: u32,
  re: usize,
  im: usize,
  low: u32,
  m: u32,
  high: usize,
  from: u32,
  to: u32,
  area: usize,
): void {
  if (from >= to) return;
  const flags = load<u32>(record),
    bits = load<u32>(record, 4),
    tableBits = min(TABLE_BITS, bits),
    diagonal = flags & 1,
    lanes = flags & 2,
    across = flags & 4,
    inner = flags & 8,
    block: usize = (<usize>1) << (bits + REAL_BITS),
    table: usize = (<usize>1) << (tableBits + REAL_BITS),
    partBits: u32 = min(PART_BITS, bits),
    part: usize = (<usize>1) << (partBits + REAL_BITS),
    runBits: u32 = across ? min(ROW_BITS, partBits) : partBits,
    run: usize = (<usize>1) << (runBits + REAL_BITS),
    rowBytes: usize = (<usize>1) << (low + REAL_BITS);
  let tr = area,
    ti = area + tableIm(tableBits);
  if (diagonal) {
    if (built != serial) {
      buildTable(area, record);
      if (sizeof<Real>() == 4) narrowTable(area, tableBits);
      built = serial;
    }
    if (sizeof<Real>() == 4) {
      tr = area + narrow(tableBits);
      ti = tr + (<usize>4 << tableBits) + SKEW;
    }
  }
  // After the tables: factors of positions (32 x 16 bytes), of a row's places, of rows, and the places' as Real; then
  // gathered rows.
  const own = area + (sizeof<Real>() == 4 ? 3 : 2) * tableIm(tableBits) + SKEW,
    places = own + 512,
    ur = places + (<usize>16 << ROW_BITS),
    ui = ur + (<usize>8 << ROW_BITS),
    rows = ui + (<usize>8 << ROW_BITS),
    gathered = (rows + (<usize>16 << (TABLE_BITS - ROW_BITS)) + 63) & ~63;
  const w0 = lane(0, load<f64>(record, 80)),
    w1 = lane(1, load<f64>(record, 88)),
    x0 = lane(0, load<f64>(record, 96)),
    x1 = lane(1, load<f64>(record, 104));
  for (let b = from; b < to; b++) {
    const base: u32 = m ? insertZeros(b << low, m, high) : 0,
      r = m ? gathered : re + <usize>b * block,
      i = m ? gathered + block + SKEW : im + <usize>b * block;
    if (m) {
      gather(re, r, base, bits, m, high, rowBytes, record + 40);
      gather(im, i, base, bits, m, high, rowBytes, record + 40);
    } else turnAll(r, i, block, record + 40);
    for (let q: usize = 0; q < block; q += table) {
      if (diagonal) {
        tableFactors(record, (b << (bits - tableBits)) + <u32>(q / table), own);
        if (across) {
          spread(own, runBits, tableBits, rows, phaseRe, phaseIm);
          if (inner) {
            spread(own, 0, runBits, places, 1, 0);
            for (let k: usize = 0; k < (<usize>1) << runBits; k++) {
              store<Real>(ur + (k << REAL_BITS), <Real>load<f64>(places + (k << 4)));
              store<Real>(ui + (k << REAL_BITS), <Real>load<f64>(places + (k << 4), 8));
            }
          }
        }
      }
      for (let p: usize = 0; p < table; p += part) {
        const pr = r + q + p,
          pi = i + q + p;
        turnAll(pr, pi, part, record + 32);
        if (diagonal)
          for (let o: usize = 0; o < part; o += run) {
            const k = rows + (((p + o) / run) << 4),
              fr = across ? load<f64>(k) : phaseRe,
              fi = across ? load<f64>(k, 8) : phaseIm,
              sr = splat(fr),
              si = splat(fi),
              xr = pr + o,
              xi = pi + o,
              cr = tr + p + o,
              ci = ti + p + o;
            if (inner) {
              if (lanes) row(3, 1, xr, xi, cr, ci, ur, ui, sr, si, w0, w1, x0, x1, run);
              else row(3, 0, xr, xi, cr, ci, ur, ui, sr, si, w0, w1, x0, x1, run);
            } else if (fr == 1 && fi == 0) {
              if (lanes) row(1, 1, xr, xi, cr, ci, ur, ui, sr, si, w0, w1, x0, x1, run);
              else row(1, 0, xr, xi, cr, ci, ur, ui, sr, si, w0, w1, x0, x1, run);
            } else if (lanes) row(2, 1, xr, xi, cr, ci, ur, ui, sr, si, w0, w1, x0, x1, run);
            else row(2, 0, xr, xi, cr, ci, ur, ui, sr, si, w0, w1, x0, x1, run);
          }
        else if (lanes) row(0, 1, pr, pi, tr, ti, ur, ui, w0, w0, w0, w1, x0, x1, part);
        turnAll(pr, pi, part, record + 48);
      }
    }
    if (m) {
      scatter(r, re, base, bits, m, high, rowBytes, record + 56);
      scatter(i, im, base, bits, m, high, rowBytes, record + 56);
    } else turnAll(r, i, block, record + 56);
  }
}

// The passes of a list (count, address) on `bytes` of a block.
function turnAll(re: usize, im: usize, bytes: usize, list: usize): void {
  let pass: usize = load<u32>(list, 4);
  for (let k: u32 = 0, n = load<u32>(list); k < n; k++, pass += PASS) {
    turnBlock(re, bytes, pass);
    turnBlock(im, bytes, pass);
  }
}
