import fc from "fast-check";
import { expect, test } from "vitest";
import { gateCode } from "../gates/table.ts";
import { cliffordSteps } from "./clifford.ts";
import { OP, Tableau } from "./tableau.ts";

/** Whether two generators anticommute: rows as numbers, destabilisers first. */
function anticommute(t: Tableau, a: number, b: number): number {
  const bit = (part: Uint32Array, q: number, row: number): number => {
    const [half, r] = row < t.qubits ? [0, row] : [t.half, row - t.qubits];
    return ((part[q * 2 * t.half + half + (r >>> 5)] as number) >>> (r & 31)) & 1;
  };
  let sum = 0;
  for (let q = 0; q < t.qubits; q++)
    sum ^= (bit(t.x, q, a) & bit(t.z, q, b)) ^ (bit(t.z, q, a) & bit(t.x, q, b));
  return sum;
}

test("generators keep their commutation relations under gates, measurements and corrections", () => {
  const move = fc.tuple(fc.integer({ min: 0, max: 10 }), fc.nat(999), fc.nat(999));
  fc.assert(
    fc.property(fc.constantFrom(1, 5, 33, 40), fc.array(move, { maxLength: 60 }), (n, moves) => {
      const t = new Tableau(n, moves.length);
      for (const [op, first, second] of moves) {
        const a = first % n;
        const b = (a + 1 + (second % Math.max(1, n - 1))) % n;
        if (op >= 9) t.applyWhen(OP.x, a, t.measure(a).outcome);
        else if (op === 8) t.measure(a);
        else if (op < 5 || n > 1) t.apply(op, a, b);
      }
      for (let i = 0; i < 2 * n; i++)
        for (let j = 0; j < i; j++) expect(anticommute(t, i, j)).toBe(i === j + n ? 1 : 0);
    }),
    { numRuns: 60 },
  );
});

test("a qubit measured twice says the same, and one that was corrected by its outcome is 0", () => {
  const t = new Tableau(70, 70);
  for (let q = 0; q < 70; q++) t.apply(OP.h, q, q);
  for (let q = 0; q + 1 < 70; q++) t.apply(OP.cz, q, q + 1);
  const first = Array.from({ length: 70 }, (_, q) => t.measure(q));
  expect(first.every(({ random }) => random)).toBe(true);
  for (const [q, { outcome }] of first.entries()) {
    expect(t.measure(q)).toEqual({ random: false, outcome });
    t.applyWhen(OP.x, q, outcome);
    const { constant, symbols } = t.measure(q).outcome;
    expect([constant, symbols.some((word) => word !== 0)]).toEqual([0, false]);
  }
});

test("a gate is Clifford by what it does: by name, by quarter turns, and by angles that combine to them", () => {
  const is = (name: string, ...turns: number[]): boolean =>
    cliffordSteps(
      gateCode(name) as number,
      turns.map((turn) => turn * Math.PI),
    ) !== undefined;
  for (const name of ["id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cz", "cy", "swap"])
    expect([name, is(name)]).toEqual([name, true]);
  for (const name of ["t", "tdg", "ch", "ccx", "cswap", "csx", "rccx", "c3x"])
    expect([name, is(name)]).toEqual([name, false]);
  expect([
    is("rz", 0.5),
    is("rz", -7.5),
    is("rx", 1),
    is("ry", 1.5),
    is("rxx", 0.5),
    is("rzz", 1),
  ]).not.toContain(false);
  expect([is("cp", 1), is("crz", 1), is("cry", 2), is("u3", 0, 0.25, 0.25)]).not.toContain(false);
  expect([
    is("rz", 0.25),
    is("cp", 0.5),
    is("crx", 0.5),
    is("u2", 0.1, 0),
    is("rz", 0.5 + 1e-9),
  ]).not.toContain(true);
  expect([is("rz", Number.NaN), is("rz", 1e300)]).toEqual([false, false]);
});
