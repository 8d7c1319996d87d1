import { readFileSync } from "node:fs";
import type { JsonObject } from "@arqon/core/base";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { deviceNoise } from "../noise/index.ts";
import { parseQasm } from "../parse-qasm.ts";
import { noisyDistribution } from "../run-noisy.ts";
import { deviceTarget, transpile } from "../transpile/index.ts";
import { estimateExperiment, prepareExperiment, readExperimentOptions, runExperiment } from "./index.ts";

const GHZ = `OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3]; h q[0]; cx q[0],q[1]; cx q[0],q[2]; measure q->c;`;

/** A line of five qubits; `relaxing` ones have T1 and T2, all have gate errors. */
function device(relaxing: boolean, wrong = 0.02): JsonObject {
  const line = [0, 1, 2, 3, 4];
  return {
    schema: "arqonbus.calibration.v1",
    device: "line",
    qubits: line.map((q) => ({
      ...(relaxing && { t1Ns: 80_000 + q, t2Ns: 60_000 }),
      p0Given1: relaxing ? 2 * wrong : wrong,
      p1Given0: wrong,
    })),
    gates: [
      ...line.flatMap((q) => [
        { gate: "sx", qubits: [q], error: 0.001, durationNs: 35 },
        { gate: "x", qubits: [q], error: 0.001, durationNs: 35 },
        { gate: "rz", qubits: [q], error: 0, durationNs: 0 },
      ]),
      ...line.slice(1).map((q) => ({ gate: "ecr", qubits: [q, q - 1], error: 0.02, durationNs: 400 })),
    ],
    basis: ["rz", "sx", "x", "ecr"],
  };
}

const prepared = (options: JsonObject, source = GHZ) =>
  prepareExperiment(source, "ghz.qasm", readExperimentOptions(options));
const run = (options: JsonObject, source = GHZ, shots = 20_000) =>
  runExperiment(prepared(options, source), { shots, seed: 7n });

/** Largest difference of shares, in standard errors of the larger share. */
function deviation(counts: ReadonlyMap<string, number>, exact: ReadonlyMap<string, number>): number {
  const shots = counts.values().reduce((sum, count) => sum + count, 0);
  let most = 0;
  for (const [key, p] of exact)
    most = Math.max(
      most,
      Math.abs((counts.get(key) ?? 0) / shots - p) / Math.sqrt((p * (1 - p) + 1e-9) / shots),
    );
  return most;
}

describe("noise of a device", () => {
  test("the circuit is compiled for it, and all engines give its distribution", () => {
    const calibration = device(true);
    const { circuit } = transpile(
      parseQasm(GHZ, "ghz.qasm"),
      deviceTarget(readExperimentOptions({ noise: { calibration } }).noise?.calibration as never),
    );
    const exact = noisyDistribution(circuit, deviceNoise(calibration as never));
    for (const engine of ["auto", "density", "trajectories"]) {
      const result = run({ engine, noise: { calibration } });
      expect(deviation(result.counts, exact)).toBeLessThan(5);
      expect([result.qubits, result.warnings.filter((text) => text.includes("says nothing"))]).toEqual([
        3,
        [],
      ]);
    }
  });

  test("Pauli frames run Clifford circuits whose errors are Pauli operators, with the same distribution", () => {
    const calibration = device(false);
    const frames = run({ noise: { calibration } });
    expect(frames.engine).toBe("stabilizer");
    const experiment = prepared({ noise: { calibration } });
    const exact = noisyDistribution(experiment.circuit, deviceNoise(calibration as never));
    expect(deviation(frames.counts, exact)).toBeLessThan(5);
    // Readout that errs more one way, relaxation, and gates that are not Clifford are for other engines.
    const relaxing = { engine: "stabilizer", noise: { calibration: device(true) } };
    expect(() => run(relaxing)).toThrow(expect.objectContaining({ code: "QASM_UNSUPPORTED" }));
    const t = run({ noise: { calibration } }, GHZ.replace("cx", "t q[0]; h q[0]; cx"));
    expect(t.engine).not.toBe("stabilizer");
  });

  test("delays relax the qubits of a calibration with relaxation times, which frames cannot", () => {
    const own = `OPENQASM 3.0; include "stdgates.inc"; qubit[1] q; bit[1] c; x q[0]; delay[50us] q[0]; c = measure q;`;
    const calibration = device(false);
    expect(run({ noise: { calibration } }, own).engine).toBe("stabilizer");
    const gates = ["rz", "sx", "x"].map((gate) => ({ gate, qubits: [0], error: 0 }));
    const slow = { ...calibration, gates, qubits: [{ t1Ns: 50_000 }], basis: ["rz", "sx", "x"] };
    expect(run({ noise: { calibration: slow }, transpile: false }, own.replace(/delay.*?;/, "")).engine).toBe(
      "stabilizer",
    );
    const { engine, counts } = run({ noise: { calibration: slow } }, own);
    expect(engine).not.toBe("stabilizer");
    expect(Math.abs((counts.get("1") ?? 0) / 20_000 - Math.exp(-1))).toBeLessThan(0.02);
    // What measures nothing is measured, and keeps its delay.
    const bare = run({ noise: { calibration: slow } }, own.replace("c = measure q;", ""));
    expect(Math.abs((bare.counts.get("1 0") ?? 0) / 20_000 - Math.exp(-1))).toBeLessThan(0.02);
  });

  test("frames are not for errors of resets that are no Pauli operators, nor for a qubit that is read wrongly twice", () => {
    const calibration = device(false);
    const start = GHZ.replace("h q[0]", "h q[0]; reset q[0]; h q[0]");
    expect(run({ noise: { calibration } }, start).engine).toBe("stabilizer");
    const gates = [{ gate: "reset", qubits: [0], durationNs: 20_000 }];
    const slow = { ...calibration, gates: [...(calibration["gates"] as JsonObject[]), ...gates] };
    const qubits = (slow as JsonObject)["qubits"] as JsonObject[];
    const resets = { ...slow, qubits: [{ ...qubits[0], t1Ns: 50_000, t2Ns: 50_000 }, ...qubits.slice(1)] };
    const own = `OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; x q[0]; reset q[0]; x q[0]; measure q[0]->c[0];`;
    expect(run({ noise: { calibration: slow }, transpile: false }, own).engine).toBe("stabilizer");
    expect(run({ noise: { calibration: resets }, transpile: false }, own).engine).not.toBe("stabilizer");
    const twice = own
      .replace("c[1]", "c[2]")
      .replace("measure q[0]->c[0];", "measure q[0]->c[0]; measure q[0]->c[1];");
    expect(run({ noise: { calibration }, transpile: false }, twice).engine).not.toBe("stabilizer");
  });

  test("expectation values are those of the compiled circuit's qubits, with noise below one", () => {
    const observables = ["ZZI", { XXX: 0.5, ZIZ: 1 }, "III"];
    const [plain, noisy] = [run({ observables }), run({ observables, noise: { calibration: device(true) } })];
    expect(plain.expectations.map((x) => Math.round(x * 1e12) / 1e12)).toEqual([1, 1.5, 1]);
    const [zz, sum, one] = noisy.expectations as [number, number, number];
    expect([zz > 0.9 && zz < 0.99, sum > 1.2 && sum < 1.48]).toEqual([true, true]);
    expect(one).toBeCloseTo(1, 12);
  });

  test("a circuit that measures nothing measures its own qubits, not the machine's", () => {
    const result = run(
      { noise: { calibration: device(true) } },
      GHZ.replace(/creg.*?;/, "").replace(/measure.*/, ""),
    );
    expect([...result.counts.keys()].every((key) => key.length === 3)).toBe(true);
    expect(result.warnings.join()).toContain("measures nothing");
  });

  test("a calibration of another device is refused by code", () => {
    const calibration = device(true);
    const other = expect.objectContaining({ code: "CALIBRATION_INVALID" });
    expect(() => readExperimentOptions({ noise: { calibration, device: "torus" } })).toThrow(other);
    const foreign = expect.objectContaining({ code: "CALIBRATION_REFUSED" });
    expect(() => prepared({ noise: { calibration }, transpile: false })).toThrow(foreign);
    const wide = `OPENQASM 2.0; include "qelib1.inc"; qreg q[6]; h q; measure q;`.replace(" measure q;", "");
    const impossible = expect.objectContaining({ code: "TRANSPILE_IMPOSSIBLE" });
    expect(() => prepared({ noise: { calibration } }, wide)).toThrow(impossible);
  });

  test("compiled by hand it is run as it is", () => {
    const calibration = device(true);
    const own = `OPENQASM 2.0; include "qelib1.inc"; qreg q[5]; creg c[2]; sx q[1]; ecr q[1],q[0]; measure q[0]->c[0]; measure q[1]->c[1];`;
    const experiment = prepared({ noise: { calibration }, transpile: false }, own);
    expect(experiment.circuit).toBe(experiment.asked);
  });
});

describe("options", () => {
  test("an engine that was asked for is used, and auto says why", () => {
    for (const engine of ["statevector", "density", "trajectories", "stabilizer", "mps"])
      expect(run({ engine }, GHZ, 100)).toMatchObject({ engine });
    const estimate = estimateExperiment(prepared({}), 1000);
    expect(estimate).toMatchObject({ engine: "statevector", qubits: 3, simulatedQubits: 3 });
    expect(estimate.reason).not.toBe("");
  });

  test("inputs of OpenQASM 3 are filled in", () => {
    const source = `OPENQASM 3.0; include "stdgates.inc"; input float theta; qubit q; bit c; rx(theta) q; c = measure q;`;
    expect([...run({ inputs: { theta: Math.PI } }, source, 50).counts]).toEqual([["1", 50]]);
  });

  test("an expectation value of a state that depends on chance is refused", () => {
    const source = `OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; h q[0]; measure q->c; if(c==1) x q[0];`;
    const refused = expect.objectContaining({ code: "QASM_UNSUPPORTED" });
    expect(() => run({ observables: ["Z"] }, source)).toThrow(refused);
    expect(() => run({ observables: ["Z"], engine: "density" }, source)).toThrow(refused);
  });

  test.each<[JsonObject, string]>([
    [{ engine: "magic" }, "engine must be one of"],
    [{ precision: "f16" }, "precision must be"],
    [{ precision: "f32", engine: "mps" }, "no single precision"],
    [{ inputs: { a: "1" } }, "input a must be"],
    [{ observables: ["ZQ"] }, "letters I, X, Y, Z"],
    [{ observables: [{}] }, "0 terms"],
    [{ observables: ["ZZ"] }, "2 letters"],
    [{ noise: {} }, "noise needs a calibration"],
    [{ noise: { calibration: device(true), hot: 1 } }, 'unknown "hot"'],
    [{ noise: { calibration: device(true) }, engine: "statevector" }, "knows no noise"],
    [{ transpile: 1 }, "transpile must be"],
    [{ speed: 1 }, 'unknown parameter "speed"'],
  ])("%j is refused", (options, words) => {
    expect(() => prepared(options)).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringContaining(words) }),
    );
  });

  test("the schema and the reader agree", () => {
    const read = (name: string) =>
      JSON.parse(readFileSync(new URL(`../../../schemas/${name}`, import.meta.url), "utf8"));
    const ajv = new Ajv2020({ allowUnionTypes: true }).addSchema(read("calibration.v1.schema.json"));
    const check = ajv.compile(read("quantum_job.v1.schema.json"));
    const cases: [JsonObject, boolean][] = [
      [{}, true],
      [{ engine: "density", precision: "f64", transpile: true }, true],
      [{ noise: { calibration: device(true), device: "line", idle: true, temperatureMk: 15 } }, true],
      [{ observables: ["ZZI", { XXX: 0.5 }], inputs: { theta: 0.3, on: true } }, true],
      [{ engine: "mps", mps: { maxBond: 128, maxLoss: 1e-3 } }, true],
      [{ noise: { calibration: device(true), policy: "warn" } }, true],
      [{ noise: { calibration: device(true), policy: "hope" } }, false],
      [{ mps: { maxBond: 5000 } }, false],
      [{ mps: { maxLoss: -1 } }, false],
      [{ mps: { bond: 3 } }, false],
      [{ engine: "magic" }, false],
      [{ precision: 64 }, false],
      [{ observables: [{}] }, false],
      [{ observables: "ZZ" }, false],
      [{ noise: { calibration: { device: "line" } } }, false],
      [{ noise: { idle: true } }, false],
      [{ inputs: { a: "1" } }, false],
      [{ speed: 1 }, false],
    ];
    for (const [options, valid] of cases) {
      expect([options, check({ parameters: options })]).toEqual([options, valid]);
      if (valid) readExperimentOptions(options);
      else expect(() => readExperimentOptions(options)).toThrow();
    }
  });
});

test("expectation values that cannot be had are refused by the estimate, and before any shot", () => {
  const seen: number[] = [];
  const refusal = (options: JsonObject, source: string, code: string): void => {
    const refused = expect.objectContaining({ code });
    const experiment = prepared(options, source);
    const onProgress = (part: number) => seen.push(part);
    expect(() => runExperiment(experiment, { shots: 100, seed: 1n, onProgress })).toThrow(refused);
    if (code !== "QUANTUM_TOO_LARGE" || options["engine"] === "trajectories")
      expect(() => estimateExperiment(experiment, 100)).toThrow(refused);
  };
  const line = (n: number) =>
    `OPENQASM 2.0; include "qelib1.inc"; qreg q[${n}]; creg c[${n}]; h q; cx q[0],q[1]; measure q->c;`;
  refusal({ observables: ["Z".repeat(13)], engine: "trajectories" }, line(13), "QUANTUM_TOO_LARGE");
  refusal({ observables: ["Z".repeat(27)], engine: "statevector" }, line(27), "QUANTUM_TOO_LARGE");
  const chance = line(2).replace("measure q->c;", "measure q->c; if(c==1) x q[0];");
  refusal({ observables: ["ZZ"] }, chance, "QASM_UNSUPPORTED");
  refusal({ observables: ["ZZ"], engine: "trajectories" }, chance, "QASM_UNSUPPORTED");
  const limits = { memoryBytes: 2 ** 21 };
  expect(() =>
    runExperiment(prepared({ observables: ["Z".repeat(18)] }, line(18)), { shots: 1, seed: 1n, limits }),
  ).toThrow(expect.objectContaining({ code: "QUANTUM_TOO_LARGE" }));
  expect(seen).toEqual([]);
});

test("noisy expectation values are in the estimate", () => {
  const source = `OPENQASM 2.0; include "qelib1.inc"; qreg q[11]; creg c[11]; ${"h q; cx q[0],q[1]; ".repeat(5)} measure q->c;`;
  const cost = (options: JsonObject) =>
    estimateExperiment(prepared({ engine: "trajectories", ...options }, source), 1);
  const [without, with_] = [cost({}), cost({ observables: ["Z".repeat(11)] })];
  expect(with_.memoryBytes).toBeGreaterThan(8 * 4 ** 11);
  expect(with_.timeMs).toBeGreaterThan(without.timeMs + 50);
});

test("what expectation values take is in the estimate", () => {
  const wide = `OPENQASM 2.0; include "qelib1.inc"; qreg q[20]; creg c[20]; h q; cx q[0],q[1]; measure q->c;`;
  const cost = (observables: JsonObject[]) => estimateExperiment(prepared({ observables }, wide), 100);
  const many = Array.from({ length: 1000 }, () => ({ ["Z".repeat(20)]: 1, ["X".repeat(20)]: 1 }));
  expect(cost(many).timeMs).toBeGreaterThan(cost([]).timeMs + 2000);
  const clifford = `OPENQASM 2.0; include "qelib1.inc"; qreg q[2000]; creg c[1]; h q; measure q[0]->c[0];`;
  const observables = ["Z".repeat(2000)];
  const need = (options: JsonObject) =>
    estimateExperiment(prepared({ observables, ...options }, clifford), 100).memoryBytes;
  expect(need({ engine: "statevector" })).toBe(Number.MAX_VALUE);
  expect(need({})).toBeLessThan(2 ** 24);
});
