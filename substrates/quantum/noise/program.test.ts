import { describe, expect, test } from "vitest";
import { parseQasm2 } from "../qasm/parser.ts";
import { noisyDistribution, runNoisyCircuit } from "../run-noisy.ts";
import { confusion, NoiseModelBuilder, pauliChannel } from "./index.ts";

const parse = (text: string) => parseQasm2(`OPENQASM 2.0; include "qelib1.inc"; ${text}`, "t");

/** Everything takes 1000 ns; T1 is 1000 ns too, and T2 is 2 T1. */
const waiting = (excited: number) =>
  new NoiseModelBuilder("waits")
    .schedule({
      gateNs: new Map([
        ["x", 1000],
        ["h", 1000],
        ["reset", 1000],
      ]),
      measureNs: [1000, 1000],
      relaxations: [{ t1: 1000, t2: 2000, excited }, undefined],
    })
    .build();
const KEPT = Math.exp(-1);

describe("qubits that wait", () => {
  test("between two measurements at the end decay after the first, not before it", () => {
    const circuit = parse(
      "qreg q[2]; creg c[2]; x q[0]; measure q[0]->c[0]; barrier q; h q[1]; barrier q; measure q[0]->c[1];",
    );
    const exact = noisyDistribution(circuit, waiting(0));
    expect(exact.get("11")).toBeCloseTo(KEPT, 12);
    expect(exact.get("01")).toBeCloseTo(1 - KEPT, 12);
    expect(exact.size).toBe(2);
  });

  test("for a reset whose outcome nobody reads wait all the same", () => {
    const circuit = parse("qreg q[2]; creg c[1]; x q; reset q[1]; barrier q; measure q[0]->c[0];");
    expect(noisyDistribution(circuit, waiting(0)).get("1")).toBeCloseTo(KEPT, 12);
    const never = parse(
      "qreg q[2]; creg c[1]; x q[0]; reset q[1]; reset q[1]; barrier q; measure q[0]->c[0];",
    );
    expect(noisyDistribution(never, waiting(0)).get("1")).toBeCloseTo(KEPT, 12);
  });

  test("warm up after a reset or a measurement, even where no gate touches them", () => {
    for (const first of ["reset q[0];", "measure q[0]->c[0];"]) {
      const circuit = parse(
        `qreg q[2]; creg c[2]; ${first} barrier q; x q[1]; barrier q; measure q[0]->c[1];`,
      );
      expect(noisyDistribution(circuit, waiting(0.2)).get("10")).toBeCloseTo(0.2 * (1 - KEPT), 12);
    }
  });
});

describe("errors before measurements", () => {
  const flips = new NoiseModelBuilder("flips").after("measure", pauliChannel({ X: 0.25 }));

  test("stay in the qubit, as errors of reading do not", () => {
    const circuit = parse("qreg q[1]; creg c[2]; x q[0]; measure q[0]->c[0]; measure q[0]->c[1];");
    const flipped = noisyDistribution(circuit, flips.build());
    const misread = noisyDistribution(
      circuit,
      new NoiseModelBuilder("r").readout(confusion(0.25, 0.25)).build(),
    );
    // First and second flip, or first only: the state is turned once or twice.
    expect([...flipped].map(([key, p]) => [key, p.toFixed(6)])).toEqual([
      ["00", "0.187500"],
      ["01", "0.187500"],
      ["10", "0.062500"],
      ["11", "0.562500"],
    ]);
    expect(misread.get("01")).toBeCloseTo(0.1875, 12);
    expect(misread.get("10")).toBeCloseTo(0.1875, 12);
  });

  test("reach qubits nothing else touches, measurements under a condition, and those at the end of a circuit without any", () => {
    const untouched = parse("qreg q[1]; creg c[1]; measure q[0]->c[0];");
    expect(noisyDistribution(untouched, flips.build()).get("1")).toBeCloseTo(0.25, 12);
    expect(noisyDistribution(parse("qreg q[2];"), flips.build()).get("11")).toBeCloseTo(0.0625, 12);
    const never = parse("qreg q[1]; creg c[1]; creg d[1]; if(c==1) measure q[0]->d[0]; measure q[0]->c[0];");
    expect([...noisyDistribution(never, flips.build()).keys()]).toEqual(["0 0", "0 1"]);
    for (const method of ["density", "trajectories"] as const) {
      const { counts } = runNoisyCircuit(untouched, {
        shots: 10_000,
        seed: 1n,
        noise: flips.build(),
        method,
      });
      expect(Math.abs((counts.get("1") as number) - 2500)).toBeLessThan(5 * Math.sqrt(10_000 * 0.1875));
    }
  });
});
