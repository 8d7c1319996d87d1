/** Scenarios of jobs: one SDK submits, another one's operator serves. */
import type { JsonObject } from "@arqon/core/base";
import { beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "./driver.ts";
import type { World } from "./world.ts";

interface State extends Record<string, unknown> {
  readonly status: string;
  readonly attempt: number;
  readonly progress: number;
  readonly note: string;
}

/** Runs with every pair of SDKs, one submitting and one serving. */
export function describeJobs(
  world: () => World,
  near: () => Agent,
  far: () => Agent,
  spare: () => Promise<Agent>,
): void {
  describe("jobs", () => {
    let alice: string;
    let bob: string;
    beforeAll(async () => {
      alice = await world().connect(near(), "alice");
      bob = await world().connect(far(), "bob");
    });

    const operate = async (
      topic: string,
      behaviour: JsonObject,
      more: JsonObject = {},
      agent: Agent = far(),
    ): Promise<string> => {
      const operator = world().name("operator");
      await agent.call("operate", { client: bob, operator, topic, behaviour, ...more });
      return operator;
    };
    const submit = async (topic: string, more: JsonObject = {}): Promise<string> => {
      const job = { client: alice, topic, schema: "lab.work.job.v1", program: "do it" };
      return (await near().call("submit", { ...job, ...more }))["jobId"] as string;
    };
    const result = (jobId: string, more: JsonObject = {}): Promise<State> =>
      near().call("result", { client: alice, jobId, timeoutMs: 30_000, ...more }) as never;
    const handled = async (operator: string, count: number, agent: Agent = far()): Promise<void> => {
      await expect
        .poll(async () => (await agent.call<{ jobs: [] }>("operated", { operator })).jobs.length, {
          timeout: 30_000,
        })
        .toBe(count);
    };

    test("a job goes to an operator and comes back as its one result", async () => {
      const topic = `${world().name("work")}.jobs`;
      await operate(topic, { kind: "echo" });
      const jobId = await submit(topic, { parameters: { größe: 1.5, a: "x" }, program: "run 漢字" });
      expect(await result(jobId)).toMatchObject({
        jobId,
        topic,
        status: "SUCCEEDED",
        attempt: 1,
        output: {
          json: { parameters: { größe: 1.5, a: "x" }, program: "run 漢字", schema: "lab.work.job.v1" },
        },
        error: null,
      });
    });

    test.each([
      ["text", { kind: "upper" }, { text: "DO IT" }],
      ["no bytes", { kind: "bytes", count: 0 }, { base64: "" }],
      ["500 KB", { kind: "bytes", count: 500_000 }, undefined],
    ])("an output of %s arrives as it was", async (_, behaviour, expected) => {
      const topic = `${world().name("work")}.jobs`;
      await operate(topic, behaviour);
      const { status, output } = await result(await submit(topic));
      expect(status).toBe("SUCCEEDED");
      if (expected) expect(output).toEqual(expected);
      else {
        const bytes = Buffer.from((output as { base64: string }).base64, "base64");
        expect(bytes.length).toBe(500_000);
        expect(bytes.every((byte, i) => byte === i % 251)).toBe(true);
      }
    });

    test("states are seen in order, progress included", async () => {
      const topic = `${world().name("work")}.jobs`;
      const progress = [
        [0.25, "quarter"],
        [0.75, "three quarters"],
      ];
      const operator = await operate(topic, { kind: "gate", progress });
      const jobId = await submit(topic);
      const watching = near().call("states", { client: alice, jobId, timeoutMs: 30_000 });
      await near().call("flush", { client: alice });
      await handled(operator, 1);
      await far().call("release", { operator });
      const states = (await watching)["states"] as unknown as State[];
      const order = ["SUBMITTED", "LEASED", "RUNNING", "SUCCEEDED"];
      const ranks = states.map(({ status }) => order.indexOf(status));
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      expect(states.filter(({ status }) => status === "RUNNING").map((s) => [s.progress, s.note])).toEqual(
        progress,
      );
      expect(states.at(-1)).toMatchObject({ status: "SUCCEEDED", progress: 1 });
    });

    test.each([
      [
        { kind: "fail", code: "QASM_SYNTAX", message: "line 3: expected ;" },
        "QASM_SYNTAX",
        "line 3: expected ;",
      ],
      [{ kind: "crash", message: "division by zero" }, "EXECUTION_FAILED", "division by zero"],
      [{ kind: "bytes", count: 600_000 }, "LIMIT_EXCEEDED", ""],
    ])("what an operator throws is the job's error: %j", async (behaviour, code, message) => {
      const topic = `${world().name("work")}.jobs`;
      await operate(topic, behaviour);
      const state = await result(await submit(topic));
      expect(state).toMatchObject({ status: "FAILED", output: null, error: { code } });
      expect((state["error"] as { message: string }).message).toContain(message);
    });

    test("a running job can be cancelled, and so can one nobody has taken", async () => {
      const topic = `${world().name("work")}.jobs`;
      const operator = await operate(topic, { kind: "hang" });
      const running = await submit(topic);
      await handled(operator, 1);
      const idle = await submit(`${world().name("idle")}.jobs`);
      for (const jobId of [running, idle]) {
        await near().call("cancel", { client: alice, jobId, reason: "not needed" });
        expect(await result(jobId)).toMatchObject({ status: "CANCELLED", error: { code: "CANCELLED" } });
      }
      // Its place is free again.
      const next = await submit(topic);
      await handled(operator, 2);
      await near().call("cancel", { client: alice, jobId: next });
    });

    test("a deadline ends a job", async () => {
      const topic = `${world().name("work")}.jobs`;
      await operate(topic, { kind: "hang" });
      const jobId = await submit(topic, { deadlineMs: 2_000 });
      expect(await result(jobId)).toMatchObject({ status: "EXPIRED", error: { code: "JOB_EXPIRED" } });
    });

    test("a job of a killed operator goes to another, and has one result", async () => {
      const topic = `${world().name("work")}.jobs`;
      const doomed = await spare();
      const client = await world().connect(doomed, "bob");
      const operator = await operate(topic, { kind: "hang" }, { client }, doomed);
      const jobId = await submit(topic);
      await handled(operator, 1, doomed);
      await operate(topic, { kind: "echo" });
      await doomed.kill();
      expect(await result(jobId)).toMatchObject({ status: "SUCCEEDED", attempt: 2 });
      const filter = topic.replace(/jobs$/, "results");
      const { messages } = await near().call("history", { client: alice, filter });
      expect((messages as { type: string }[]).map(({ type }) => type)).toEqual(["JOB_RESULT"]);
    });

    test("a physical job of a killed operator is not repeated, and a job has no more attempts than it was given", async () => {
      const topic = `${world().name("work")}.jobs`;
      const doomed = await spare();
      const client = await world().connect(doomed, "bob");
      const operator = await operate(topic, { kind: "hang" }, { client, maxInFlight: 2 }, doomed);
      const pulse = await submit(topic, { effect: "physical" });
      const single = await submit(topic, { maxAttempts: 1 });
      await handled(operator, 2, doomed);
      await doomed.kill();
      expect(await result(pulse)).toMatchObject({
        status: "FAILED",
        error: { code: "JOB_EFFECT_UNCERTAIN" },
      });
      expect(await result(single)).toMatchObject({ status: "DEAD", error: { code: "JOB_DEAD" } });
    });

    test("a drained operator gives its job back at once", async () => {
      const topic = `${world().name("work")}.jobs`;
      const operator = await operate(topic, { kind: "gate" });
      const jobId = await submit(topic);
      await handled(operator, 1);
      const next = await operate(topic, { kind: "echo" });
      await far().call("drain", { operator });
      expect(await result(jobId)).toMatchObject({ status: "SUCCEEDED", attempt: 2 });
      await handled(next, 1);
    });

    test("many jobs are shared by operators, and each has exactly one terminal record", async () => {
      const topic = `${world().name("work")}.jobs`;
      const operators = [
        await operate(topic, { kind: "echo" }, { maxInFlight: 4 }),
        await operate(topic, { kind: "echo" }),
      ];
      const jobs = await Promise.all(
        Array.from({ length: 30 }, (_, i) => submit(topic, { parameters: { i } })),
      );
      const states = await Promise.all(jobs.map((jobId) => result(jobId)));
      const values = states.map(({ output }) => (output as { json: { parameters: { i: number } } }).json);
      expect(values.map(({ parameters }) => parameters.i)).toEqual(Array.from({ length: 30 }, (_, i) => i));
      const filter = topic.replace(/jobs$/, "results");
      const { messages } = await near().call("history", { client: alice, filter });
      expect(messages).toHaveLength(30);
      const served = await Promise.all(
        operators.map((operator) => far().call<{ jobs: { jobId: string }[] }>("operated", { operator })),
      );
      const ids = served.flatMap(({ jobs }) => jobs.map(({ jobId }) => jobId));
      expect(ids.sort()).toEqual([...jobs].sort());
    });

    test("the same job twice is one job; another job with its id is a conflict", async () => {
      const topic = `${world().name("work")}.jobs`;
      const id = world().newId();
      const job = {
        client: alice,
        topic,
        id,
        schema: "lab.work.job.v1",
        program: "p",
        parameters: { b: 1, a: 2 },
      };
      expect(await near().call("submit", job)).toEqual({ jobId: id, duplicate: false });
      const reordered = { ...job, parameters: { a: 2, b: 1 } };
      expect(await near().call("submit", reordered)).toEqual({ jobId: id, duplicate: true });
      await expect(near().call("submit", { ...job, program: "q" })).rejects.toMatchObject({
        code: "JOB_CONFLICT",
      });
      await operate(topic, { kind: "upper" });
      expect(await result(id)).toMatchObject({ status: "SUCCEEDED", output: { text: "P" } });
      expect(await near().call("submit", job)).toEqual({ jobId: id, duplicate: true });
    });

    test("a job nobody submitted is unknown", async () => {
      const jobId = world().newId();
      for (const cmd of ["job", "cancel", "result", "states"])
        await expect(near().call(cmd, { client: alice, jobId, timeoutMs: 30_000 })).rejects.toMatchObject({
          code: "JOB_UNKNOWN",
        });
    });

    test("who may not execute may not submit", async () => {
      const client = await world().connect(near(), "guest");
      const job = { client, topic: "guest.jobs", schema: "lab.work.job.v1", program: "p" };
      await expect(near().call("submit", job)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    });

    test("a job topic ends in .jobs", async () => {
      await expect(submit("lab.work.things")).rejects.toMatchObject({ code: "TOPIC_INVALID" });
    });

    test("a run of a foreign operator waits for its seal, and is reported once sealed", async () => {
      const reality = world().name("sealed");
      const submitter = await world().connect(near(), "alice", { reality });
      const server = await world().connect(far(), "bob", { reality });
      const sealer = await world().connect(far(), "sealer", { reality });
      const topic = `${world().name("work")}.jobs`;
      await operate(topic, { kind: "echo" }, { client: server });
      const jobId = await submit(topic, { client: submitter });
      const done = await result(jobId, { client: submitter });
      expect(done).toMatchObject({ status: "SUCCEEDED", sealPending: true, reported: false, artifactId: "" });
      const sealing = result(jobId, { client: submitter, sealed: true });
      await operate("seal.jobs", { kind: "seal" }, { client: sealer });
      expect(await sealing).toMatchObject({
        status: "SUCCEEDED",
        sealPending: false,
        reported: true,
        recipeId: `sha256:${"1".repeat(64)}`,
        artifactId: `sha256:${"2".repeat(64)}`,
        recordId: `sha256:${"3".repeat(64)}`,
      });
    });
  });
}
