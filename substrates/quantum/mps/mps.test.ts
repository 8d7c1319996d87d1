import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GATES } from "../gates/table.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import { oracle } from "../simulate/oracle.ts";
import { prepare } from "../simulate/program.ts";
import { runBranches, runShots } from "../simulate/shots.ts";
import { MPS_DEFAULTS, Mps } from "./mps.ts";

const HEAD = 'OPENQASM 2.0; include "qelib1.inc"; ';
const program = (text: string) => prepare(parseQasm2(HEAD + text, "t"));

const gate = (qubits: number) =>
  fc
    .tuple(
      fc.constantFrom(...GATES),
      fc.array(fc.double({ min: -7, max: 7, noNaN: true }), { minLength: 4, maxLength: 4 }),
      fc.shuffledSubarray([...Array(qubits).keys()], { minLength: 5 }),
    )
    .map(([{ name, qubits: n, parameters }, angles, order]) => {
      const list = angles.slice(0, parameters.length).map((a) => a.toFixed(9));
      return `${name}${list.length > 0 ? `(${list.join()})` : ""} ${order
        .slice(0, n)
        .map((q) => `q[${q}]`)
        .join()};`;
    });

describe("a matrix product state", () => {
  test("has the statevector's amplitudes and expectation values, for every gate between any qubits", () => {
    fc.assert(
      fc.property(
        fc.array(gate(6), { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }),
        (lines, paulis) => {
          const p = program(`qreg q[6]; ${lines.join("")}`);
          const mps = new Mps(p, MPS_DEFAULTS);
          const state = oracle(p);
          for (const step of p.steps) {
            if (step.kind !== "gates") throw new Error("gates only");
            mps.apply(step.instructions, () => {});
            state.apply(step.instructions, () => {});
          }
          // Up to the global phase that definitions of large gates may differ by.
          let [overlapRe, overlapIm, norm] = [0, 0, 0];
          for (let i = 0; i < 2 ** p.width; i++) {
            const [re, im] = mps.amplitude((position) => (i >> position) & 1);
            overlapRe += re * (state.re[i] as number) + im * (state.im[i] as number);
            overlapIm += re * (state.im[i] as number) - im * (state.re[i] as number);
            norm += re * re + im * im;
          }
          expect(Math.hypot(overlapRe, overlapIm)).toBeCloseTo(1, 11);
          expect(norm).toBeCloseTo(1, 11);
          expect(mps.mostDiscarded).toBeLessThan(1e-13);
          const matrices = ["x", "y", "z"].map((name) => GATES.find((g) => g.name === name)?.matrix([]));
          const value = mps.expectation((position) => matrices[(paulis[position] as number) - 1]);
          expect(value).toBeCloseTo(expectationOf(state, paulis.slice(0, p.width)), 11);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("has the statevector's counts, shot for shot, with measurements, resets and conditions on the way", () => {
    const text = `qreg q[4]; creg c[2]; creg d[4]; h q; ry(0.9) q[1]; cx q[0],q[1]; measure q[0]->c[0]; if(c==1) ry(1.1) q[1];
      cx q[1],q[2]; measure q[1]->c[1]; h q[0]; reset q[0]; rx(0.4) q[0]; if(c==2) h q[2]; cx q[2],q[3]; u3(1,2,3) q[3]; measure q->d;`;
    const p = program(text);
    const options = { shots: 2000, seed: 5n, maxSnapshots: 4, progress: () => {} };
    const sorted = (counts: Map<string, number>) => [...counts].sort();
    const ours = sorted(runBranches(p, new Mps(p, MPS_DEFAULTS), options));
    expect(ours).toEqual(sorted(runShots(p, oracle(p), options)));
    expect(ours.length).toBeGreaterThan(20);
  });

  test("of 100 qubits in a chain is exact where the bonds suffice", () => {
    const n = 100;
    const lines = Array.from(
      { length: n - 1 },
      (_, i) => `ry(${(0.3 + 0.01 * (i + 1)).toFixed(2)}) q[${i + 1}]; cx q[${i}],q[${i + 1}];`,
    );
    const p = program(`qreg q[${n}]; ry(0.3) q[0]; ${lines.join("")}`);
    const mps = new Mps(p, MPS_DEFAULTS);
    for (const step of p.steps) if (step.kind === "gates") mps.apply(step.instructions, () => {});
    expect(mps.largestBond).toBe(2);
    // A product of independent angles on the diagonal: <Z_k> = product of cos(angle) up to k.
    let expected = 1;
    const z = GATES.find(({ name }) => name === "z")?.matrix([]);
    for (let k = 0; k < n; k++) {
      expected *= Math.cos(0.3 + 0.01 * k);
      const position = p.positions[k];
      expect(mps.expectation((at) => (at === position ? z : undefined))).toBeCloseTo(expected, 12);
    }
  });

  test("tells its loss within a factor of three, wherever it is more than rounding", () => {
    const n = 9;
    let told = 0;
    for (const [angle, far, maxBond] of [
      [0.15, 1, 4],
      [0.4, 1, 3],
      [0.4, 3, 6],
      [0.4, 3, 12],
      [3, 1, 3],
    ] as const) {
      const lines = Array.from({ length: 6 * n }, (_, k) => {
        const [q, b] = [k % n, (k + far) % n];
        return `u3(${k},${k * k},${0.3 * k}) q[${q}]; rzz(${angle * ((k * 0.618) % 1)}) q[${q}],q[${b}];`;
      });
      const p = program(`qreg q[${n}]; ${lines.join("")}`);
      const mps = new Mps(p, { ...MPS_DEFAULTS, maxBond, maxDiscarded: 1 });
      const state = oracle(p);
      for (const step of p.steps)
        if (step.kind === "gates") {
          mps.apply(step.instructions, () => {});
          state.apply(step.instructions, () => {});
        }
      let [re, im] = [0, 0];
      for (let i = 0; i < 2 ** n; i++) {
        const [x, y] = mps.amplitude((position) => (i >> position) & 1);
        re += x * (state.re[i] as number) + y * (state.im[i] as number);
        im += x * (state.im[i] as number) - y * (state.re[i] as number);
      }
      const lost = 1 - (re * re + im * im);
      if (mps.mostDiscarded < 1e-12 && lost < 1e-11) continue;
      told++;
      expect(lost / mps.mostDiscarded).toBeGreaterThan(1 / 3);
      expect(lost / mps.mostDiscarded).toBeLessThan(3);
    }
    expect(told).toBeGreaterThan(2);
  });

  test("that would lose too much is refused, with the figures", () => {
    const n = 14;
    const layer = (l: number) =>
      `${Array.from({ length: n }, (_, q) => `u3(${q + l + 0.3},${q * l + 0.7},0.2) q[${q}];`).join("")}${Array.from({ length: n / 2 - (l % 2) }, (_, k) => `cx q[${2 * k + (l % 2)}],q[${2 * k + 1 + (l % 2)}];`).join("")}`;
    const p = program(`qreg q[${n}]; ${Array.from({ length: 16 }, (_, l) => layer(l)).join("")}`);
    const mps = new Mps(p, { ...MPS_DEFAULTS, maxBond: 8 });
    const run = () => {
      for (const step of p.steps) if (step.kind === "gates") mps.apply(step.instructions, () => {});
    };
    expect(run).toThrow(
      expect.objectContaining({
        code: "QUANTUM_TOO_LARGE",
        message: expect.stringMatching(/bonds of 8: about \d\.\de-\d/),
      }),
    );
    expect(mps.largestBond).toBe(8);
  });
});

function expectationOf(state: { re: Float64Array; im: Float64Array }, paulis: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < 2 ** paulis.length; i++) {
    let [to, phase] = [i, 0];
    paulis.forEach((p, q) => {
      const bit = (i >> q) & 1;
      if (p === 1 || p === 2) to ^= 1 << q;
      if (p === 2) phase += bit ? 3 : 1;
      if (p === 3 && bit) phase += 2;
    });
    const [c, s] = [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ][phase & 3] as [number, number];
    const [xr, xi] = [state.re[i] as number, state.im[i] as number];
    const [yr, yi] = [c * xr - s * xi, c * xi + s * xr];
    sum += (state.re[to] as number) * yr + (state.im[to] as number) * yi;
  }
  return sum;
}
