/** A one-qubit gate as phases, a rotation and phases. */
import type { Matrix } from "@arqon/core/math";
import { type Complex, direction, ONE, over, scaled, size } from "./complex.ts";

/** U[j][k] = left[j] right[k] R[j][k] with R = [[cosine, -sine], [sine, cosine]], both at least 0. */
export interface Split {
  readonly left: readonly [Complex, Complex];
  readonly right: readonly [Complex, Complex];
  readonly cosine: number;
  readonly sine: number;
}

/** Entries smaller than this are roundings of 0. */
const NOTHING = 1e-15;

/** Splits a unitary. */
export function split(m: Matrix): Split {
  const at = (k: number): Complex => [m[2 * k] as number, m[2 * k + 1] as number];
  const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
  const [cosine, sine] = [size(a), size(c)];
  if (sine < NOTHING) return { left: [direction(a), direction(d)], right: [ONE, ONE], cosine: 1, sine: 0 };
  if (cosine < NOTHING)
    return { left: [ONE, direction(c)], right: [ONE, direction(scaled(b, -1))], cosine: 0, sine: 1 };
  const left = [direction(a), direction(c)] as const;
  const length = Math.sqrt(cosine * cosine + sine * sine);
  // A small entry has hardly more than a rounding's direction: the large one of the second column tells.
  const second = cosine >= sine ? over(direction(d), left[1]) : over(direction(scaled(b, -1)), left[0]);
  return { left, right: [ONE, second], cosine: cosine / length, sine: sine / length };
}
