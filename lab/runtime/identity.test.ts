import { fromUtf8, ManualTime, parseCanonicalJson } from "@arqon/core/base";
import type { BundleDraft } from "@arqon/core/bundle";
import { describe, expect, test } from "vitest";
import { coinPlugin, contextFor, runInfo, toss } from "./coin.fixture.ts";
import { type ExecContext, execute } from "./door.ts";
import { draftOf } from "./draft.ts";
import type { Operation } from "./operation.ts";
import { capabilityPolicy } from "./policy.ts";
import { Run, type RunInfo } from "./run.ts";
import { sealRun } from "./seal.ts";

async function draftFor(
  operations: readonly Operation[],
  info: Partial<RunInfo> = {},
  changes: Partial<ExecContext> = {},
  version = "1.0.0",
): Promise<BundleDraft> {
  const run = new Run(runInfo(info));
  for (const operation of operations)
    await execute(operation, contextFor(coinPlugin({ version }), { ...changes, run }));
  return draftOf(run, 1_767_225_600_000_000);
}

/** Everything of a draft that enters an id. */
function identityOf(draft: BundleDraft): unknown {
  return {
    type: draft.artifactType,
    engine: draft.engine,
    recipe: [...draft.recipe].map(([path, bytes]) => [path, fromUtf8(bytes)]),
    conditions: [...draft.conditions].map(([path, bytes]) => [path, fromUtf8(bytes)]),
    results: [...draft.results].map(([path, { logicalSha256, rows }]) => [path, logicalSha256, rows]),
    parents: draft.parents,
  };
}

const ELSEWHERE: Partial<RunInfo> = {
  jobId: "01911111-0000-7000-8000-00000000000f",
  title: "/home/eve/other-name.qasm",
  principal: "eve",
  tenant: "lab-b",
  operator: "quantum-on-host-7",
  attempt: 3,
  traceParent: `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01`,
  environment: { node: "27", host: "elsewhere" },
  sdkVersion: "arqon/9.9.9 (python)",
};

describe("what enters an id", () => {
  test("is the same for another person, machine, time, file name and package version", async () => {
    const time = new ManualTime(1_900_000_000_000_000);
    const here = await draftFor([toss()]);
    const there = await draftFor(
      [toss({ name: "/home/eve/other-name.qasm" })],
      ELSEWHERE,
      { clock: time, timer: time, policy: capabilityPolicy({ eve: ["can_execute:>"] }) },
      "9.9.9",
    );
    expect(identityOf(there)).toEqual(identityOf(here));
    const text = JSON.stringify(identityOf(there));
    for (const leak of ["eve", "quantum-on-host", "0191", "9.9.9", "2026", "2030", "lab-b", "other-name"])
      expect(text).not.toContain(leak);
  });

  test.each([
    ["seed", toss({ seed: 43n })],
    ["shots", toss({ parameters: { shots: 101 } })],
    ["program", toss({ program: new Uint8Array([1]) })],
  ])("another %s is another recipe", async (_what, operation) => {
    const [a, b] = [await draftFor([toss()]), await draftFor([operation])];
    expect([...a.recipe].map(([, bytes]) => fromUtf8(bytes))).not.toEqual(
      [...b.recipe].map(([, bytes]) => fromUtf8(bytes)),
    );
  });

  test("of a refusal is its code and figures, not its message or file", async () => {
    const changes = { limits: { maxQubits: 0, memoryBytes: 1, timeMs: 1 } };
    const here = await draftFor([toss()], {}, changes);
    const there = await draftFor([toss({ name: "x.qasm" })], ELSEWHERE, {
      ...changes,
      policy: capabilityPolicy({ eve: ["can_execute:>"] }),
    });
    expect(identityOf(there)).toEqual(identityOf(here));
    expect(
      parseCanonicalJson(here.results.get("refusal.json")?.bytes ?? new Uint8Array(), "refusal"),
    ).toEqual({
      code: "LIMIT_EXCEEDED",
      details: { limit: 0, qubits: 1 },
      duty: "validate",
      status: "refused",
    });
  });
});

describe("the layout of a run", () => {
  test("of one execution has the files of the specification", async () => {
    const draft = await draftFor([toss()], {
      decision: { envelope: new Uint8Array([123, 125]), payload: { chosen: "sim-coin" } },
    });
    expect([...draft.recipe.keys()].sort()).toEqual([
      "circuit.qasm",
      "parameters.json",
      "replay.json",
      "seeds.json",
    ]);
    expect([...draft.conditions.keys()].sort()).toEqual(["backend.json", "mitigation.json"]);
    expect([...draft.results.keys()]).toEqual(["counts.json"]);
    expect([...draft.record.keys()].sort()).toEqual([
      "decision.dsse.json",
      "environment.json",
      "execution.json",
      "trace.jsonl",
    ]);
    expect(fromUtf8(draft.recipe.get("seeds.json") ?? new Uint8Array())).toBe(
      '{"algorithm":"philox4x32-10","sampler":"0x2a"}\n',
    );
    expect(draft.manifest).toMatchObject({
      seed: "0x2a",
      backendId: "sim-coin",
      decision: { chosen: "sim-coin" },
    });
  });

  test("of several executions gives each after the first a folder", async () => {
    const draft = await draftFor([toss(), toss({ seed: 1n })]);
    expect(draft.results.has("executions/0001/counts.json")).toBe(true);
    expect(draft.recipe.has("executions/0001/seeds.json")).toBe(true);
    expect(
      fromUtf8(draft.record.get("trace.jsonl") ?? new Uint8Array())
        .trimEnd()
        .split("\n"),
    ).toHaveLength(14);
  });
});

describe("sealing", () => {
  const vault = () => {
    const drafts: BundleDraft[] = [];
    const seal = async (draft: BundleDraft) => {
      drafts.push(draft);
      return { recipeId: "r", artifactId: "a", recordId: "c", ledgerIndex: 0, reproduced: 1 };
    };
    return { drafts, seal };
  };

  test("happens exactly once, over all executions", async () => {
    const { drafts, seal } = vault();
    const run = new Run(runInfo());
    await execute(toss(), contextFor(coinPlugin(), { run }));
    await sealRun(run, { seal }, new ManualTime());
    expect(() => sealRun(run, { seal }, new ManualTime())).toThrow("sealed before");
    await expect(execute(toss(), contextFor(coinPlugin(), { run }))).rejects.toThrow("closed");
    expect(drafts).toHaveLength(1);
  });

  test("does not happen without an execution, or while one runs", async () => {
    const { seal } = vault();
    const empty = new Run(runInfo());
    expect(() => sealRun(empty, { seal }, new ManualTime())).toThrow("no execution");
    const busy = new Run(runInfo());
    void execute(toss(), contextFor(coinPlugin({}, { health: () => new Promise(() => {}) }), { run: busy }));
    expect(() => sealRun(busy, { seal }, new ManualTime())).toThrow("not ended");
  });
});
