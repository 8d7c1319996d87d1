/** A small plugin, a context and an operation for the tests of this room. */
import { createRandom, type JsonObject, ManualTime, utf8 } from "@arqon/core/base";
import type { ExecContext } from "./door.ts";
import type { Operation } from "./operation.ts";
import type { Plugin, PluginFactory, PluginManifest } from "./plugin.ts";
import { capabilityPolicy } from "./policy.ts";
import { PluginRegistry } from "./registry.ts";
import { Run, type RunInfo } from "./run.ts";

export const JOB_ID = "01900000-0000-7000-8000-000000000001";

const COIN: PluginManifest = {
  id: "sim-coin",
  backendClass: "simulator",
  kinds: ["coin.toss"],
  engine: { name: "coin", semantics: "1" },
  version: "9.9.9",
  maxQubits: 4,
  precision: "f64",
  deterministic: true,
  needsCalibration: false,
  costPerShot: 0,
  expectedFidelity: 1,
};

/** Tosses `parameters.shots` coins from the operation's seed. */
export function coinPlugin(
  manifest: Partial<PluginManifest> = {},
  behaviour: Partial<Plugin> = {},
): PluginFactory {
  return (redeem) => ({
    manifest: { ...COIN, ...manifest },
    estimate: () => ({ qubits: 1, memoryBytes: 64, timeMs: 1 }),
    health: async () => ({ ok: true, note: "" }),
    execute: async (operation, permit, { progress }) => {
      redeem(permit, operation);
      progress(1, "tossed");
      const random = createRandom(operation.seed);
      const counts = { "0": 0, "1": 0 };
      for (let i = 0; i < Number(operation.parameters["shots"]); i++) counts[random.nextInt(2) ? "1" : "0"]++;
      return { results: [{ name: "counts.json", value: counts }], notes: {}, warnings: [] };
    },
    ...behaviour,
  });
}

export function toss(changes: Partial<Operation> = {}): Operation {
  return {
    kind: "coin.toss",
    backendId: "sim-coin",
    program: utf8("toss;\n"),
    programMediaType: "text/x-openqasm;version=2.0",
    name: "toss.qasm",
    parameters: { shots: 100 },
    seed: 42n,
    ...changes,
  };
}

export function runInfo(changes: Partial<RunInfo> = {}): RunInfo {
  return {
    jobId: JOB_ID,
    title: "toss.qasm",
    principal: "ada",
    tenant: "default",
    operator: "quantum-1",
    attempt: 1,
    artifactType: "run",
    parents: [],
    traceParent: "",
    environment: { node: "26" },
    sdkVersion: "arqon/0.1.0 (typescript)",
    cryptoMode: "hybrid",
    ...changes,
  };
}

export function contextFor(
  factory: PluginFactory | undefined,
  changes: Partial<ExecContext> = {},
): ExecContext {
  const time = new ManualTime();
  const registry = new PluginRegistry();
  if (factory) registry.register(factory);
  return {
    registry,
    policy: capabilityPolicy({ ada: ["can_execute:backend.*"] }),
    limits: { maxQubits: 26, memoryBytes: 1024, timeMs: 1000 },
    clock: time,
    timer: time,
    run: new Run(runInfo()),
    signal: new AbortController().signal,
    ...changes,
  };
}

/** Refusal fields that tests compare. */
export function codeAndDuty(execution: {
  readonly refusal: { code: string; duty: string } | undefined;
}): JsonObject {
  return { code: execution.refusal?.code ?? "", duty: execution.refusal?.duty ?? "" };
}
