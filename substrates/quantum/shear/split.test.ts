import { multiply } from "@arqon/core/math";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CircuitBuilder } from "../circuit.ts";
import { GATES, gateCode } from "../gates/table.ts";
import { statevector } from "../run.ts";
import { type Complex, scaled, times } from "./complex.ts";
import { split } from "./split.ts";

const u3 = (...angles: readonly number[]) =>
  (GATES[gateCode("u3") as number] as (typeof GATES)[number]).matrix(angles);

test("a unitary is its parts also where entries are hardly more than roundings", () => {
  const angle = fc.double({ min: -7, max: 7, noNaN: true });
  const small = fc.double({ min: 1e-16, max: 1e-7, noNaN: true });
  const near = fc.tuple(fc.constantFrom(0, Math.PI / 2, Math.PI), small).map(([at, by]) => at + by);
  fc.assert(
    fc.property(
      fc.oneof(angle, near),
      angle,
      angle,
      fc.array(angle, { maxLength: 6 }),
      (theta, phi, lambda, on) => {
        // There and back leaves the roundings of many products.
        let m = u3(theta, phi, lambda);
        for (const each of on) m = multiply(u3(each, phi, lambda), m, 2);
        for (const each of on.reverse()) m = multiply(u3(-each, -lambda, -phi), m, 2);
        const { left, right, cosine, sine } = split(m);
        const turn = [cosine, -sine, sine, cosine];
        for (const [k, factor] of turn.entries()) {
          const product = scaled(times(left[k >> 1] as Complex, right[k & 1] as Complex), factor);
          expect(product[0]).toBeCloseTo(m[2 * k] as number, 13);
          expect(product[1]).toBeCloseTo(m[2 * k + 1] as number, 13);
        }
      },
    ),
    { numRuns: 300, seed: 6 },
  );
});

test("gates that leave only an exchange, but for their roundings, leave its phases", () => {
  const out = new CircuitBuilder("there and back");
  const qubits = 12;
  out.qreg("q", qubits);
  for (let layer = 0; layer < 6; layer++) {
    const link = () => {
      for (let q = layer % 2; q + 1 < qubits; q += 2) out.gate("cz", [], [q, q + 1]);
    };
    for (let q = 0; q < qubits; q++) out.gate("u3", [0.7 + layer + q, 1.1 * q, 0.4 * layer], [q]);
    link();
    for (let q = 0; q < qubits; q++) {
      out.gate("x", [], [q]);
      for (let k = 0; k < 20; k++) out.gate("u3", [k + q, 0.3 * k, 1.7 * q + k], [q]);
      for (let k = 19; k >= 0; k--) out.gate("u3", [-k - q, -1.7 * q - k, -0.3 * k], [q]);
    }
    link();
  }
  const circuit = out.build();
  const [plain, fast] = [statevector(circuit, "oracle"), statevector(circuit, "fast")];
  const apart = (a: Float64Array, b: Float64Array) =>
    a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] as number))), 0);
  expect(apart(plain.re, fast.re)).toBeLessThan(1e-12);
  expect(apart(plain.im, fast.im)).toBeLessThan(1e-12);
});
