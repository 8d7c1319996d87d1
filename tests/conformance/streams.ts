/** Scenarios of streams and sweeps, and of the other ways to connect. */
import { createHash } from "node:crypto";
import type { JsonObject } from "@arqon/core/base";
import { beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "./driver.ts";
import { receive, receiveAll, type World } from "./world.ts";

/** Runs with every pair of SDKs, one writing or sweeping and one reading or serving. */
export function describeStreams(world: () => World, near: () => Agent, far: () => Agent): void {
  describe("streams", () => {
    let alice: string;
    let bob: string;
    beforeAll(async () => {
      alice = await world().connect(near(), "alice");
      bob = await world().connect(far(), "bob");
    });
    const parts = [Buffer.from("grüße"), Buffer.alloc(0), Buffer.alloc(300_000, 7), Buffer.from([0, 255])];
    const chunks = parts.map((part) => part.toString("base64"));
    const write = (topic: string, more: JsonObject = {}): Promise<JsonObject> =>
      near().call("writeStream", { client: alice, topic, mediaType: "audio/wav", chunks, ...more });
    const read = (filter: string, more: JsonObject = {}): Promise<JsonObject> =>
      far().call("readStream", { client: bob, filter, timeoutMs: 30_000, ...more });

    test("a stream comes whole, with its counts and its hash", async () => {
      const topic = `${world().name("lab")}.streams`;
      const reading = read(topic);
      await far().call("flush", { client: bob });
      const written = await write(topic, { parameters: { rate: 48_000 } });
      expect(written).toEqual({
        streamId: expect.any(String),
        chunks: 4,
        bytes: Buffer.concat(parts).length,
        sha256: createHash("sha256").update(Buffer.concat(parts)).digest("hex"),
      });
      expect(await reading).toEqual({
        summary: written,
        chunks,
        mediaType: "audio/wav",
        parameters: { rate: 48_000 },
      });
    });

    test("a stream is read from the log, the one that was asked for", async () => {
      const topic = `${world().name("lab")}.streams`;
      const streamId = world().newId();
      await write(topic);
      await write(topic, { streamId, chunks: ["AQID"] });
      const { summary, chunks: came } = await read(topic, { streamId, fromSequence: 0 });
      expect([summary, came]).toMatchObject([{ streamId, chunks: 1, bytes: 3 }, ["AQID"]]);
    });

    test("a stream whose producer went away is ended by the bus, and its reader told", async () => {
      const topic = `${world().name("lab")}.streams`;
      const lost = await world().connect(near(), "alice");
      await write(topic, { client: lost, leave: true });
      const reading = read(topic, { fromSequence: 0 });
      await near().call("close", { client: lost });
      await expect(reading).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    });

    test("a stream that its producer gave up ends with its error", async () => {
      const topic = `${world().name("lab")}.streams`;
      await write(topic, { abort: { code: "EXECUTION_FAILED", message: "the microphone fell" } });
      await expect(read(topic, { fromSequence: 0 })).rejects.toMatchObject({
        code: "EXECUTION_FAILED",
        message: expect.stringContaining("the microphone fell"),
      });
    });

    test("a sweep runs every point, in order, and taken up again repeats none", async () => {
      const topic = `${world().name("work")}.jobs`;
      const operator = world().name("operator");
      const behaviour = { kind: "echo" };
      await far().call("operate", { client: bob, operator, topic, behaviour, maxInFlight: 3 });
      const sweepId = world().newId();
      const sweep = {
        client: alice,
        topic,
        sweepId,
        schema: "lab.work.job.v1",
        program: "p",
        timeoutMs: 30_000,
      };
      const points = { theta: [0.5, 1], n: [1, 2, 3] };
      const { rows, progress } = await near().call<{ rows: JsonObject[]; progress: number[] }>("sweep", {
        ...sweep,
        points,
        concurrency: 2,
      });
      const grid = points.theta.flatMap((theta) => points.n.map((n) => ({ theta, n })));
      expect(rows.map(({ point }) => point)).toEqual(grid);
      expect(rows.map(({ output }) => (output as { parameters: JsonObject }).parameters)).toEqual(grid);
      expect(progress).toEqual([1, 2, 3, 4, 5, 6]);
      const again = await near().call("sweep", { ...sweep, points: [...grid, { theta: 9, n: 9 }] });
      expect((again["rows"] as JsonObject[]).slice(0, 6)).toEqual(rows);
      const { jobs } = await far().call<{ jobs: [] }>("operated", { operator });
      expect(jobs).toHaveLength(7);
    });

    test("a point that fails stands in its row, or ends the sweep", async () => {
      const topic = `${world().name("work")}.jobs`;
      const behaviour = { kind: "fail", code: "QASM_SYNTAX", message: "line 3" };
      await far().call("operate", { client: bob, operator: world().name("operator"), topic, behaviour });
      const sweep = { client: alice, topic, schema: "lab.work.job.v1", program: "p", timeoutMs: 30_000 };
      const points = [{ a: 1 }, { a: 2 }];
      expect(await near().call("sweep", { ...sweep, points, onError: "continue" })).toEqual({
        rows: points.map((point) => ({ point, output: null, error: "QASM_SYNTAX" })),
        progress: [1, 2],
      });
      await expect(near().call("sweep", { ...sweep, points })).rejects.toMatchObject({ code: "QASM_SYNTAX" });
    });

    test("a drained operator finishes what it has within its grace", async () => {
      const topic = `${world().name("work")}.jobs`;
      const operator = world().name("operator");
      await far().call("operate", { client: bob, operator, topic, behaviour: { kind: "gate" } });
      const job = { client: alice, topic, schema: "lab.work.job.v1", program: "p" };
      const { jobId = "" } = await near().call("submit", job);
      const handled = async (): Promise<number> =>
        (await far().call<{ jobs: [] }>("operated", { operator })).jobs.length;
      await expect.poll(handled, { timeout: 30_000 }).toBe(1);
      const draining = far().call("drain", { operator, graceMs: 30_000 });
      await far().call("flush", { client: bob });
      await far().call("release", { operator });
      await draining;
      const state = await near().call("result", { client: alice, jobId, timeoutMs: 30_000 });
      expect(state).toMatchObject({ status: "SUCCEEDED", attempt: 1 });
    });

    test("a responder replies to inboxes only", async () => {
      const topic = `${world().name("lab")}.echo.ask`;
      const elsewhere = `${world().name("lab")}.secret.topic`;
      const [responder, sub] = [world().name("sub"), world().name("sub")];
      await far().call("respond", { client: bob, responder, topic, mode: "echo" });
      await near().call("subscribe", { client: alice, sub, filter: elsewhere });
      const payload = { json: 1 };
      await near().call("publish", {
        client: alice,
        topic,
        payload,
        replyTo: elsewhere,
        durability: "logged",
      });
      expect(await near().call("request", { client: alice, topic, payload, timeoutMs: 30_000 })).toEqual({
        payload,
      });
      expect(await receiveAll(near(), alice, sub)).toEqual([]);
    });

    test("with credit everything comes that is taken, however small the window", async () => {
      const more = { window: { messages: 4, bytes: 100_000 } };
      const [from, to] = [
        await world().connect(near(), "alice", more),
        await world().connect(far(), "bob", more),
      ];
      const topic = `${world().name("lab")}.sensor.read`;
      const sub = world().name("sub");
      await far().call("subscribe", { client: to, sub, filter: topic });
      const numbers = Array.from({ length: 2_000 }, (_, i) => i);
      const publishing = Promise.all(
        numbers.map((json) =>
          near().call("publish", {
            client: from,
            topic,
            payload: { json },
            durability: json % 3 ? "ephemeral" : "logged",
          }),
        ),
      );
      const came = await receive(far(), sub, numbers.length);
      await publishing;
      const values = came.map(({ payload }) => Number((payload as { json: number }).json));
      expect(values.toSorted((a, b) => a - b)).toEqual(numbers);
    });

    test.each(["tcp", "browser"])("over %s all is as over a socket's WebSocket", async (transport) => {
      const url = transport === "tcp" ? world().bus.tcpUrl : undefined;
      const more = { transport, ...(url !== undefined && { url }) };
      const [from, to] = [
        await world().connect(near(), "alice", more),
        await world().connect(far(), "bob", more),
      ];
      const topic = `${world().name("lab")}.sensor.read`;
      const sub = world().name("sub");
      await far().call("subscribe", { client: to, sub, filter: topic });
      const sizes = [
        0,
        1,
        100,
        127,
        128,
        16_383,
        70_000,
        500_000,
        ...Array.from({ length: 50 }, (_, i) => i),
      ];
      const payloads = sizes.map((size) => ({ base64: Buffer.alloc(size, size % 251).toString("base64") }));
      await Promise.all(
        payloads.map((payload, i) =>
          near().call("publish", {
            client: from,
            topic,
            payload,
            durability: i % 2 ? "logged" : "ephemeral",
          }),
        ),
      );
      await near().call("flush", { client: from });
      const came = await receiveAll(far(), to, sub);
      const sorted = (all: readonly JsonObject[]): string[] =>
        all.map((each) => String(each["base64"])).toSorted();
      expect(sorted(came.map(({ payload }) => payload))).toEqual(sorted(payloads));
    });
  });
}
