import { fromUtf8, ManualTime } from "@arqon/core/base";
import { countsResult } from "@arqon/core/bundle";
import { describe, expect, test } from "vitest";
import { type FinishedChanges, finishedWork } from "./finished.fixture.ts";
import { tenantOf } from "./ground.ts";
import { JOB_ID, MemoryVault, quantumWork, workContext } from "./lab.fixture.ts";
import { sealerHandler } from "./sealer.ts";

function setUp() {
  const vault = new MemoryVault();
  const handler = sealerHandler({
    vault,
    clock: new ManualTime(),
    environment: { node: "26" },
    sdkVersion: "arqon/0.1.0 (typescript)",
    cryptoMode: "hybrid",
    tenantOf: (...whose) => tenantOf({ ada: { tenant: "lab-ada", capabilities: [] } }, ...whose),
  });
  const seal = async (changes?: FinishedChanges) => {
    const { ids } = await handler(finishedWork(changes), workContext());
    const draft = vault.drafts.at(-1);
    if (!ids || !draft) throw new TypeError("nothing was sealed");
    const text = (section: "recipe" | "conditions" | "record", name: string) =>
      fromUtf8(draft[section].get(name) ?? new Uint8Array());
    return { ids, draft, text };
  };
  return { vault, handler, seal };
}

describe("a foreign operator's run", () => {
  test("is sealed from what the bus recorded, and marked reported", async () => {
    const { draft, text } = await setUp().seal();
    expect(draft).toMatchObject({
      artifactType: "run",
      reported: true,
      engine: { name: "echo", semantics: "reported" },
    });
    expect(draft.manifest).toMatchObject({ jobId: JOB_ID, backendId: "lab.echo", seed: "0x7" });
    expect([...draft.recipe.keys()].sort()).toEqual([
      "parameters.json",
      "program.bin",
      "replay.json",
      "seeds.json",
    ]);
    expect(text("recipe", "parameters.json")).toBe('{"seed":"0x7","volume":3}\n');
    expect(text("conditions", "backend.json")).toBe(
      '{"id":"lab.echo","inputSchemas":["lab.echo.job.v1"],"operatorType":"echo","reported":true}\n',
    );
    expect(JSON.parse(text("record", "execution.json"))).toMatchObject({
      attempts: 1,
      started: "2026-01-01T00:00:00.000Z",
      ended: "2026-01-01T00:00:02.000Z",
      operatorPrincipal: "pyop",
      principal: "ada",
      status: "completed",
    });
  });

  test("is the tenant's of whoever submitted it; a service submits for others, and says for whom", async () => {
    const { seal } = setUp();
    const tenant = async (changes: FinishedChanges) => (await seal(changes)).draft.manifest.tenant;
    expect(await tenant({})).toBe("lab-ada");
    expect(await tenant({ tenant: "lab-bob" })).toBe("lab-ada");
    expect(await tenant({ submitter: "scheduler", tenant: "lab-bob" })).toBe("lab-bob");
    expect(await tenant({ submitter: "replay", tenant: "lab-bob" })).toBe("lab-bob");
    expect(await tenant({ submitter: "replay" })).toBe("unknown");
    expect(await tenant({ submitter: "gone", tenant: "lab-bob" })).toBe("unknown");
  });

  test("is sealed also where its parameters and constraints are no JSON objects", async () => {
    const [parametersJson, constraintsJson] = ["[1]", "{"];
    const { text } = await setUp().seal({ parametersJson, constraintsJson });
    expect(text("recipe", "parameters.json")).toBe("{}\n");
    const execution = JSON.parse(text("record", "execution.json"));
    expect(execution.unreadable).toEqual({ constraints_json: "{", parameters_json: "[1]" });
    expect(execution).not.toHaveProperty("constraints");
  });

  test("keeps what its submitter called it in the record, and is the same artifact without", async () => {
    const { seal } = setUp();
    const plain = await seal();
    expect(plain.draft.record.has("labels.json")).toBe(false);
    const labelled = await seal({ labelsJson: '{"note":"try 2","tags":["echo"]}' });
    expect(labelled.text("record", "labels.json")).toBe('{"note":"try 2","tags":["echo"]}\n');
    expect(labelled.ids.artifactId).toBe(plain.ids.artifactId);
    const unreadable = await seal({ labelsJson: '{"tags":["b","a"]}' });
    expect(unreadable.draft.record.has("labels.json")).toBe(false);
    expect(JSON.parse(unreadable.text("record", "execution.json")).unreadable).toEqual({
      labels_json: '{"tags":["b","a"]}',
    });
  });

  test("that gave counts has them as a result of their own", async () => {
    const { draft } = await setUp().seal();
    expect([...draft.results.keys()].sort()).toEqual(["counts.json", "output.json"]);
    expect(draft.results.get("counts.json")).toEqual(countsResult({ "0": 3, "1": 5 }));
    const other = await setUp().seal({ output: { counts: { "0": -1 } } });
    expect([...other.draft.results.keys()]).toEqual(["output.json"]);
  });

  test("has ids that do not depend on when it ran, which operator did it, or its version", async () => {
    const { seal } = setUp();
    const here = await seal();
    const there = await seal({
      jobId: JOB_ID.replace(/1$/, "2"),
      operatorId: "echo-on-host-9",
      operatorVersion: "7.7",
      startedUnixUs: 1_800_000_000_000_000n,
    });
    expect(there.ids.artifactId).toBe(here.ids.artifactId);
    expect(there.ids.recordId).not.toBe(here.ids.recordId);
    expect((await seal({ output: 4 })).ids.artifactId).not.toBe(here.ids.artifactId);
  });

  test.each([
    ["text", new TextEncoder().encode("hi"), "text/plain", '{"mediaType":"text/plain","text":"hi"}\n'],
    ["bytes", new Uint8Array([255, 0]), "image/x", '{"base64":"/wA=","mediaType":"image/x"}\n'],
    [
      "broken JSON",
      new TextEncoder().encode("{"),
      "application/json",
      '{"mediaType":"application/json","text":"{"}\n',
    ],
    ["JSON out of order", new TextEncoder().encode('{"b":1, "a":2}'), "application/json", '{"a":2,"b":1}\n'],
  ])("that gave %s keeps it inside canonical JSON", async (_what, output, outputMediaType, expected) => {
    const { draft } = await setUp().seal({ output, outputMediaType });
    expect(fromUtf8(draft.results.get("output.json")?.bytes ?? new Uint8Array())).toBe(expected);
  });

  test("that failed is sealed as its refusal, without the message", async () => {
    const { draft } = await setUp().seal({ failed: true });
    expect(fromUtf8(draft.results.get("refusal.json")?.bytes ?? new Uint8Array())).toBe(
      '{"code":"EXECUTION_FAILED","status":"FAILED"}\n',
    );
  });

  test("is sealed only at the bus's own word", async () => {
    const { handler, vault } = setUp();
    await expect(handler(finishedWork({ producer: "eve" }), workContext())).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    expect(vault.audits).toMatchObject([{ event: "job.refuse", by: "sealer", code: "PERMISSION_DENIED" }]);
    await expect(handler(quantumWork({ producer: "arqon-bus" }), workContext())).rejects.toMatchObject({
      code: "SCHEMA_UNKNOWN",
    });
    expect(vault.drafts).toEqual([]);
  });
});
