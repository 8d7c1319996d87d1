// What happens to each vector on its own, two neighbours at a time (see `turn.ts`): the lanes turn, then comes the factor by
// `mode` (0 none, 1 the table, 2 times the factor of the row, 3 times those of the places in a row), then the lanes turn
// again. `mode` and `lanes` are constants at every call.
import { add, far, mul, near, splat, sub } from "./vector";

@inline
export function row(
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
  before0: v128,
  before1: v128,
  after0: v128,
  after1: v128,
  bytes: usize,
): void {
  for (let o: usize = 0; o < bytes; o += 32) {
    let x0 = v128.load(re + o),
      x1 = v128.load(re + o, 16),
      y0 = v128.load(im + o),
      y1 = v128.load(im + o, 16);
    if (lanes) {
      x0 = add(x0, mul(before0, near(x0)));
      x1 = add(x1, mul(before0, near(x1)));
      y0 = add(y0, mul(before0, near(y0)));
      y1 = add(y1, mul(before0, near(y1)));
      if (sizeof<Real>() == 4) {
        x0 = add(x0, mul(before1, far(x0)));
        x1 = add(x1, mul(before1, far(x1)));
        y0 = add(y0, mul(before1, far(y0)));
        y1 = add(y1, mul(before1, far(y1)));
      }
    }
    if (mode > 0) {
      let c0 = v128.load(tr + o),
        c1 = v128.load(tr + o, 16),
        d0 = v128.load(ti + o),
        d1 = v128.load(ti + o, 16);
      if (mode > 2) {
        const e0 = v128.load(ur + o),
          e1 = v128.load(ur + o, 16),
          f0 = v128.load(ui + o),
          f1 = v128.load(ui + o, 16);
        const z0 = sub(mul(c0, e0), mul(d0, f0)),
          z1 = sub(mul(c1, e1), mul(d1, f1));
        d0 = add(mul(c0, f0), mul(d0, e0));
        d1 = add(mul(c1, f1), mul(d1, e1));
        c0 = z0;
        c1 = z1;
      }
      if (mode > 1) {
        const z0 = sub(mul(c0, sr), mul(d0, si)),
          z1 = sub(mul(c1, sr), mul(d1, si));
        d0 = add(mul(c0, si), mul(d0, sr));
        d1 = add(mul(c1, si), mul(d1, sr));
        c0 = z0;
        c1 = z1;
      }
      const z0 = sub(mul(x0, c0), mul(y0, d0)),
        z1 = sub(mul(x1, c1), mul(y1, d1));
      y0 = add(mul(x0, d0), mul(y0, c0));
      y1 = add(mul(x1, d1), mul(y1, c1));
      x0 = z0;
      x1 = z1;
    }
    if (lanes) {
      x0 = add(x0, mul(after0, near(x0)));
      x1 = add(x1, mul(after0, near(x1)));
      y0 = add(y0, mul(after0, near(y0)));
      y1 = add(y1, mul(after0, near(y1)));
      if (sizeof<Real>() == 4) {
        x0 = add(x0, mul(after1, far(x0)));
        x1 = add(x1, mul(after1, far(x1)));
        y0 = add(y0, mul(after1, far(y0)));
        y1 = add(y1, mul(after1, far(y1)));
      }
    }
    v128.store(re + o, x0);
    v128.store(re + o, x1, 16);
    v128.store(im + o, y0);
    v128.store(im + o, y1, 16);
  }
}

// What the lanes of position 0 or 1 are turned by: negative where their bit is 0.
@inline
export function lane(position: u32, p: f64): v128 {
  let w = splat(p);
  if (sizeof<Real>() == 4) {
    w = f32x4.replace_lane(w, 0, <f32>-p);
    return position ? f32x4.replace_lane(w, 1, <f32>-p) : f32x4.replace_lane(w, 2, <f32>-p);
  }
  return f64x2.replace_lane(w, 0, -p);
}
