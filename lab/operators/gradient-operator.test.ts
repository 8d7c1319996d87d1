/** Gradients through scheduler and door, without a bus. */
import { canonicalJson, fromUtf8, type JsonObject } from "@arqon/core/base";
import type { Job } from "@arqon/core/wire";
import { afterAll, describe, expect, test } from "vitest";
import { offersOf, schedulerHandler } from "../scheduler/index.ts";
import { backendOf } from "./backend.ts";
import type { GradientAnswer, GradientRequest } from "./gradient.ts";
import { withGradients } from "./gradient-plugin.ts";
import { doorParts, MemoryVault, quantumWork, workContext } from "./lab.fixture.ts";
import { quantumHandler } from "./quantum-operator.ts";
import { SimulationPool, startSimulationThread } from "./simulation-pool.ts";
import { statevectorPlugin } from "./statevector-plugin.ts";

const circuits = new SimulationPool();
const gradients = new SimulationPool<GradientRequest, GradientAnswer>(1, () =>
  startSimulationThread(new URL("./gradient-thread.ts", import.meta.url)),
);
afterAll(() => Promise.all([circuits.close(), gradients.close()]));

const ROTATED = `OPENQASM 2.0;
include "qelib1.inc";
qreg q[1];
creg c[1];
ry(0.5) q[0];
measure q -> c;
`;

async function gradient(parameters: JsonObject) {
  const vault = new MemoryVault();
  const parts = await doorParts(vault);
  parts.registry.register(
    withGradients(statevectorPlugin(circuits.simulate, parts.limits), gradients.simulate, parts.limits),
  );
  const operate = quantumHandler("sim-statevector", parts);
  let bound: { id: string; job: Job } | undefined;
  const schedule = schedulerHandler({
    ...parts,
    vault,
    catalogue: () => offersOf(parts.registry.manifests().map(backendOf), true),
    tenantOf: () => "lab",
    jobs: {
      submit: async (_topic, id, job) => {
        bound = { id, job };
      },
      topicOf: async () => "",
      cancel: async () => {},
      follow: async (_id, context) => {
        if (!bound?.job.capsule) throw new TypeError("nothing was bound");
        const { id, job } = bound;
        return operate(quantumWork({ id, job, capsule: job.capsule as never }), context);
      },
    },
  });
  const capsuleChanges = {
    schema: "arqonbus.gradient.job.v1",
    program: new TextEncoder().encode(ROTATED),
    name: "ry.qasm",
    parametersJson: canonicalJson(parameters),
  };
  return { vault, outcome: await schedule(quantumWork({ capsuleChanges }), workContext()) };
}

describe("a gradient job", () => {
  test("is bound, computed through the door and sealed as a Gradient", async () => {
    const { vault, outcome } = await gradient({ observable: "Z", seed: "0x1" });
    expect(outcome.error).toBeUndefined();
    const { gradient: derivatives } = outcome.output as { gradient: { value: number }[] };
    // <Z> after ry(t) is cos t.
    expect(derivatives[0]?.value).toBeCloseTo(-Math.sin(0.5), 12);
    expect(vault.rows[0]).toMatchObject({ artifactType: "gradient", title: "ry.qasm" });
    const files = vault.bundles.get(outcome.ids?.recordId ?? "");
    expect(JSON.parse(fromUtf8(files?.get("recipe/parameters.json") ?? new Uint8Array()))).toEqual({
      level: 0.95,
      method: "parameter-shift/1",
      observable: "Z",
      parameters: "all",
      shots: 0,
    });
    expect(files?.has("results/gradient.json")).toBe(true);
  });

  test("has the same artifact for the same seed, and another for another", async () => {
    const ids = await Promise.all(
      ["0x1", "0x1", "0x2"].map(async (seed) => {
        const { outcome } = await gradient({ observable: "Z", shots: 100, seed });
        return outcome.ids?.artifactId;
      }),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  test.each([
    [{}, "needs an observable"],
    [{ observable: "Z", depth: 1 }, 'unknown parameter "depth"'],
    [{ observable: "Z", shots: -1 }, "shots must be"],
    [{ observable: "Z", level: 1 }, "level must be"],
    [{ observable: "Z", parameters: {} }, '"all" or name inputs'],
    [{ observable: "Z", parameters: { theta: "x" } }, "must have a number"],
    [{ observable: "ZZ" }, "2 letters"],
  ])("refuses %j", async (parameters, message) => {
    const outcome = await gradient(parameters as JsonObject).then(
      ({ outcome }) => outcome,
      (error) => ({ error }),
    );
    expect(outcome.error?.message).toContain(message);
  });
});
