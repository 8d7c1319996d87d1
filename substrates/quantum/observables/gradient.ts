/** Exact gradients of expectation values from values at shifted angles. */

/**
 * How an angle enters: "two" for a rotation exp(-i angle G / 2) with G^2 = 1 (rx, ry, rz, rxx, rzz, and p up to phase), "four" for
 * a controlled one (crx, cry, crz), whose expectation values have a second frequency.
 */
export type ShiftRule = "two" | "four";

/** Shifts in quarter turns, and weights of f(angle + shift) - f(angle - shift). */
const RULES: Readonly<Record<ShiftRule, readonly (readonly [quarters: number, weight: number])[]>> = {
  two: [[1, 1 / 2]],
  four: [
    [1, (Math.SQRT2 + 1) / (4 * Math.SQRT2)],
    [3, -(Math.SQRT2 - 1) / (4 * Math.SQRT2)],
  ],
};

/**
 * The gradient of an expectation value in its angles; each angle enters one gate only (give a shared one a parameter for each
 * use and add up).
 *
 * @param value  the expectation value at some angles; called 2 times for each "two", 4 times for each "four".
 * @param rules  for each angle; "two" where left out.
 * @source Mitarai et al. 2018, Schuld et al. 2019 ("two"); Anselmetti et al. 2021 ("four")
 */
export function parameterShift(
  value: (angles: Float64Array) => number,
  at: ArrayLike<number>,
  rules: readonly ShiftRule[] = [],
): Float64Array {
  return Float64Array.from(at, (angle, k) => {
    const angles = Float64Array.from(at);
    let sum = 0;
    for (const [quarters, weight] of RULES[rules[k] ?? "two"]) {
      const shift = quarters * (Math.PI / 2);
      angles[k] = angle + shift;
      const above = value(angles);
      angles[k] = angle - shift;
      sum += weight * (above - value(angles));
    }
    return sum;
  });
}
