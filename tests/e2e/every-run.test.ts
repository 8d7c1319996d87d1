/** No path runs a program and leaves no artifact, however the run ends. */
import { type JsonObject, systemClock } from "@arqon/core/base";
import {
  ArqonError,
  type Client,
  connect,
  type JobHandle,
  type JobInit,
  JobStatus,
  nameOf,
  operator,
} from "@arqon/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Home, newHome, type Serving } from "./cli.ts";

let home: Home;
let server: Serving;
let client: Client;

beforeAll(async () => {
  home = newHome();
  server = await home.serve();
  client = await connect({ url: server.url, apiKey: server.apiKey });
});
afterAll(async () => {
  await client.close();
  await server.stop();
  home[Symbol.dispose]();
});

const job = (changes: Partial<JobInit> = {}): JobInit => ({
  schema: "lab.work.v1",
  program: "x",
  ...changes,
});
const circuit = (lines: string, parameters: JsonObject = {}): JobInit => ({
  schema: "arqonbus.quantum.job.v1",
  program: `OPENQASM 2.0; include "qelib1.inc"; ${lines}`,
  programMediaType: "text/x-openqasm;version=2.0",
  parameters: { seed: "0x1", shots: 10, ...parameters },
});

/** The artifact a job left, verified and found with the status it ended with. */
async function leaves(handle: JobHandle, status: string): Promise<JsonObject> {
  const { artifactId } = await handle.sealed({ timeoutMs: 60_000 });
  expect(nameOf(JobStatus, (await handle.state()).status)).toBe(status);
  expect((await home.arqon(["verify", artifactId])).code).toBe(0);
  return (await home.arqon(["show", artifactId, "--json"])).json<JsonObject>();
}

/** An operator that begins a job and says nothing more. */
async function silent(topic: string): Promise<{ begun: Promise<unknown>; leave(): Promise<void> }> {
  const begun = Promise.withResolvers<void>();
  const worker = await operator({
    url: server.url,
    apiKey: server.apiKey,
    topic,
    handle: () => {
      begun.resolve();
      return new Promise(() => {});
    },
  });
  return { begun: begun.promise, leave: () => worker.drain({ graceMs: 0 }) };
}

describe("an artifact is left by a run", () => {
  test("that succeeded or failed with an operator in a Reality of its own", async () => {
    const reality = "annex";
    const there = await connect({ url: server.url, apiKey: server.apiKey, reality });
    const worker = await operator({
      url: server.url,
      apiKey: server.apiKey,
      reality,
      topic: "work.jobs",
      handle: async ({ parameters }) => {
        if (parameters["fail"]) throw new ArqonError("EXECUTION_FAILED", "as told");
        return { ok: true };
      },
    });
    expect(await leaves(await there.submit("work.jobs", job()), "SUCCEEDED")).toMatchObject({
      reported: true,
      results: { "output.json": { ok: true } },
    });
    const failing = await there.submit("work.jobs", job({ parameters: { fail: true } }));
    expect(await leaves(failing, "FAILED")).toMatchObject({
      results: { "refusal.json": { code: "EXECUTION_FAILED", status: "FAILED" } },
    });
    await worker.drain();
    await there.close();
  });

  test("that was cancelled and that did not answer", async () => {
    const worker = await silent("mute.jobs");
    const handle = await client.submit("mute.jobs", job());
    await worker.begun;
    await handle.cancel("enough");
    expect(await leaves(handle, "CANCELLED")).toMatchObject({ reported: true });
    await worker.leave();
  });

  test("whose deadline passed", async () => {
    const worker = await silent("late.jobs");
    const deadlineUs = systemClock.nowUs() + 5_000_000;
    const handle = await client.submit("late.jobs", job({ deadlineUs }));
    await worker.begun;
    expect(await leaves(handle, "EXPIRED")).toMatchObject({
      results: { "refusal.json": { code: "JOB_EXPIRED", status: "EXPIRED" } },
    });
    await worker.leave();
  });

  test("whose operator was lost with every attempt", async () => {
    const worker = await silent("lost.jobs");
    const handle = await client.submit("lost.jobs", job({ maxAttempts: 1 }));
    await worker.begun;
    await worker.leave();
    expect(await leaves(handle, "DEAD")).toMatchObject({ results: { "refusal.json": { code: "JOB_DEAD" } } });
  });

  test("that the door refused, and that was cancelled at work", async () => {
    const wide = circuit(`qreg q[40]; creg c[40]; ${"t q[0]; h q;".repeat(3)} measure q -> c;`, {
      engine: "statevector",
    });
    const refused = await client.submit("quantum.jobs", wide);
    expect(await leaves(refused, "FAILED")).toMatchObject({
      artifactType: "run",
      reported: false,
      results: { "refusal.json": { code: "QUANTUM_TOO_LARGE" } },
    });
    const pairs = Array.from({ length: 21 }, (_, k) => `cz q[${k}],q[${k + 1}];`).join(" ");
    const long = circuit(`qreg q[22]; creg c[22]; ${`ry(0.3) q; ${pairs} `.repeat(400)} measure q -> c;`, {
      engine: "statevector",
    });
    const handle = await client.submit("quantum.jobs", long);
    for await (const { progress } of handle.states()) if (progress > 0) break;
    await handle.cancel("enough");
    expect(await leaves(handle, "CANCELLED")).toMatchObject({ artifactType: "run", reported: false });
  });

  test("at every point of a sweep, also one that fails", async () => {
    const { rows } = await client.sweep({
      topic: "qml.jobs",
      points: [{ qubits: 2 }, { qubits: 1, method: "variational", epochs: 1 }],
      onError: "continue",
      sealed: true,
      job: (parameters) => ({
        schema: "arqonbus.qml.job.v1",
        program: JSON.stringify({
          features: [[1], [2], [3], [4], [5], [6]],
          labels: ["a", "a", "b", "b", "c", "c"],
          unseen: [[2]],
        }),
        programMediaType: "application/json",
        parameters: { seed: "0x1", ...parameters },
      }),
    });
    expect(rows.map(({ artifactId }) => artifactId)).toEqual([
      expect.stringMatching(/^sha256:/),
      expect.stringMatching(/^sha256:/),
    ]);
  });
});
