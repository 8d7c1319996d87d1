// What a diagonal does above its table: for a given table's place, one factor of all of it and, from terms that reach
// across, one for each position below.
import { TABLE_BITS, TERM } from "./table";

export let phaseRe: f64 = 1;
export let phaseIm: f64 = 0;

@inline
function turnPhase(cr: f64, ci: f64): void {
  const r = phaseRe * cr - phaseIm * ci;
  phaseIm = phaseRe * ci + phaseIm * cr;
  phaseRe = r;
}

// Sets the factor of table `number`, and its factors for each position below at `own` (complex f64).
export function tableFactors(record: usize, number: u32, own: usize): void {
  phaseRe = load<f64>(record, 64);
  phaseIm = load<f64>(record, 72);
  let term: usize = load<u32>(record, 20);
  for (let k: u32 = 0, n = load<u32>(record, 16); k < n; k++, term += TERM)
    if ((number & load<u32>(term)) == load<u32>(term, 4)) turnPhase(load<f64>(term, 16), load<f64>(term, 24));
  const across = load<u32>(record, 24);
  if (!across) return;
  for (let q: u32 = 0; q < min(TABLE_BITS, load<u32>(record, 4)); q++) {
    store<f64>(own + (<usize>q << 4), 1);
    store<f64>(own + (<usize>q << 4), 0, 8);
  }
  term = load<u32>(record, 28);
  for (let k: u32 = 0; k < across; k++, term += TERM)
    if ((number & load<u32>(term)) == load<u32>(term, 4)) {
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
export function spread(own: usize, from: u32, to: u32, out: usize, re: f64, im: f64): void {
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
