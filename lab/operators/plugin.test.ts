import { utf8 } from "@arqon/core/base";
import { afterAll } from "vitest";
import type { Operation } from "../runtime/index.ts";
import { Run } from "../runtime/index.ts";
import { describePlugin } from "../testing/index.ts";
import { BELL, doorParts, MemoryVault } from "./lab.fixture.ts";
import { SimulationPool } from "./simulation-pool.ts";
import { statevectorPlugin } from "./statevector-plugin.ts";

const pool = new SimulationPool();
afterAll(() => pool.close());

const bell: Operation = {
  kind: "quantum.circuit.run",
  backendId: "sim-statevector",
  program: utf8(BELL),
  programMediaType: "text/x-openqasm;version=2.0",
  name: "bell.qasm",
  parameters: { shots: 64 },
  seed: 42n,
};

describePlugin("sim-statevector", async () => {
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
  return {
    factory: statevectorPlugin(pool.simulate, parts.limits),
    operations: [bell, { ...bell, seed: 43n }],
    context: { ...parts, run, signal: new AbortController().signal },
  };
});
