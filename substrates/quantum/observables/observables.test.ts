import fc from "fast-check";
import { expect, test } from "vitest";
import { CircuitBuilder } from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import { runCircuit, statevector } from "../run.ts";
import { applyOne } from "../simulate/oracle.ts";
import {
  basisChange,
  countedExpectation,
  expectation,
  parameterShift,
  pauliExpectation,
  reducedDensity,
} from "./index.ts";

const QUBITS = 4;
function ansatz(angles: ArrayLike<number>): CircuitBuilder {
  const out = new CircuitBuilder("ansatz");
  out.qreg("q", QUBITS);
  for (let q = 0; q < QUBITS; q++) out.gate("ry", [angles[q] as number], [q]);
  out.gate("rxx", [angles[4] as number], [0, 2]);
  out.gate("crx", [angles[5] as number], [1, 3]);
  out.gate("cry", [angles[6] as number], [3, 0]);
  out.gate("rzz", [angles[7] as number], [1, 2]);
  out.gate("crz", [angles[8] as number], [2, 1]);
  out.gate("rx", [angles[9] as number], [1]);
  return out;
}
const ANGLES = [0.3, 1.1, -0.7, 2.2, 0.9, -1.3, 0.4, 1.7, -2.1, 0.6];
const state = statevector(ansatz(ANGLES).build());
const labels = fc
  .array(fc.constantFrom("I", "X", "Y", "Z"), { minLength: QUBITS, maxLength: QUBITS })
  .map((l) => l.join(""));

test("expectation values are those of applying each letter's matrix", () => {
  fc.assert(
    fc.property(labels, (label) => {
      const [re, im] = [state.re.slice(), state.im.slice()];
      for (const [k, letter] of Array.from(label).entries()) {
        const m = GATES.find(({ name }) => name === letter.toLowerCase())?.matrix([]);
        if (m) applyOne(re, im, QUBITS - 1 - k, m);
      }
      const direct = re.reduce(
        (sum, x, i) => sum + x * (state.re[i] as number) + (im[i] as number) * (state.im[i] as number),
        0,
      );
      expect(pauliExpectation(state, label)).toBeCloseTo(direct, 14);
    }),
  );
  expect(pauliExpectation(state, "IIII")).toBeCloseTo(1, 14);
  expect(
    expectation(state, [
      ["ZIII", 2],
      ["IXYI", -0.5],
    ]),
  ).toBeCloseTo(2 * pauliExpectation(state, "ZIII") - 0.5 * pauliExpectation(state, "IXYI"), 14);
  expect(() => pauliExpectation(state, "ZZZ")).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(() => pauliExpectation(state, "ZAZZ")).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("counts in the turned basis give the same within their errors", () => {
  for (const label of ["ZZII", "XXYY", "YIZX", "IIIY"]) {
    const circuit = ansatz(ANGLES);
    circuit.creg("a", 2);
    circuit.creg("b", 2);
    for (const { gate, qubit } of basisChange(label)) circuit.gate(gate, [], [qubit]);
    for (let q = 0; q < QUBITS; q++) circuit.measure(q, q);
    const { counts } = runCircuit(circuit.build(), { shots: 20_000, seed: 8n });
    const { value, standardError, interval } = countedExpectation(counts, label, 0.9999);
    const exact = pauliExpectation(state, label);
    expect(Math.abs(value - exact)).toBeLessThan(4 * standardError);
    expect(interval.low < exact && exact < interval.high).toBe(true);
  }
  expect(
    countedExpectation(
      new Map([
        ["1 0", 3],
        ["0 0", 1],
      ]),
      "ZI",
    ).value,
  ).toBe(-0.5);
  expect(() => countedExpectation(new Map([["10", 1]]), "Z")).toThrow(
    expect.objectContaining({ code: "USAGE" }),
  );
});

test("reduced density matrices have trace 1, are Hermitian, and give the expectation values of their qubits", () => {
  const rho = reducedDensity(state, [2, 0]);
  const [trace, offDiagonal] = [rho[0] as number, rho];
  expect(trace + (rho[10] as number) + (rho[20] as number) + (rho[30] as number)).toBeCloseTo(1, 14);
  for (let r = 0; r < 4; r++)
    for (let c = 0; c < 4; c++) {
      expect(offDiagonal[2 * (4 * r + c)]).toBeCloseTo(offDiagonal[2 * (4 * c + r)] as number, 15);
      expect(offDiagonal[2 * (4 * r + c) + 1]).toBeCloseTo(-(offDiagonal[2 * (4 * c + r) + 1] as number), 15);
    }
  // Bit 0 of the matrix is qubit 2: <X on qubit 2>, <Z on qubit 0>.
  expect(2 * ((rho[2] as number) + (rho[2 * (4 * 2 + 3)] as number))).toBeCloseTo(
    pauliExpectation(state, "IXII"),
    14,
  );
  expect((rho[0] as number) + (rho[10] as number) - (rho[20] as number) - (rho[30] as number)).toBeCloseTo(
    pauliExpectation(state, "IIIZ"),
    14,
  );
  expect(() => reducedDensity(state, [0, 0])).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(() => reducedDensity(state, [4])).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(() => reducedDensity(state, Array(11).fill(0))).toThrow(
    expect.objectContaining({ code: "LIMIT_EXCEEDED" }),
  );
});

test("shifted values give the gradient exactly, of rotations and of controlled ones", () => {
  const value = (angles: Float64Array) =>
    expectation(statevector(ansatz(angles).build()), [
      ["ZZXI", 1],
      ["IYIZ", 0.7],
      ["XIIX", -0.4],
    ]);
  const rules = ANGLES.map((_, k) => ([5, 6, 8].includes(k) ? "four" : "two") as "four" | "two");
  const gradient = parameterShift(value, ANGLES, rules);
  for (const [k, angle] of ANGLES.entries()) {
    const at = (x: number) => value(Float64Array.from(ANGLES, (a, i) => (i === k ? x : a)));
    const h = 1e-3;
    const slope = (8 * (at(angle + h) - at(angle - h)) - (at(angle + 2 * h) - at(angle - 2 * h))) / (12 * h);
    expect(gradient[k]).toBeCloseTo(slope, 10);
  }
  expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0.1);
});
