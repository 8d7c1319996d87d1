// The table of a diagonal: the product of the terms within 2^TABLE_BITS neighbours, built by doubling in f64.
//
// A term is 32 bytes: 0 mask   4 value   8 position   12 kind   16 re, im (f64). Of the table: kind 0 doubles it by the
// position, kind 1 is a pair: `mask` the lower position, `value` its bit and twice the bit of `position`.

export const TERM: usize = 32;
// Amplitudes a table covers, log2, at most.
export const TABLE_BITS: u32 = 14;
// Keeps real and imaginary parts from sharing cache sets.
export const SKEW: usize = 4096 + 64;

// Layout of a thread's own area for blocks of 2^bits.
@inline
export function tableIm(bits: u32): usize {
  return ((<usize>8) << bits) + SKEW;
}

@inline
export function narrow(bits: u32): usize {
  return 2 * tableIm(bits);
}

// Table of the terms within a block, in f64: entries are doubled position by position.
export function buildTable(area: usize, record: usize): void {
  const bits = min(TABLE_BITS, load<u32>(record, 4)),
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
export function narrowTable(area: usize, bits: u32): void {
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
