import { canonicalJson, type Json, type JsonObject } from "@arqon/core/base";
import { CapsuleSchema, create } from "@arqon/core/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  parametersText,
  quantumConstraints,
  quantumParameters,
  requireQuantumCapsule,
} from "./quantum-job.ts";

const JOB = "01900000-0000-7000-8000-000000000001";

test("defaults are filled in, and the seed that is left out follows from the job", () => {
  const filled = quantumParameters("", JOB);
  expect(filled.shots).toBe(1024);
  expect(quantumParameters("{}", JOB)).toEqual(filled);
  expect(quantumParameters("", JOB.replace(/1$/, "2")).seed).not.toBe(filled.seed);
});

test("completed parameters read back as themselves", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.integer({ min: 1, max: 1e7 }),
      (seed, shots) => {
        expect(quantumParameters(parametersText({ seed, shots }), JOB)).toEqual({ seed, shots });
      },
    ),
  );
});

test.each([
  ['{"shots":0}', "USAGE"],
  ['{"shots":1.5}', "USAGE"],
  ['{"shots":"10"}', "USAGE"],
  ['{"shots":10000001}', "USAGE"],
  ['{"seed":"-1"}', "USAGE"],
  ['{"seed":"0x10000000000000000"}', "USAGE"],
  ['{"seed":1.5}', "USAGE"],
  ['{"sots":10}', "USAGE"],
  ["[1]", "JSON_INVALID"],
  ['{"shots":1,"shots":2}', "JSON_AMBIGUOUS"],
  ['{ "shots": 1 }', "JSON_INVALID"],
])("parameters %s are refused", (text, code) => {
  expect(() => quantumParameters(text, JOB)).toThrow(expect.objectContaining({ code }));
});

test("a calibration as IBM publishes it is the recipe of the same in our own form", () => {
  const value = (name: string, number: number, unit: string) => ({ name, unit, value: number });
  const props = {
    backend_name: "small",
    last_update_date: "2024-05-27T15:27:23-03:00",
    qubits: [[value("T1", 59.5, "us"), value("T2", 93.5, "us"), value("readout_error", 0.02, "")]],
    gates: [
      {
        gate: "sx",
        qubits: [0],
        parameters: [value("gate_error", 2e-4, ""), value("gate_length", 35.5, "ns")],
      },
    ],
  };
  const from = (calibration: object) =>
    quantumParameters(canonicalJson({ noise: { calibration, idle: true } } as unknown as Json), JOB);
  const read = from(props);
  const { calibration, ...others } = (read.options?.["noise"] ?? {}) as Record<string, object>;
  expect(others).toEqual({ idle: true });
  expect(calibration).toMatchObject({ schema: "arqonbus.calibration.v1", device: "small" });
  expect(from(calibration ?? {})).toEqual(read);
  for (const bad of [{ ...props, qubits: 1 }, { backend_name: "small" }])
    expect(() => from(bad)).toThrow(expect.objectContaining({ code: "CALIBRATION_INVALID" }));
});

test("a bond, a loss, a policy, waiting or a temperature that is the default is the recipe of leaving it out", () => {
  const optionsOf = (parameters: JsonObject) => quantumParameters(canonicalJson(parameters), JOB).options;
  expect(optionsOf({ mps: { maxBond: 64, maxLoss: 1e-6 } })).toBeUndefined();
  expect(optionsOf({ mps: { maxBond: 32, maxLoss: 1e-6 } })).toEqual({ mps: { maxBond: 32 } });
  const calibration = { schema: "arqonbus.calibration.v1", device: "d", qubits: [{}], gates: [] };
  const noise = { calibration, idle: true };
  expect(optionsOf({ noise: { ...noise, policy: "repair" } })).toEqual({ noise });
  expect(optionsOf({ noise: { ...noise, policy: "warn" } })).toEqual({ noise: { ...noise, policy: "warn" } });
  expect(optionsOf({ noise: { calibration, idle: false, temperatureMk: 0 } })).toEqual({
    noise: { calibration },
  });
  expect(optionsOf({ noise: { calibration, temperatureMk: 15 } })).toEqual({
    noise: { calibration, temperatureMk: 15 },
  });
});

test("constraints are a closed list with types", () => {
  expect(quantumConstraints('{"allowFree":false,"backend":"sim"}')).toEqual({
    allowFree: false,
    backend: "sim",
  });
  for (const text of ['{"backend":1}', '{"allowFree":"no"}', '{"color":"red"}', '{"__proto__":1}'])
    expect(() => quantumConstraints(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("only OpenQASM quantum capsules are taken", () => {
  const capsule = { schema: "arqonbus.quantum.job.v1", programMediaType: "text/x-openqasm; version=2.0" };
  expect(requireQuantumCapsule(create(CapsuleSchema, capsule))).toBe("text/x-openqasm;version=2.0");
  const third = { ...capsule, programMediaType: "text/x-openqasm;version=3.0" };
  expect(requireQuantumCapsule(create(CapsuleSchema, third))).toBe(third.programMediaType);
  for (const change of [{ schema: "x" }, { programMediaType: "text/plain" }])
    expect(() => requireQuantumCapsule(create(CapsuleSchema, { ...capsule, ...change }))).toThrow(
      expect.objectContaining({ code: "SCHEMA_UNKNOWN" }),
    );
});
