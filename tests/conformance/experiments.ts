/** What the SDKs ask of the services for gradients, classifiers, validations and calibrations, and what they make of answers. */
import { fromUtf8, type Json, type JsonObject, parseJson } from "@arqon/core/base";
import { JobAnswer, type Operator, operator } from "@arqon/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "./driver.ts";
import type { World } from "./world.ts";

const IDS = {
  recipeId: `sha256:${"1".repeat(64)}`,
  artifactId: `sha256:${"2".repeat(64)}`,
  recordId: `sha256:${"3".repeat(64)}`,
};
const exactly = (value: number): JsonObject => ({ value, standardError: 0, low: value, high: value });
const QASM = "OPENQASM 3.0; input float a; qubit q; rx(a) q;";
const QUALITY = { accuracy: 0.75, interval: [0.5, 0.9], right: 3 };

/** A call of the SDK, the job it has to submit, and the answer it is given. */
interface Scenario {
  readonly cmd: string;
  readonly topic: string;
  readonly args: JsonObject;
  readonly capsule: JsonObject;
  readonly output: JsonObject;
  /** What the call returns, besides the ids. */
  readonly result: JsonObject;
}

const GRADIENT = {
  evaluations: 2,
  expectation: exactly(0.5),
  gradient: [{ ...exactly(-0.25), parameter: "a", at: 0.4, uses: 1 }],
  isExact: true,
  level: 0.95,
  observable: [{ label: "Z", coefficient: 1 }],
  qubits: 1,
  backend: "sim",
  seed: "0x2a",
  shots: 0,
  warnings: ["as told"],
};
const SUMMARY = { method: "kernel", qubits: 1, samples: 2, unseen: 1, supportVectors: 2 };
const PREDICTED = { classes: ["a", "b"], predicted: ["b"], backend: "sim-qml", seed: "0x5", warnings: [] };
const SAMPLES = { features: [[0.5], [2]], labels: ["a", "b"], unseen: [[3]] };
const JUDGED = { name: "ZZ", kind: "expectation", finding: "HOLDS", detail: "ZZ = 1", figures: { value: 1 } };
const RULE = { kind: "expectation", observable: "ZZ", min: 0.9 };

const SCENARIOS: readonly Scenario[] = [
  {
    cmd: "gradient",
    topic: "quantum.jobs",
    args: {
      qasm: QASM,
      name: "rx.qasm",
      observable: "Z",
      parameters: { a: 0.4 },
      seed: "42",
      backend: "sim",
    },
    capsule: {
      schema: "arqonbus.gradient.job.v1",
      program: QASM,
      programMediaType: "text/x-openqasm;version=3.0",
      name: "rx.qasm",
      parameters: { observable: "Z", parameters: { a: 0.4 }, seed: "0x2a" },
      constraints: { backend: "sim" },
    },
    output: GRADIENT,
    result: GRADIENT,
  },
  {
    cmd: "classify",
    topic: "qml.jobs",
    args: { ...SAMPLES, truth: ["b"], name: "s.csv", method: "kernel", qubits: 1, seed: "5" },
    capsule: {
      schema: "arqonbus.qml.job.v1",
      program: { ...SAMPLES, truth: ["b"] },
      programMediaType: "application/json",
      name: "s.csv",
      parameters: { method: "kernel", qubits: 1, seed: "0x5" },
      constraints: {},
    },
    output: { ...PREDICTED, ...SUMMARY, ...QUALITY, control: { ...QUALITY, method: "rbf" } },
    result: {
      ...PREDICTED,
      method: "kernel",
      qubits: 1,
      samples: 2,
      unseen: 1,
      ...QUALITY,
      control: QUALITY,
      summary: { ...SUMMARY, ...QUALITY, control: { ...QUALITY, method: "rbf" } },
    },
  },
  {
    cmd: "validate",
    topic: "validation.jobs",
    args: { artifactId: IDS.recipeId, constraints: [RULE], name: "c.yaml" },
    capsule: {
      schema: "arqonbus.validation.job.v1",
      program: { constraints: [RULE] },
      programMediaType: "application/json",
      name: "c.yaml",
      parameters: { artifact: IDS.recipeId },
      constraints: {},
    },
    output: { verdict: "HOLDS", constraints: [JUDGED], artifact: IDS.recipeId },
    result: { verdict: "HOLDS", constraints: [JUDGED], artifact: IDS.recipeId },
  },
  {
    cmd: "calibration",
    topic: "calibration.jobs",
    args: { values: { device: "d", qubits: [] }, backend: "dev", name: "d.json" },
    capsule: {
      schema: "arqonbus.calibration.job.v1",
      program: { device: "d", qubits: [] },
      programMediaType: "application/json",
      name: "d.json",
      parameters: {},
      constraints: { backend: "dev" },
    },
    output: { calibration: "sha256:c", device: "d", qubits: 2, gates: 3, calibratedAt: "", backend: "dev" },
    result: { calibration: "sha256:c", device: "d", qubits: 2, gates: 3, calibratedAt: "", backend: "dev" },
  },
];

/** Scenarios of the calls that wrap a job of a known schema. */
export function describeExperiments(world: () => World, near: () => Agent): void {
  describe("experiments", () => {
    const seen = new Map<string, JsonObject>();
    const services: Operator[] = [];
    let outputs = new Map(SCENARIOS.map(({ topic, output }) => [topic, output as Json]));
    let reality = "";
    let client = "";
    beforeAll(async () => {
      reality = world().name("lab");
      client = await world().connect(near(), "alice", { reality });
      for (const { topic } of SCENARIOS)
        services.push(
          await operator({
            url: world().bus.url,
            apiKey: "key-sealer",
            reality,
            topic,
            handle: async ({ capsule, parameters }) => {
              const { schema, programMediaType, name } = capsule;
              const text = fromUtf8(capsule.program);
              const program = programMediaType === "application/json" ? parseJson(text, "program") : text;
              const constraints = parseJson(capsule.constraintsJson, "constraints");
              seen.set(topic, { schema, program, programMediaType, name, parameters, constraints });
              const bytes = new TextEncoder().encode(JSON.stringify(outputs.get(topic)));
              return new JobAnswer(bytes, { mediaType: "application/json", ...IDS });
            },
          }),
        );
    });
    afterAll(async () => {
      for (const service of services) await service.drain();
    });

    test.each(SCENARIOS)(
      "$cmd submits the job that its service takes, and gives what it answers",
      async (each) => {
        outputs = new Map(outputs).set(each.topic, each.output);
        const { jobId, ...answer } = (await near().call(each.cmd, { client, ...each.args })) as JsonObject;
        expect(seen.get(each.topic)).toEqual(each.capsule);
        expect(jobId).toMatch(/^[0-9a-f-]{36}$/);
        expect(answer).toEqual({ ...each.result, ...IDS });
      },
    );

    test("classify without truth has no accuracy", async () => {
      outputs = new Map(outputs).set("qml.jobs", { ...PREDICTED, ...SUMMARY, control: {} });
      const answer = (await near().call("classify", { client, ...SAMPLES })) as JsonObject;
      expect(answer).not.toHaveProperty("accuracy");
      expect(answer["control"]).toEqual({});
    });

    test.each([
      ["gradient", { qasm: QASM, observable: "Z", seed: "-1" }],
      ["classify", { ...SAMPLES, seed: "x" }],
    ])("%s refuses a seed that is none", async (cmd, args) => {
      await expect(near().call(cmd, { client, ...args })).rejects.toMatchObject({ code: "USAGE" });
    });
  });
}
