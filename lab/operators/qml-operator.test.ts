/** Learning through the door, sealed, without a bus. */
import { canonicalJson, type JsonObject, utf8 } from "@arqon/core/base";
import { afterAll, describe, expect, test } from "vitest";
import { capabilityPolicy } from "../runtime/index.ts";
import type { ClassifyAnswer, ClassifyRequest } from "./classify.ts";
import { doorParts, JOB_ID, MemoryVault, quantumWork, workContext } from "./lab.fixture.ts";
import { qmlHandler } from "./qml-operator.ts";
import { qmlPlugin } from "./qml-plugin.ts";
import { SimulationPool, startSimulationThread } from "./simulation-pool.ts";

const pool = new SimulationPool<ClassifyRequest, ClassifyAnswer>(1, () =>
  startSimulationThread(new URL("./classify-thread.ts", import.meta.url)),
);
afterAll(() => pool.close());

/** Two groups that nothing confuses. */
const DATA = {
  features: Array.from({ length: 20 }, (_, k) => [k % 2 ? 2 + k / 40 : -2 - k / 40, k / 20]),
  labels: Array.from({ length: 20 }, (_, k) => (k % 2 ? "up" : "down")),
  unseen: [
    [2.2, 0.5],
    [-2.1, 0.4],
  ],
  truth: ["up", "down"],
};

/** As many samples as make every shot of every entry of a kernel dear. */
const MANY = {
  features: Array.from({ length: 300 }, (_, k) => [k % 7, k % 11]),
  labels: Array.from({ length: 300 }, (_, k) => (k % 2 ? "up" : "down")),
};

const work = (data: object = DATA, parameters: JsonObject = {}) =>
  quantumWork({
    topic: "qml.jobs",
    capsuleChanges: {
      schema: "arqonbus.qml.job.v1",
      program: utf8(JSON.stringify(data)),
      programMediaType: "application/json",
      name: "samples.json",
      parametersJson: canonicalJson(parameters),
    },
  });

async function setUp(allowed = ["can_execute:backend.*"]) {
  const vault = new MemoryVault();
  const parts = await doorParts(vault, { policy: capabilityPolicy({ ada: allowed }) });
  parts.registry.register(qmlPlugin(pool.simulate));
  return { vault, handle: qmlHandler(parts, () => "lab") };
}

describe("the learning service", () => {
  test("predicts, says how well it and the control do, and seals", async () => {
    const { vault, handle } = await setUp();
    const { output, ids, error } = await handle(work(DATA, { qubits: 2, seed: "0x1" }), workContext());
    expect(error).toBeUndefined();
    expect(output).toMatchObject({
      predicted: ["up", "down"],
      accuracy: 1,
      method: "kernel",
      qubits: 2,
      backend: "sim-qml",
      seed: "0x1",
      control: { method: "rbf", accuracy: 1 },
      warnings: [],
    });
    const files = [...(vault.bundles.get(ids?.recordId ?? "")?.keys() ?? [])];
    expect(files).toEqual(expect.arrayContaining(["recipe/program.json", "results/predictions.json"]));
    const again = await (await setUp()).handle(work(DATA, { qubits: 2, seed: "0x1" }), workContext());
    expect(again.ids?.artifactId).toBe(ids?.artifactId);
  });

  test("a seed that is left out follows from the job", async () => {
    const { handle } = await setUp();
    const [one, two] = [await handle(work(), workContext()), await handle(work(), workContext())];
    expect(one.ids?.artifactId).toBe(two.ids?.artifactId);
    expect(quantumWork().id).toBe(JOB_ID);
  });

  test("who may not execute there is refused, and the refusal is sealed", async () => {
    const { handle } = await setUp([]);
    const { error, ids } = await handle(work(), workContext());
    expect(error?.code).toBe("CAPABILITY_REFUSED");
    expect(ids?.artifactId).toMatch(/^sha256:/);
  });

  test("what machines and folds take is in the estimate: it grows with pairs of samples, and with the control alone", () => {
    const plugin = qmlPlugin(() => Promise.reject(new Error("not run")))(() => {});
    const cost = (samples: number, method: string): number => {
      const data = {
        features: Array.from({ length: samples }, (_, k) => [k % 7, k % 11]),
        labels: Array.from({ length: samples }, (_, k) => (k % 2 ? "up" : "down")),
      };
      const parameters = { method, qubits: 1, shots: 0, epochs: 1 };
      const operation = {
        kind: "qml.classify",
        program: utf8(JSON.stringify(data)),
        name: "s.json",
        parameters,
      };
      return plugin.estimate({ ...operation, seed: 1n } as never).timeMs;
    };
    expect(cost(800, "kernel")).toBeGreaterThan(3.5 * cost(400, "kernel"));
    expect(cost(400, "kernel")).toBeGreaterThan(5000);
    expect(cost(400, "variational")).toBeGreaterThan(cost(400, "kernel") / 4);
  });

  test.each([
    [{ ...DATA, labels: ["up"] }, {}, "20 rows of features, 1 labels"],
    [{ ...DATA, unseen: [[1]] }, {}, "unseen row 1 is not 2 finite numbers"],
    [{ ...DATA, truth: ["up"] }, {}, "1 labels in truth, 2 unseen samples"],
    [{ ...DATA, more: 1 }, {}, 'unknown field "more"'],
    [DATA, { method: "magic" }, "method must be kernel or variational"],
    [DATA, { qubits: 13 }, "qubits must be a whole number from 1 to 12, not 13"],
    [{ ...MANY, labels: MANY.features.map((_, k) => `kind ${k}`) }, {}, "300 classes, limit 32"],
    [MANY, { shots: 100_000 }, "would need"],
    [DATA, { depth: 3 }, 'unknown parameter "depth"'],
  ])("refuses what it cannot learn from: %#", async (data, parameters, message) => {
    const { handle } = await setUp();
    const outcome = await handle(work(data, parameters as JsonObject), workContext()).catch((error) => ({
      error,
    }));
    expect(outcome.error?.message).toContain(message);
  });
});
