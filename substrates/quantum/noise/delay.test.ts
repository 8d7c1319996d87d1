import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder } from "../circuit.ts";
import { quantumCircuit } from "../fluent/index.ts";
import { parseQasm3 } from "../qasm3/index.ts";
import { noisyDistribution, noisyExpectations, runNoisyCircuit } from "../run-noisy.ts";
import { type Calibration, deviceNoise, NoiseModelBuilder } from "./index.ts";

const read = (text: string): Circuit => parseQasm3(`OPENQASM 3.0; include "stdgates.inc"; ${text}`, "t");
const pair: Calibration = {
  schema: "arqonbus.calibration.v1",
  device: "pair",
  dtNs: 2 / 9,
  qubits: [
    { t1Ns: 90_000, t2Ns: 60_000, frequencyHz: 5.03e9 },
    { t1Ns: 50_000, t2Ns: 90_000, frequencyHz: 4.8e9 },
  ],
  gates: [],
};
/** T1 is 1000 ns on both qubits, T2 twice that. */
const simple: Calibration = {
  ...pair,
  dtNs: 0.5,
  qubits: [0, 1].map(() => ({ t1Ns: 1000, t2Ns: 2000 })),
  gates: [0, 1].map((q) => ({ gate: "x", qubits: [q], durationNs: 0 })),
};
/** How often c is 1. */
const ones = (text: string, options = {}, calibration = simple): number => {
  const exact = noisyDistribution(read(`qubit[2] q; bit[1] c; ${text}`), deviceNoise(calibration, options));
  let sum = 0;
  for (const [key, p] of exact) if (key.endsWith("1")) sum += p;
  return sum;
};

describe("delays with a calibration", () => {
  test("relax qubits as Qiskit Aer 0.18's RelaxationNoisePass does for Delay", () => {
    const circuit = read(
      `qubit[2] q; delay[5us] q[1]; h q[0]; delay[20us] q[0]; cx q[0], q[1]; delay[90000dt] q; rx(0.7) q[1];
       delay[3us] q[1];`,
    );
    const aer = {
      II: 1,
      IX: 0,
      IY: 0,
      IZ: 0.34620485698466,
      XI: 0,
      XX: 0.397634426484587,
      XY: 0,
      XZ: 0,
      YI: -0.27675221719253,
      YX: 0,
      YY: -0.302908923143559,
      YZ: -0.416608098428466,
      ZI: 0.375708996197193,
      ZX: 0,
      ZY: -0.248422936116119,
      ZZ: 0.500911602582672,
    };
    const ours = noisyExpectations(circuit, deviceNoise(pair, { temperatureMk: 60 }), Object.keys(aer));
    Object.values(aer).forEach((value, k) => {
      expect(ours[k], Object.keys(aer)[k]).toBeCloseTo(value, 12);
    });
  });

  test("are so many steps of the machine, and no time with a warning where it does not say how long one is", () => {
    expect(ones("x q[0]; delay[1000dt] q[0]; c[0] = measure q[0];")).toBeCloseTo(Math.exp(-0.5), 12);
    const { dtNs: _, ...mute } = simple;
    const text = "x q[0]; delay[1000dt] q[0]; c[0] = measure q[0];";
    expect(ones(text, {}, mute)).toBeCloseTo(1, 12);
    const { warnings } = runNoisyCircuit(read(`qubit[2] q; bit[1] c; ${text}`), {
      shots: 10,
      seed: 1n,
      noise: deviceNoise(mute),
    });
    expect(warnings).toEqual(["pair does not say how long dt is: 1000dt took no time"]);
  });

  test("act between two measurements, and after the last one change nothing", () => {
    expect(
      ones("x q[0]; c[0] = measure q[0]; delay[1us] q[0]; c[0] = measure q[0]; delay[9us] q[0];"),
    ).toBeCloseTo(Math.exp(-1), 12);
    expect(ones("x q[0]; c[0] = measure q[0]; delay[9us] q[0]; x q[1];", { idle: true })).toBeCloseTo(1, 12);
  });

  test("under a condition act where it holds", () => {
    expect(ones("bit k; x q; k = measure q[1]; if (k) delay[1us] q[0]; c[0] = measure q[0];")).toBeCloseTo(
      Math.exp(-1),
      12,
    );
    expect(ones("bit k; x q; k = measure q[1]; if (!k) delay[1us] q[0]; c[0] = measure q[0];")).toBeCloseTo(
      1,
      12,
    );
  });

  test("begin together and end together: with a schedule the others wait before", () => {
    const text = "x q; delay[1us] q[1]; delay[500ns] q[0], q[1]; c[0] = measure q[0];";
    expect(ones(text)).toBeCloseTo(Math.exp(-0.5), 12);
    expect(ones(text, { idle: true })).toBeCloseTo(Math.exp(-1.5), 12);
  });

  test("in a schedule take their time once", () => {
    const text = "x q; delay[1us] q[1]; barrier q; c[0] = measure q[0];";
    expect(ones(text, { idle: true })).toBeCloseTo(Math.exp(-1), 12);
    expect(ones(text.replace("measure q[0]", "measure q[1]"), { idle: true })).toBeCloseTo(Math.exp(-1), 12);
  });

  test("give trajectories the distribution of the density matrix", () => {
    const circuit = read("qubit[2] q; bit[2] c; x q; delay[700ns] q; delay[1us] q[1]; c = measure q;");
    const noise = deviceNoise(simple);
    const exact = noisyDistribution(circuit, noise);
    const shots = 20_000;
    const { counts } = runNoisyCircuit(circuit, { shots, seed: 9n, noise, method: "trajectories" });
    for (const [key, p] of exact)
      expect(Math.abs((counts.get(key) ?? 0) / shots - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / shots));
  });

  test("on a qubit the machine does not have are refused", () => {
    expect(() =>
      noisyDistribution(read("qubit[3] q; x q[0]; delay[1ns] q[2];"), deviceNoise(simple)),
    ).toThrow(expect.objectContaining({ code: "CALIBRATION_INVALID" }));
  });
});

test("a box with a time is over no earlier, in a schedule", () => {
  const text = (time: string): string => `x q[0]; box${time} { delay[200ns] q[0]; } c[0] = measure q[0];`;
  expect(ones(text(""), { idle: true })).toBeCloseTo(Math.exp(-0.2), 12);
  expect(ones(text("[1us]"), { idle: true })).toBeCloseTo(Math.exp(-1), 12);
  expect(ones(text("[100ns]"), { idle: true })).toBeCloseTo(Math.exp(-0.2), 12);
  expect(ones(text("[1us]"))).toBeCloseTo(Math.exp(-0.2), 12);
});

test("a model that says nothing of waiting leaves delays without harm", () => {
  const noise = new NoiseModelBuilder("plain").build();
  const circuit = quantumCircuit(1, 1).x(0).delay("1s", 0).measure(0, 0).build();
  expect(noisyDistribution(circuit, noise).get("1")).toBe(1);
});

test("times below 0, or without end, are refused by code", () => {
  const out = new CircuitBuilder("t");
  out.qreg("q", 1);
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => out.delay({ value, unit: "ns" }, [0])).toThrow(/a time must be finite/);
});
