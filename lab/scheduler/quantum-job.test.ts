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
