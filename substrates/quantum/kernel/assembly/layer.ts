// A layer on blocks of neighbouring amplitudes: a diagonal, then rotations of the positions below the block's size.
//
// The diagonal is a product of terms, each a unit complex number that counts where the bits of a mask have a value:
// terms within a block are a table, terms above it one factor a block, and those that reach across become, for a given
// block, one factor for each position below.
//
// Record of a layer, 128 bytes:
//   0 flags (1 diagonal, 2 lanes turn, 4 terms reach across, 8 also to positions within a row)   4 bits of a block
//   8 table terms: count, address   16 terms above: count, address   24 terms across: count, address
//   32 passes: count, address   40 constant factor re, im (f64)   56 t of the lanes (f64 each)
// A term is 32 bytes: 0 mask   4 value   8 position   12 kind   16 re, im (f64). Of the table: kind 0 doubles it by the
// position, kind 1 is a pair: `mask` the lower position, `value` its bit and twice the bit of `position`.

import { PASS, turnBlock } from "./turn";
import { add, far, LANE_BITS, mul, near, REAL_BITS, splat, sub } from "./vector";

const TERM: usize = 32;
// Amplitudes of a row of a block, log2: factors above it are one number a row.
const ROW_BITS: u32 = 6;
// Keeps real and imaginary parts from sharing cache sets.
const SKEW: usize = 4096 + 64;

// Layout of a thread's own area for blocks of 2^bits.
@inline
function tableIm(bits: u32): usize {
  return ((<usize>8) << bits) + SKEW;
}

@inline
function narrow(bits: u32): usize {
  return 2 * tableIm(bits);
}

// Table of the terms within a block, in f64: entries are doubled position by position.
function buildTable(area: usize, record: usize): void {
  const bits = load<u32>(record, 4),
    im = area + tableIm(bits);
  store<f64>(area, 1);
  store<f64>(im, 0);
  let term: usize = load<u32>(record, 12);
  for (let k: u32 = 0, n = load<u32>(record, 8); k < n; k++, term += TERM) {
    const q = load<u32>(term, 8),
      half: usize = (<usize>8) << q,
      cr = load<f64>(term, 16),
      ci = load<f64>(term, 24);
    if (load<u32>(term, 12) == 0) scaleInto(area, im, area + half, im + half, half, cr, ci);
    else {
      // A pair of positions p < q: runs of 2^p within the half that has the right bit q.
      const value = load<u32>(term, 4),
        run: usize = (<usize>8) << load<u32>(term),
        start: usize = value & 2 ? half : 0;
      for (let o: usize = start + (value & 1 ? run : 0); o < start + half; o += 2 * run)
        scaleInto(area + o, im + o, area + o, im + o, run, cr, ci);
    }
  }
}

function scaleInto(ar: usize, ai: usize, br: usize, bi: usize, bytes: usize, cr: f64, ci: f64): void {
  if (bytes == 8) {
    const x = load<f64>(ar),
      y = load<f64>(ai);
    store<f64>(br, x * cr - y * ci);
    store<f64>(bi, x * ci + y * cr);
    return;
  }
  const vr = f64x2.splat(cr),
    vi = f64x2.splat(ci);
  for (let o: usize = 0; o < bytes; o += 16) {
    const x = v128.load(ar + o),
      y = v128.load(ai + o);
    v128.store(br + o, f64x2.sub(f64x2.mul(x, vr), f64x2.mul(y, vi)));
    v128.store(bi + o, f64x2.add(f64x2.mul(x, vi), f64x2.mul(y, vr)));
  }
}

// The table as Real.
function narrowTable(area: usize, bits: u32): void {
  const to = area + narrow(bits),
    im = (<usize>4 << bits) + SKEW;
  for (let part: usize = 0; part < 2; part++) {
    const src = area + part * tableIm(bits),
      dst = to + part * im;
    for (let i: usize = 0; i < (<usize>1) << bits; i += 2) {
      const v = v128.load(src + (i << 3));
      store<f32>(dst + (i << 2), <f32>f64x2.extract_lane(v, 0));
      store<f32>(dst + (i << 2), <f32>f64x2.extract_lane(v, 1), 4);
    }
  }
}

// Serial number of the order the table in this thread's area was built for.
let built: u32 = 0;
let phaseRe: f64 = 1;
let phaseIm: f64 = 0;

@inline
function turnPhase(cr: f64, ci: f64): void {
  const r = phaseRe * cr - phaseIm * ci;
  phaseIm = phaseRe * ci + phaseIm * cr;
  phaseRe = r;
}

// Sets the factor of a block, and its factors for each position below at `own` (complex f64, up to 32).
function blockFactors(record: usize, block: u32, own: usize): void {
  phaseRe = load<f64>(record, 40);
  phaseIm = load<f64>(record, 48);
  let term: usize = load<u32>(record, 20);
  for (let k: u32 = 0, n = load<u32>(record, 16); k < n; k++, term += TERM)
    if ((block & load<u32>(term)) == load<u32>(term, 4)) turnPhase(load<f64>(term, 16), load<f64>(term, 24));
  const across = load<u32>(record, 24);
  if (!across) return;
  for (let q: u32 = 0; q < load<u32>(record, 4); q++) {
    store<f64>(own + (<usize>q << 4), 1);
    store<f64>(own + (<usize>q << 4), 0, 8);
  }
  term = load<u32>(record, 28);
  for (let k: u32 = 0; k < across; k++, term += TERM)
    if ((block & load<u32>(term)) == load<u32>(term, 4)) {
      const at = own + (<usize>load<u32>(term, 8) << 4),
        cr = load<f64>(term, 16);
      let ci = load<f64>(term, 24);
      // Kind 1: it counts where the position's bit is 0.
      if (load<u32>(term, 12)) {
        turnPhase(cr, ci);
        ci = -ci;
      }
      const xr = load<f64>(at),
        xi = load<f64>(at, 8);
      store<f64>(at, xr * cr - xi * ci);
      store<f64>(at, xr * ci + xi * cr, 8);
    }
}

// Products of the factors of positions from..to, doubled: complex f64 at `out`, starting with (re, im).
function spread(own: usize, from: u32, to: u32, out: usize, re: f64, im: f64): void {
  store<f64>(out, re);
  store<f64>(out, im, 8);
  for (let q = from; q < to; q++) {
    const cr = load<f64>(own + (<usize>q << 4)),
      ci = load<f64>(own + (<usize>q << 4), 8),
      half: usize = (<usize>16) << (q - from);
    for (let o: usize = 0; o < half; o += 16) {
      const xr = load<f64>(out + o),
        xi = load<f64>(out + o, 8);
      store<f64>(out + half + o, xr * cr - xi * ci);
      store<f64>(out + half + o, xr * ci + xi * cr, 8);
    }
  }
}

// What happens to each vector on its own: `mode` 0 nothing, 1 the table, 2 times the factor of the row, 3 times those of
// the places in a row; then, with `lanes`, the lanes turn. Both are constants at every call.
@inline
function row(
  mode: u32,
  lanes: u32,
  re: usize,
  im: usize,
  tr: usize,
  ti: usize,
  ur: usize,
  ui: usize,
  sr: v128,
  si: v128,
  w0: v128,
  w1: v128,
  bytes: usize,
): void {
  for (let o: usize = 0; o < bytes; o += 16) {
    let x = v128.load(re + o),
      y = v128.load(im + o);
    if (mode > 0) {
      let cr = v128.load(tr + o),
        ci = v128.load(ti + o);
      if (mode > 2) {
        const er = v128.load(ur + o),
          ei = v128.load(ui + o);
        const z = sub(mul(cr, er), mul(ci, ei));
        ci = add(mul(cr, ei), mul(ci, er));
        cr = z;
      }
      if (mode > 1) {
        const z = sub(mul(cr, sr), mul(ci, si));
        ci = add(mul(cr, si), mul(ci, sr));
        cr = z;
      }
      const z = sub(mul(x, cr), mul(y, ci));
      y = add(mul(x, ci), mul(y, cr));
      x = z;
    }
    if (lanes) {
      x = add(x, mul(w0, near(x)));
      y = add(y, mul(w0, near(y)));
      if (sizeof<Real>() == 4) {
        x = add(x, mul(w1, far(x)));
        y = add(y, mul(w1, far(y)));
      }
    }
    v128.store(re + o, x);
    v128.store(im + o, y);
  }
}

/** A layer on blocks from..to; `area` is the thread's own memory, `serial` changes with the record. */
export function layer(
  record: usize,
  serial: u32,
  re: usize,
  im: usize,
  from: u32,
  to: u32,
  area: usize,
): void {
  if (from >= to) return;
  const flags = load<u32>(record),
    bits = load<u32>(record, 4),
    diagonal = flags & 1,
    lanes = flags & 2,
    across = flags & 4,
    inner = flags & 8,
    block: usize = (<usize>1) << (bits + REAL_BITS),
    vectors: usize = (<usize>1) << (bits - LANE_BITS);
  let tr = area,
    ti = area + tableIm(bits);
  if (diagonal) {
    if (built != serial) {
      buildTable(area, record);
      if (sizeof<Real>() == 4) narrowTable(area, bits);
      built = serial;
    }
    if (sizeof<Real>() == 4) {
      tr = area + narrow(bits);
      ti = tr + (<usize>4 << bits) + SKEW;
    }
  }
  // After the tables: factors of positions (32 x 16 bytes), of a row's places, of rows, and the places' as Real.
  const own = area + (sizeof<Real>() == 4 ? 3 : 2) * tableIm(bits) + SKEW,
    places = own + 512,
    ur = places + (<usize>16 << ROW_BITS),
    ui = ur + (<usize>8 << ROW_BITS),
    rows = ui + (<usize>8 << ROW_BITS);
  const p0 = load<f64>(record, 56),
    p1 = load<f64>(record, 64);
  let w0 = splat(p0),
    w1 = splat(p1);
  if (sizeof<Real>() == 4) {
    w0 = f32x4.replace_lane(f32x4.replace_lane(w0, 0, <f32>-p0), 2, <f32>-p0);
    w1 = f32x4.replace_lane(f32x4.replace_lane(w1, 0, <f32>-p1), 1, <f32>-p1);
  } else w0 = f64x2.replace_lane(w0, 0, -p0);
  const passes = load<u32>(record, 32),
    passAt: usize = load<u32>(record, 36);
  for (let b = from; b < to; b++) {
    const r = re + <usize>b * block,
      i = im + <usize>b * block;
    if (diagonal) {
      blockFactors(record, b, own);
      const rowBits: u32 = across ? min(ROW_BITS, bits) : bits,
        bytes: usize = (<usize>1) << (rowBits + REAL_BITS),
        count: usize = (<usize>1) << (bits - rowBits);
      if (across) {
        spread(own, rowBits, bits, rows, phaseRe, phaseIm);
        if (inner) {
          spread(own, 0, rowBits, places, 1, 0);
          for (let k: usize = 0; k < (<usize>1) << rowBits; k++) {
            store<Real>(ur + (k << REAL_BITS), <Real>load<f64>(places + (k << 4)));
            store<Real>(ui + (k << REAL_BITS), <Real>load<f64>(places + (k << 4), 8));
          }
        }
      }
      for (let k: usize = 0; k < count; k++) {
        const o = k * bytes,
          fr = across ? load<f64>(rows + (k << 4)) : phaseRe,
          fi = across ? load<f64>(rows + (k << 4), 8) : phaseIm,
          sr = splat(fr),
          si = splat(fi);
        if (inner) {
          if (lanes) row(3, 1, r + o, i + o, tr + o, ti + o, ur, ui, sr, si, w0, w1, bytes);
          else row(3, 0, r + o, i + o, tr + o, ti + o, ur, ui, sr, si, w0, w1, bytes);
        } else if (fr == 1 && fi == 0) {
          if (lanes) row(1, 1, r + o, i + o, tr + o, ti + o, ur, ui, sr, si, w0, w1, bytes);
          else row(1, 0, r + o, i + o, tr + o, ti + o, ur, ui, sr, si, w0, w1, bytes);
        } else if (lanes) row(2, 1, r + o, i + o, tr + o, ti + o, ur, ui, sr, si, w0, w1, bytes);
        else row(2, 0, r + o, i + o, tr + o, ti + o, ur, ui, sr, si, w0, w1, bytes);
      }
    } else if (lanes) row(0, 1, r, i, tr, ti, ur, ui, w0, w0, w0, w1, block);
    for (let k: u32 = 0; k < passes; k++) {
      const pass = passAt + <usize>k * PASS;
      turnBlock(r, vectors, pass);
      turnBlock(i, vectors, pass);
    }
  }
}
