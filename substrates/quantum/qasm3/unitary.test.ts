import { multiply } from "@arqon/core/math";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anglesOf, oneQubitMatrix, turned } from "./unitary.ts";

test("the angles of a unitary give it back also where entries are hardly more than roundings", () => {
  const angle = fc.double({ min: -7, max: 7, noNaN: true });
  const small = fc.integer({ min: 1, max: 15 }).map((digits) => 10 ** -digits);
  const theta = fc.oneof(
    angle,
    small,
    small.map((by) => Math.PI - by),
  );
  fc.assert(
    fc.property(theta, angle, angle, fc.array(angle, { maxLength: 4 }), (first, phi, lambda, on) => {
      // There and back leaves the roundings of several products.
      let matrix = oneQubitMatrix("u3", [first, phi, lambda]);
      for (const each of on) matrix = multiply(oneQubitMatrix("u3", [each, lambda, phi]), matrix, 2);
      for (const each of on.toReversed())
        matrix = multiply(oneQubitMatrix("u3", [-each, -phi, -lambda]), matrix, 2);
      const { gamma, ...angles } = anglesOf(matrix);
      const again = turned(oneQubitMatrix("u", [angles.theta, angles.phi, angles.lambda]), gamma);
      for (const [k, value] of again.entries())
        expect(Math.abs(value - (matrix[k] as number))).toBeLessThan(2e-12);
    }),
    { numRuns: 500, seed: 8 },
  );
});
