/** A one-qubit gate as its eigenvectors and eigenvalues. */
import type { Matrix } from "@arqon/core/math";
import { type Complex, direction, root, scaled, size, times } from "./complex.ts";

/** U = W diag(first, second) W^dagger. */
export interface Eigen {
  readonly vectors: Matrix;
  readonly first: Complex;
  readonly second: Complex;
}

/** Of a unitary with an entry off the diagonal that is more than a rounding. */
export function eigen(m: Matrix): Eigen {
  const at = (k: number): Complex => [m[2 * k] as number, m[2 * k + 1] as number];
  const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
  // Values are the mean of a and d, plus and minus this; written so that nothing cancels where they are close.
  const half: Complex = [(d[0] - a[0]) / 2, (d[1] - a[1]) / 2];
  const [square, product] = [times(half, half), times(b, c)];
  const spread = root([square[0] + product[0], square[1] + product[1]]);
  // (b, value - a) is an eigenvector; the value farther from a gives the more accurate one.
  const [plus, other]: [Complex, Complex] = [
    [half[0] + spread[0], half[1] + spread[1]],
    [half[0] - spread[0], half[1] - spread[1]],
  ];
  const [second, rest] = size(plus) >= size(other) ? [plus, other] : [other, plus];
  const length = size([size(b), size(second)]);
  const [x, y] = [scaled(b, 1 / length), scaled(second, 1 / length)];
  return {
    vectors: Float64Array.of(x[0], x[1], -y[0], y[1], y[0], y[1], x[0], -x[1]),
    first: direction([a[0] + second[0], a[1] + second[1]]),
    second: direction([a[0] + rest[0], a[1] + rest[1]]),
  };
}
