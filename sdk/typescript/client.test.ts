import { ArqonError, formatSeed, parseJson, utf8 } from "@arqon/core/base";
import {
  BundleChunkSchema,
  BundleGetSchema,
  ErrorInfoSchema,
  errorInfo,
  JobSchema,
  JobStatus,
  messageWith,
  payloadOf,
} from "@arqon/core/wire";
import { describe, expect, test } from "vitest";
import { type Client, connect } from "./client.ts";
import { FakeServer } from "./fake-server.ts";
import { json } from "./payload.ts";

async function open(): Promise<{ server: FakeServer; client: Client }> {
  const server = new FakeServer();
  return { server, client: await connect(server.options()) };
}

describe("publishing", () => {
  test.each<[string, string, unknown, string]>([
    ["a topic of two tokens", "lab.read", 1, "TOPIC_INVALID"],
    ["a wildcard", "lab.*.read", 1, "TOPIC_INVALID"],
    ["undefined", "lab.a.read", undefined, "JSON_INVALID"],
    ["NaN", "lab.a.read", { x: Number.NaN }, "JSON_INVALID"],
  ])("refuses %s before anything is sent", async (_, topic, payload, code) => {
    const { server, client } = await open();
    await expect(client.publish(topic, payload as never)).rejects.toMatchObject({ code });
    expect(server.published).toEqual([]);
    await client.close();
  });

  test("a refused ephemeral publication is told to onError", async () => {
    const server = new FakeServer();
    const errors: string[] = [];
    const client = await connect(server.options({ onError: (error) => errors.push(error.code) }));
    const { id } = await client.publish("lab.a.b", 1);
    const value = errorInfo(new ArqonError("PERMISSION_DENIED", "no"), id);
    server.connection.op(0n, { case: "error", value });
    await server.settle();
    expect(errors).toEqual(["PERMISSION_DENIED"]);
    await client.close();
  });

  test("a refused logged publication rejects with the server's code", async () => {
    const { server, client } = await open();
    server.acknowledges = false;
    const publishing = client.publish("lab.a.b", json("text as JSON"), { durability: "logged" });
    await server.settle();
    const value = errorInfo(new ArqonError("LOG_UNAVAILABLE", "disk full"), server.published[0]?.id);
    server.connection.op(0n, { case: "error", value });
    await expect(publishing).rejects.toMatchObject({ code: "LOG_UNAVAILABLE", message: "disk full" });
    await client.close();
  });
});

describe("subscriptions", () => {
  test("a consumer that lets too many messages wait is told after what it has", async () => {
    const { server, client } = await open();
    const subscription = await client.subscribe("lab.>", { capacity: 2 });
    for (let i = 0; i < 3; i++) server.emit("lab.a.b");
    await server.settle();
    expect([(await subscription.next())?.sequence, (await subscription.next())?.sequence]).toEqual([1, 2]);
    await expect(subscription.next()).rejects.toMatchObject({ code: "SLOW_CONSUMER" });
    await client.close();
  });

  test.each<["drop-oldest" | "drop-newest", number[]]>([
    ["drop-oldest", [2, 3]],
    ["drop-newest", [1, 2]],
  ])("%s drops and counts", async (overflow, kept) => {
    const { server, client } = await open();
    const subscription = await client.subscribe("lab.>", { capacity: 2, overflow });
    for (let i = 0; i < 3; i++) server.emit("lab.a.b");
    await server.settle();
    expect([(await subscription.next())?.sequence, (await subscription.next())?.sequence]).toEqual(kept);
    expect(subscription.dropped).toBe(1);
    await client.close();
  });

  test("a handler is called for one message after the other, and its error does not end the subscription", async () => {
    const server = new FakeServer();
    const errors: string[] = [];
    const client = await connect(server.options({ onError: (error) => errors.push(error.message) }));
    const seen: number[] = [];
    await client.subscribe("lab.>", {
      handler: async (message) => {
        await Promise.resolve();
        seen.push(message.sequence);
        if (message.sequence === 1) throw new Error("handler failed");
      },
    });
    server.emit("lab.a.b");
    server.emit("lab.a.b");
    await server.settle();
    expect([seen, errors]).toEqual([[1, 2], ["handler failed"]]);
    await client.close();
  });

  test("closing the client ends an iteration without an error", async () => {
    const { client } = await open();
    const subscription = await client.subscribe("lab.>");
    const iterating = (async () => {
      for await (const _ of subscription);
      return "ended";
    })();
    await client.close();
    expect(await iterating).toBe("ended");
  });

  test("leaving the loop unsubscribes", async () => {
    const { server, client } = await open();
    const subscription = await client.subscribe("lab.>");
    server.emit("lab.a.b");
    for await (const _ of subscription) break;
    expect(server.connection.subscriptions.size).toBe(0);
    await client.close();
  });
});

describe("jobs", () => {
  const OUTPUT = {
    backend: "sim",
    counts: { "00": 3, "11": 5 },
    engine: "sv",
    qubits: 2,
    seed: "0x2a",
    shots: 8,
  };

  async function running(result: object): Promise<{ server: FakeServer; client: Client }> {
    const { server, client } = await open();
    server.answer = (connection, corr, op) => {
      if (op.case !== "jobGet") return;
      const { jobId } = op.value;
      connection.op(corr, { case: "jobState", value: { jobId, status: JobStatus.RUNNING, progress: 0.5 } });
      connection.op(corr, { case: "jobState", value: { jobId, ...result } });
    };
    return { server, client };
  }

  test("a circuit becomes a job of its documented form, and its counts come back", async () => {
    const output = utf8(JSON.stringify({ ...OUTPUT, warnings: ["w"] }));
    const done = {
      output,
      outputMediaType: "application/json",
      artifactId: "sha256:a",
      recordId: "sha256:c",
    };
    const { server, client } = await running({ status: JobStatus.SUCCEEDED, result: done });
    const statuses: number[] = [];
    const run = await client.runCircuit("OPENQASM 2.0;", {
      shots: 8,
      seed: 42,
      backend: "sim",
      name: "bell.qasm",
      onState: (state) => statuses.push(state.status),
    });
    const message = server.published[0];
    expect(message).toMatchObject({ topic: "quantum.jobs", schema: "arqonbus.quantum.job.v1" });
    expect(message && payloadOf(message, JobSchema).capsule).toMatchObject({
      schema: "arqonbus.quantum.job.v1",
      program: utf8("OPENQASM 2.0;"),
      programMediaType: "text/x-openqasm;version=2.0",
      name: "bell.qasm",
      parametersJson: '{"seed":"0x2a","shots":8}',
      constraintsJson: '{"backend":"sim"}',
    });
    expect(run).toMatchObject({ counts: { "00": 3, "11": 5 }, artifactId: "sha256:a", warnings: ["w"] });
    expect(statuses).toEqual([JobStatus.RUNNING, JobStatus.SUCCEEDED]);
    expect(String(run)).toContain("11  ████████████████████████████████  5   62.5 %");
    await client.close();
  });

  test("engine, noise, inputs and observables are parameters of the job; expectation values come back", async () => {
    const expectations = [{ observable: "ZZ", value: 0.97 }];
    const output = utf8(JSON.stringify({ ...OUTPUT, reason: "named", expectations }));
    const { server, client } = await running({ status: JobStatus.SUCCEEDED, result: { output } });
    const asked = {
      engine: "density",
      precision: "f64",
      inputs: { theta: 0.3 },
      noise: { calibration: { device: "line" }, idle: true },
      transpile: false,
      observables: ["ZZ", { XX: 0.5 }],
    } as const;
    const run = await client.runCircuit("q", { ...asked, seed: 1, shots: 8 });
    const message = server.published[0];
    const text = message ? (payloadOf(message, JobSchema).capsule?.parametersJson ?? "") : "";
    expect(parseJson(text, "parameters")).toEqual({ ...asked, seed: "0x1", shots: 8 });
    expect(run).toMatchObject({ reason: "named", expectations });
    expect(String(run)).toContain("<ZZ> = 0.97");
    await client.close();
  });

  test("without a seed a fresh one is drawn and recorded", async () => {
    const output = utf8(JSON.stringify(OUTPUT));
    const { server, client } = await running({ status: JobStatus.SUCCEEDED, result: { output } });
    await client.runCircuit("q");
    const message = server.published[0];
    const text = message ? (payloadOf(message, JobSchema).capsule?.parametersJson ?? "") : "";
    expect(parseJson(text, "parameters")).toEqual({ seed: formatSeed(0n), shots: 1024 });
    await expect(client.runCircuit("q", { seed: -1 })).rejects.toMatchObject({ code: "USAGE" });
    await expect(client.runCircuit("q", { shots: 0 })).rejects.toMatchObject({ code: "USAGE" });
    await client.close();
  });

  test.each<[JobStatus, object | undefined, string]>([
    [JobStatus.FAILED, { code: "QASM_SYNTAX", message: "line 1" }, "QASM_SYNTAX"],
    [JobStatus.FAILED, undefined, "EXECUTION_FAILED"],
    [JobStatus.CANCELLED, undefined, "CANCELLED"],
    [JobStatus.EXPIRED, undefined, "JOB_EXPIRED"],
    [JobStatus.DEAD, undefined, "JOB_DEAD"],
  ])("a job that ends as %i with error %j throws it", async (status, error, code) => {
    const { client } = await running({ status, result: { status, ...(error && { error }) } });
    await expect(client.runCircuit("q")).rejects.toMatchObject({ code });
    const job = client.job("01890a5d-ac96-774b-bcce-b302099a8057");
    await expect(job.result()).rejects.toMatchObject({ code });
    expect((await job.finished()).status).toBe(status);
    await client.close();
  });

  test("a circuit whose caller leaves is cancelled", async () => {
    const { server, client } = await open();
    const asked: string[] = [];
    server.answer = (connection, corr, op) => {
      asked.push(op.case);
      if (op.case === "jobCancel") connection.op(corr, { case: "done", value: {} });
    };
    const leaving = new AbortController();
    const run = client.runCircuit("q", { signal: leaving.signal });
    await server.settle();
    leaving.abort();
    await expect(run).rejects.toMatchObject({ code: "CANCELLED" });
    await server.settle();
    expect(asked).toEqual(["jobGet", "jobCancel"]);
    await client.close();
  });

  test("a sweep whose progress cannot be told ends, and does not go on to the other points", async () => {
    const { server, client } = await running({ status: JobStatus.SUCCEEDED });
    const swept = client.sweep({
      topic: "lab.work.jobs",
      points: [1, 2, 3, 4, 5, 6].map((n) => ({ n })),
      job: (point) => ({ schema: "lab.work.job.v1", program: "p", parameters: point }),
      concurrency: 2,
      onProgress: ({ done }) => {
        if (done === 1) throw new RangeError("the bar is full");
      },
    });
    await expect(swept).rejects.toThrow("the bar is full");
    await server.settle();
    // Each worker may have begun one more.
    expect(server.published.length).toBeLessThan(5);
    await client.close();
  });

  test("a job that is not finished in time is told so, and can be waited for again", async () => {
    const { server, client } = await open();
    const job = client.job("01890a5d-ac96-774b-bcce-b302099a8057");
    const result = job.result({ timeoutMs: 1_000 });
    await server.settle();
    server.time.advance(1_000);
    await expect(result).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    const later = job.result({ timeoutMs: 1_000 });
    await server.settle();
    const note = "no operator serves lab.jobs";
    server.connection.op(0n, {
      case: "jobState",
      value: { jobId: job.id, status: JobStatus.SUBMITTED, note },
    });
    await server.settle();
    server.time.advance(1_000);
    await expect(later).rejects.toMatchObject({ message: expect.stringContaining(note) });
    await client.close();
    await expect(job.result()).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("requests", () => {
  /** Answers bundle requests from `whole`, `step` bytes at a time. */
  function serveBundle(server: FakeServer, whole: Uint8Array, step: number, more: object = {}): void {
    const { received } = FakeServer.prototype;
    server.received = (connection, message) => {
      received.call(server, connection, message);
      if (message.topic !== "artifact.bundle.get") return;
      const { offset } = payloadOf(message, BundleGetSchema);
      const data = whole.slice(Number(offset), Number(offset) + step);
      const chunk = { offset, totalBytes: BigInt(whole.length), data, ...more };
      connection.deliver(messageWith({ topic: message.replyTo }, BundleChunkSchema, chunk));
    };
  }

  test("a bundle is fetched chunk by chunk", async () => {
    const { server, client } = await open();
    const whole = Uint8Array.from({ length: 10 }, (_, i) => i);
    serveBundle(server, whole, 4);
    expect(await client.fetchBundle("sha256:a")).toEqual(whole);
    expect(server.published).toHaveLength(3);
    await client.close();
  });

  test.each([
    ["bytes out of place", { offset: 3n }, "BUNDLE_MALFORMED"],
    ["no bytes", { data: new Uint8Array() }, "BUNDLE_MALFORMED"],
    ["more bytes than announced", { totalBytes: 2n }, "BUNDLE_MALFORMED"],
    ["a size above the limit", { totalBytes: 2n ** 40n }, "LIMIT_EXCEEDED"],
  ])("chunks with %s are refused", async (_, more, code) => {
    const { server, client } = await open();
    serveBundle(server, new Uint8Array(10), 4, more);
    await expect(client.fetchBundle("sha256:a")).rejects.toMatchObject({ code });
    await client.close();
  });

  test("only the first reply counts, and an error in a reply is thrown", async () => {
    const { server, client } = await open();
    const asking = client.request("lab.ask.me", 1);
    await server.settle();
    const topic = server.published[0]?.replyTo ?? "";
    const refused = errorInfo(new ArqonError("RATE_LIMITED", "later"));
    server.connection.deliver(messageWith({ topic }, ErrorInfoSchema, refused));
    server.connection.deliver(messageWith({ topic }, BundleChunkSchema, {}));
    await expect(asking).rejects.toMatchObject({ code: "RATE_LIMITED", message: "later" });
    await client.close();
  });

  test("a responder answers with what its handler returns or throws", async () => {
    const { server, client } = await open();
    await client.respond("lab.ask.me", (request) => {
      if (request.form === "text") throw new ArqonError("CAPABILITY_REFUSED", "no text");
      return { got: request.json() };
    });
    for (const payload of [json(1), "text"]) {
      const other = await connect(server.options());
      void other.request("lab.ask.me", payload).catch(() => {});
      await server.settle();
      const request = server.published.at(-1);
      if (request) server.connections[0]?.deliver(request);
      await server.settle();
      await other.close();
    }
    const replies = server.published.filter(({ topic }) => topic.startsWith("inbox."));
    expect(replies.map((reply) => reply.payload?.typeUrl.split(".").at(-1))).toEqual(["Value", "ErrorInfo"]);
    await client.close();
  });
});
