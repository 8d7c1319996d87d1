import { utf8 } from "@arqon/core/base";
import { afterAll } from "vitest";
import type { Operation } from "../runtime/index.ts";
import { Run } from "../runtime/index.ts";
import { describePlugin } from "../testing/index.ts";
import type { ClassifyAnswer, ClassifyRequest } from "./classify.ts";
import { BELL, doorParts, MemoryVault } from "./lab.fixture.ts";
import { qmlPlugin } from "./qml-plugin.ts";
import { SimulationPool, startSimulationThread } from "./simulation-pool.ts";
import { statevectorPlugin } from "./statevector-plugin.ts";

const pool = new SimulationPool();
const learners = new SimulationPool<ClassifyRequest, ClassifyAnswer>(1, () =>
  startSimulationThread(new URL("./classify-thread.ts", import.meta.url)),
);
afterAll(() => Promise.all([pool.close(), learners.close()]));

const bell: Operation = {
  kind: "quantum.circuit.run",
  backendId: "sim-statevector",
  program: utf8(BELL),
  programMediaType: "text/x-openqasm;version=2.0",
  name: "bell.qasm",
  parameters: { shots: 64 },
  seed: 42n,
};

const samples: Operation = {
  kind: "qml.classify",
  backendId: "sim-qml",
  program: utf8(JSON.stringify({ features: [[0], [1], [0.1], [0.9]], labels: ["a", "b", "a", "b"] })),
  programMediaType: "application/json",
  name: "samples.json",
  parameters: { method: "variational", qubits: 1, shots: 0, epochs: 1 },
  seed: 42n,
};

async function context() {
  const parts = await doorParts(new MemoryVault());
  const run = new Run({
    jobId: "01900000-0000-7000-8000-000000000001",
    title: "bell.qasm",
    principal: "ada",
    tenant: "default",
    operator: "test",
    attempt: 1,
    artifactType: "run",
    parents: [],
    traceParent: "",
    environment: {},
    sdkVersion: "test",
    cryptoMode: "hybrid",
  });
  return { ...parts, run, signal: new AbortController().signal };
}

describePlugin("sim-statevector", async () => {
  const parts = await context();
  return {
    factory: statevectorPlugin(pool.simulate, parts.limits),
    operations: [bell, { ...bell, seed: 43n }],
    context: parts,
  };
});

describePlugin("sim-qml", async () => ({
  factory: qmlPlugin(learners.simulate),
  operations: [samples, { ...samples, seed: 43n }],
  context: await context(),
}));
