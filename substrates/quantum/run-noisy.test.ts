import { ArqonError } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import type { Circuit } from "./circuit.ts";
import {
  confusion,
  depolarizing,
  deviceNoise,
  estimateNoisyCircuit,
  type NoiseModel,
  NoiseModelBuilder,
  noisyDistribution,
  noisyExpectations,
  parseQasm2,
  runNoisyCircuit,
} from "./index.ts";

const qasm = (body: string): Circuit => parseQasm2(`OPENQASM 2.0; include "qelib1.inc"; ${body}`, "t");
const noise = new NoiseModelBuilder("d")
  .after("cx", depolarizing(0.1, 2))
  .readout(confusion(0.01, 0.03))
  .build();
const ghz = (n: number): Circuit =>
  qasm(
    `qreg q[${n}]; creg c[${n}]; h q[0]; ${Array.from({ length: n - 1 }, (_, q) => `cx q[${q}],q[${q + 1}];`).join("")} measure q->c;`,
  );
const refusal = (make: () => unknown): ArqonError => {
  try {
    make();
  } catch (error) {
    if (error instanceof ArqonError) return error;
  }
  throw new Error("not refused");
};

describe("running a circuit with noise", () => {
  test("a small circuit is run as a density matrix, a wide one by trajectories, and the reason is said", () => {
    const small = runNoisyCircuit(ghz(3), { shots: 5000, seed: 1n, noise });
    expect(small.method).toBe("density");
    expect(small.reason).toMatch(/^estimated faster: density .* ms, trajectories .* ms$/);
    const wide = runNoisyCircuit(ghz(16), { shots: 50, seed: 1n, noise });
    expect(wide.method).toBe("trajectories");
    expect([...wide.counts.values()].reduce((a, b) => a + b)).toBe(50);
  });

  test("a seed gives the same counts again, another seed others", () => {
    for (const method of ["density", "trajectories"] as const) {
      const run = (seed: bigint): unknown => [
        ...runNoisyCircuit(ghz(4), { shots: 2000, seed, noise, method }).counts,
      ];
      expect(run(7n)).toEqual(run(7n));
      expect(run(7n)).not.toEqual(run(8n));
    }
  });

  test("golden counts: the same on any machine", () => {
    const circuit = qasm(
      "qreg q[3]; creg c[2]; creg d[3]; h q[0]; cx q[0],q[1]; measure q[0]->c[0]; if(c==1) cx q[1],q[2]; reset q[0]; ry(0.7) q[0]; cx q[0],q[2]; measure q->d;",
    );
    const run = (method: "density" | "trajectories"): string =>
      [...runNoisyCircuit(circuit, { shots: 500, seed: 0x2an, noise, method }).counts].join(" ");
    expect(run("density")).toBe(
      "000 00,193 000 01,28 001 00,4 001 01,2 010 00,21 010 01,20 011 00,1 011 01,15 100 00,5 100 01,7 101 00,30 101 01,2 110 01,161 111 00,1 111 01,10",
    );
    expect(run("trajectories")).toBe(
      "000 00,187 000 01,20 001 00,5 001 01,2 010 00,17 010 01,16 011 00,1 011 01,35 100 00,5 100 01,13 101 00,31 101 01,3 110 00,1 110 01,155 111 00,3 111 01,6",
    );
  });

  test("over the limits another method is taken, or the run is refused with figures", () => {
    const limits = { memoryBytes: 2 ** 21 };
    expect(runNoisyCircuit(ghz(10), { shots: 20, seed: 1n, noise, limits }).reason).toMatch(
      /^(density is over|estimated faster)/,
    );
    for (const options of [{ method: "density" as const }, { method: "density" as const, limits }]) {
      const error = refusal(() => runNoisyCircuit(ghz(13), { shots: 20, seed: 1n, noise, ...options }));
      expect(error.code).toBe("QUANTUM_TOO_LARGE");
      expect(error.message).toContain("13 qubits over the limit of 12");
    }
    expect(refusal(() => runNoisyCircuit(ghz(60), { shots: 1, seed: 1n, noise })).code).toBe(
      "QUANTUM_TOO_LARGE",
    );
    expect(refusal(() => runNoisyCircuit(ghz(3), { shots: 1e9, seed: 1n, noise })).code).toBe(
      "LIMIT_EXCEEDED",
    );
    expect(refusal(() => noisyDistribution(ghz(13), noise)).code).toBe("QUANTUM_TOO_LARGE");
    expect(Number.isFinite(estimateNoisyCircuit(ghz(3000), noise, 1).trajectories.timeMs)).toBe(true);
  });

  test("a gate without calibration is warned of, an excluded one and a missing qubit are refused", () => {
    const model: NoiseModel = deviceNoise(
      {
        schema: "arqonbus.calibration.v1",
        device: "tiny",
        qubits: [0, 1, 2].map(() => ({ t1Ns: 50_000, t2Ns: 60_000, p1Given0: 0.01, p0Given1: 0.02 })),
        gates: [
          { gate: "sx", qubits: [0], error: 1e-3, durationNs: 35 },
          { gate: "cx", qubits: [0, 1], error: 0.01, durationNs: 300 },
          { gate: "cx", qubits: [1, 2], error: 1, durationNs: 300 },
        ],
      },
      { idle: true },
    );
    const run = (body: string): readonly string[] =>
      runNoisyCircuit(qasm(body), { shots: 10, seed: 1n, noise: model }).warnings;
    expect(run("qreg q[2]; creg c[1]; sx q[0]; cx q[0],q[1]; measure q[0]->c[0];")).toEqual([]);
    expect(run("qreg q[2]; creg c[1]; h q[1]; sx q[0]; measure q[0]->c[0];")).toEqual([
      "tiny says nothing about h 1: run without noise there",
    ]);
    const error = refusal(() => run("qreg q[3]; cx q[1],q[2];"));
    expect([error.code, error.message]).toEqual([
      "CALIBRATION_REFUSED",
      "t uses cx on 1, 2, which tiny excludes: gate error 1, a placeholder",
    ]);
    expect(refusal(() => run("qreg q[4]; x q[3];")).code).toBe("CALIBRATION_INVALID");
  });

  test("cancelling stops both methods, progress never falls and ends at 1", () => {
    for (const method of ["density", "trajectories"] as const) {
      const seen: number[] = [];
      runNoisyCircuit(ghz(4), { shots: 300, seed: 1n, noise, method, onProgress: (part) => seen.push(part) });
      expect(seen.at(-1)).toBe(1);
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      expect(
        refusal(() =>
          runNoisyCircuit(ghz(4), { shots: 300, seed: 1n, noise, method, isCancelled: () => true }),
        ).code,
      ).toBe("CANCELLED");
    }
  });

  test("expectation values by hand: each depolarised pair shrinks, an untouched qubit is |0>", () => {
    const circuit = qasm("qreg q[4]; h q[1]; cx q[1],q[3];");
    const values = noisyExpectations(circuit, noise, [
      "ZIZI",
      "XIXI",
      "YIYI",
      "IZII",
      "IXII",
      "IIII",
      "ZZZI",
    ]);
    for (const [k, wanted] of [0.9, 0.9, -0.9, 1, 0, 1, 0.9].entries())
      expect(values[k]).toBeCloseTo(wanted, 13);
    expect(() => noisyExpectations(circuit, noise, ["ZZ"])).toThrow(
      expect.objectContaining({ code: "USAGE" }),
    );
    expect(() =>
      noisyExpectations(qasm("qreg q[1]; creg c[1]; measure q[0]->c[0]; x q[0];"), noise, ["Z"]),
    ).toThrow(expect.objectContaining({ code: "QASM_UNSUPPORTED" }));
  });

  test("an exact distribution has readout errors and sums to 1", () => {
    const exact = noisyDistribution(ghz(2), noise);
    expect([...exact.values()].reduce((a, b) => a + b)).toBeCloseTo(1, 13);
    expect(exact.get("00")).toBeCloseTo(
      0.475 * 0.99 * 0.99 + 0.475 * 0.03 * 0.03 + 2 * 0.025 * 0.99 * 0.03,
      13,
    );
  });
});
