/** The complex arithmetic of compiling; only the four operations and square roots, so every machine gives the same bits. */

export type Complex = readonly [re: number, im: number];

export const ONE: Complex = [1, 0];

export function times([ar, ai]: Complex, [br, bi]: Complex): Complex {
  return [ar * br - ai * bi, ar * bi + ai * br];
}

/** a times the conjugate of b: the quotient, where b is a unit. */
export function over([ar, ai]: Complex, [br, bi]: Complex): Complex {
  return [ar * br + ai * bi, ai * br - ar * bi];
}

export function size([re, im]: Complex): number {
  return Math.sqrt(re * re + im * im);
}

export function scaled([re, im]: Complex, by: number): Complex {
  return [re * by, im * by];
}

/** The unit in the direction of `a`; 1 for 0. */
export function direction(a: Complex): Complex {
  const length = size(a);
  return length === 0 ? ONE : [a[0] / length, a[1] / length];
}

/** A square root. */
export function root([re, im]: Complex): Complex {
  const length = size([re, im]);
  const real = Math.sqrt((length + Math.abs(re)) / 2);
  if (real === 0) return [0, 0];
  const other = Math.abs(im) / (2 * real);
  const [a, b] = re >= 0 ? [real, other] : [other, real];
  return [a, im < 0 ? -b : b];
}
