import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ArqonError,
  canonicalJson,
  deriveUuid,
  fromUtf8,
  type JsonObject,
  ManualTime,
  parseCanonicalJson,
  systemEntropy,
  utf8,
} from "@arqon/core/base";
import { systemVerifier } from "@arqon/core/proof";
import { openVault, type Vault } from "@arqon/vault";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { capabilityPolicy, execute, type Outcome, Run, sealRun } from "../runtime/index.ts";
import { finishedWork } from "./finished.fixture.ts";
import { BELL, doorParts, JOB_ID, MemoryVault, quantumWork, workContext } from "./lab.fixture.ts";
import { replayHandler } from "./replay-operator.ts";
import { sealerHandler } from "./sealer.ts";
import { SimulationPool } from "./simulation-pool.ts";
import { statevectorPlugin } from "./statevector-plugin.ts";
import type { DoorParts } from "./through-door.ts";
import { trustIn } from "./trust.ts";
import { validationHandler } from "./validation-operator.ts";

const pool = new SimulationPool();
let home = "";
let vault: Vault;
let parts: DoorParts;
let artifact = "";
let jobs = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "arqon-replay-"));
  vault = await openVault({ home, clock: new ManualTime(), entropy: systemEntropy });
  const trust = trustIn(await vault.publicKeys(), systemVerifier());
  parts = await doorParts(new MemoryVault(), { vault, trust });
  parts.registry.register(statevectorPlugin(pool.simulate, parts.limits));
  artifact = await sealedBell();
});
afterAll(async () => {
  await pool.close();
  await vault.close();
  await rm(home, { recursive: true });
});

async function sealedBell(changes: Partial<DoorParts> = {}): Promise<string> {
  const run = new Run({
    jobId: JOB_ID,
    title: "bell.qasm",
    principal: "ada",
    tenant: "default",
    operator: "quantum-1",
    attempt: 1,
    artifactType: "run",
    parents: [],
    traceParent: "",
    environment: parts.environment,
    sdkVersion: parts.sdkVersion,
    cryptoMode: "hybrid",
  });
  const operation = {
    kind: "quantum.circuit.run",
    backendId: "sim-statevector",
    program: utf8(BELL),
    programMediaType: "text/x-openqasm;version=2.0",
    name: "bell.qasm",
    parameters: { shots: 256 },
    seed: 42n,
  };
  await execute(operation, { ...parts, ...changes, run, signal: new AbortController().signal });
  return (await sealRun(run, vault, parts.clock)).artifactId;
}

const LABELS = '{"tags":["again"]}';
const labelsOf = async (id: string) =>
  fromUtf8(
    (await vault.bundle((await vault.find(id)).recordId)).get("record/labels.json") ?? new Uint8Array(),
  );

function replay(parameters: JsonObject, changes: Partial<DoorParts> = {}): Promise<Outcome> {
  const capsuleChanges = {
    schema: "arqonbus.replay.job.v1",
    program: new Uint8Array(),
    programMediaType: "",
    parametersJson: canonicalJson(parameters),
    labelsJson: LABELS,
  };
  const work = quantumWork({
    id: deriveUuid(JOB_ID, `replay ${jobs++}`),
    topic: "replay.jobs",
    capsuleChanges,
  });
  return replayHandler({ ...parts, ...changes }, () => "default")(work, workContext());
}

async function validate(run: string): Promise<string> {
  const constraints = { constraints: [{ kind: "expectation", observable: "ZZ", min: 0.9 }] };
  const work = quantumWork({
    id: deriveUuid(JOB_ID, `validation ${jobs++}`),
    topic: "validation.jobs",
    capsuleChanges: {
      schema: "arqonbus.validation.job.v1",
      program: utf8(canonicalJson(constraints)),
      programMediaType: "application/json",
      parametersJson: canonicalJson({ artifact: run }),
      labelsJson: LABELS,
    },
  });
  return (await validationHandler(parts, () => "default")(work, workContext())).ids?.artifactId ?? "";
}

test("constraints that are no text are refused as such", async () => {
  const capsuleChanges = {
    schema: "arqonbus.validation.job.v1",
    program: Uint8Array.of(0xff),
    parametersJson: canonicalJson({ artifact }),
  };
  const id = deriveUuid(JOB_ID, "no text");
  const work = quantumWork({ id, topic: "validation.jobs", capsuleChanges });
  await expect(validationHandler(parts, () => "default")(work, workContext())).rejects.toMatchObject({
    code: "JSON_INVALID",
  });
});

describe("a replay", () => {
  test("of a simulator's run is IDENTICAL, and an artifact whose parent is the original", async () => {
    const { output, ids, error } = await replay({ artifact });
    expect(error?.message).toBeUndefined();
    expect(output).toMatchObject({ verdict: "IDENTICAL", causes: [], original: { artifactId: artifact } });
    expect((output as JsonObject)["replayed"]).toEqual(ids);
    const files = await vault.bundle(ids?.recordId ?? "");
    const sealed = parseCanonicalJson(files.get("artifact.json") ?? new Uint8Array(), "artifact.json");
    expect(sealed).toMatchObject({
      recipe: { artifact_type: "replay", parents: [{ artifact_id: artifact, role: "replayOf" }] },
    });
    expect(fromUtf8(files.get("record/replay.json") ?? new Uint8Array())).toContain('"verdict":"IDENTICAL"');
    expect((await vault.find(ids?.artifactId ?? "")).title).toBe("replay of bell.qasm");
    expect(await labelsOf(ids?.artifactId ?? "")).toBe(`${LABELS}\n`);
  });

  test("twice is the same artifact, and can itself be replayed", async () => {
    const [first, second] = [await replay({ artifact }), await replay({ artifact })];
    expect(second.ids?.artifactId).toBe(first.ids?.artifactId);
    expect(second.ids?.recordId).not.toBe(first.ids?.recordId);
    const again = await replay({ artifact: first.ids?.artifactId ?? "" });
    expect(again.output).toMatchObject({ verdict: "IDENTICAL" });
  });

  test.each([
    ["seed", { seed: "0x2b" }, "seed"],
    ["number of shots", { shots: 300 }, "parameters"],
  ])("with another %s is DIFFERENT_EXPLAINED, and says why", async (_what, change, kind) => {
    const { output } = await replay({ artifact, ...change });
    expect(output).toMatchObject({ verdict: "DIFFERENT_EXPLAINED", causes: [{ kind }] });
  });

  test("of a refusal repeats the refusal", async () => {
    const refused = await sealedBell({ limits: { ...parts.limits, memoryBytes: 1 } });
    const { output, error } = await replay(
      { artifact: refused },
      { limits: { ...parts.limits, memoryBytes: 1 } },
    );
    expect(error).toBeUndefined();
    expect(output).toMatchObject({ verdict: "IDENTICAL" });
  });

  test("of a replay says that it is one, and what that one found: it is compared with nothing earlier", async () => {
    const changed = await replay({ artifact, seed: "0x2b" });
    const again = await replay({ artifact: changed.ids?.artifactId ?? "" });
    expect(again.output).toMatchObject({
      verdict: "IDENTICAL",
      originalReplay: { verdict: "DIFFERENT_EXPLAINED", replayOf: artifact },
      comparison: { sentence: expect.stringContaining("DIFFERENT_EXPLAINED") },
    });
  });

  test("of a Validation judges the run again, and can itself be replayed", async () => {
    const validation = await validate(artifact);
    expect(await labelsOf(validation)).toBe(`${LABELS}\n`);
    const first = await replay({ artifact: validation });
    expect(await labelsOf(first.ids?.artifactId ?? "")).toBe(`${LABELS}\n`);
    expect(first.output).toMatchObject({ verdict: "IDENTICAL", causes: [] });
    const files = await vault.bundle(first.ids?.recordId ?? "");
    const sealed = parseCanonicalJson(files.get("artifact.json") ?? new Uint8Array(), "artifact.json");
    expect(sealed).toMatchObject({
      recipe: {
        artifact_type: "replay",
        parents: expect.arrayContaining([
          { artifact_id: validation, role: "replayOf" },
          { artifact_id: artifact, role: "validates" },
        ]),
      },
    });
    const second = await replay({ artifact: first.ids?.artifactId ?? "" });
    expect(second.output).toMatchObject({ verdict: "IDENTICAL", originalReplay: { replayOf: validation } });
    await expect(replay({ artifact: validation, shots: 3 })).rejects.toMatchObject({ code: "USAGE" });
  });

  test("of a Validation whose run is gone is NOT_COMPARABLE", async () => {
    const validation = await validate(artifact);
    const without: Vault = {
      ...parts.vault,
      audit: (entry) => vault.audit(entry),
      bundle: (id) => vault.bundle(id),
      refusedKeys: () => vault.refusedKeys(),
      find: async (id) => {
        if (id === artifact) throw new ArqonError("ARTIFACT_UNKNOWN", "gone");
        return vault.find(id);
      },
    };
    const { output } = await replay({ artifact: validation }, { vault: without });
    expect(output).toMatchObject({
      verdict: "NOT_COMPARABLE",
      reason: expect.stringContaining("import it first"),
    });
  });

  test("of a reported run without a way to its operator is NOT_COMPARABLE, with the reason, and runs nothing", async () => {
    const sealer = sealerHandler({ ...parts, tenantOf: () => "default" });
    const reported = await sealer(finishedWork(), workContext());
    const before = (await vault.list(100)).length;
    const { output, ids } = await replay({ artifact: reported.ids?.artifactId ?? "" });
    expect(output).toMatchObject({ verdict: "NOT_COMPARABLE", reason: expect.stringContaining("reported") });
    expect(ids).toBeUndefined();
    expect(await vault.list(100)).toHaveLength(before);
    expect(await vault.auditTail(1)).toMatchObject([{ code: "REPLAY_NOT_COMPARABLE" }]);
  });

  test("needs the capability of its own submitter", async () => {
    const { error } = await replay({ artifact }, { policy: capabilityPolicy({}) });
    expect(error?.code).toBe("CAPABILITY_REFUSED");
  });

  test.each([
    [{ artifact: `sha256:${"0".repeat(64)}` }, "ARTIFACT_UNKNOWN"],
    [{}, "USAGE"],
    [{ artifact: "x", seed: "-1" }, "USAGE"],
    [{ artifact: "x", shots: 0 }, "USAGE"],
    [{ artifact: "x", engine: "other" }, "USAGE"],
  ])("of %j is refused", async (parameters, code) => {
    await expect(replay(parameters as JsonObject)).rejects.toMatchObject({ code });
    expect(await vault.auditTail(1)).toMatchObject([{ event: "job.refuse", code, principal: "ada" }]);
  });

  test("of a bundle signed by a key that was removed since is refused", async () => {
    const { keyId } = (await vault.publicKeys())[0] ?? { keyId: "" };
    const distrustful: Vault = {
      ...parts.vault,
      find: (id) => vault.find(id),
      audit: (entry) => vault.audit(entry),
      bundle: (id) => vault.bundle(id),
      refusedKeys: async () => [keyId],
    };
    await expect(replay({ artifact }, { vault: distrustful })).rejects.toMatchObject({
      code: "KEY_UNKNOWN",
      message: expect.stringContaining(keyId),
    });
    expect(await vault.auditTail(1)).toMatchObject([{ event: "job.refuse", code: "KEY_UNKNOWN" }]);
  });

  test("of a bundle that was altered is refused", async () => {
    const altered: Vault = {
      ...parts.vault,
      find: (id) => vault.find(id),
      audit: (entry) => vault.audit(entry),
      bundle: async (id) => new Map(await vault.bundle(id)).set("results/counts.json", utf8('{"00":256}\n')),
      refusedKeys: () => vault.refusedKeys(),
    };
    await expect(replay({ artifact }, { vault: altered })).rejects.toMatchObject({ code: "BUNDLE_TAMPERED" });
  });
});
