import { systemTimer } from "@arqon/core/base";
import {
  type ArqonMessage,
  Durability,
  FinishedJobSchema,
  JobResultSchema,
  JobSchema,
  JobStatus,
  MessageType,
  messageWith,
  payloadOf,
  StreamChunkSchema,
  StreamEndSchema,
  StreamStartSchema,
} from "@arqon/core/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FaultEngine, faultEngine } from "./engine/index.ts";
import type { Bus } from "./front.ts";
import { BLOCK, Sequencer } from "./spine/sequencer.ts";
import { newId, TestClient, testBus, textOf } from "./testing.ts";

const JOBS = { backoffMs: [5], leaseMs: 300_000, logRetryMs: 10, maxAttempts: 1 };
let engine: FaultEngine;
let bus: Bus;
let lab: TestClient;
beforeEach(async () => {
  engine = faultEngine(1, systemTimer(), { maxDelayMs: 0 });
  bus = await testBus({ engine, limits: { jobs: JOBS } });
  lab = await TestClient.connect(bus.url);
});
afterEach(() => bus.close());

const fill = (): void => {
  engine.rates = { append: 1, maxDelayMs: 0 };
};
const mend = (): void => {
  engine.rates = { maxDelayMs: 0 };
};
const readiness = async (): Promise<number> =>
  (await fetch(`${bus.url.replace("ws:", "http:")}/readyz`)).status;

function submit(topic = "lab.jobs"): string {
  const id = newId();
  lab.send(messageWith({ id, topic, type: MessageType.JOB }, JobSchema, { capsule: { schema: "test.v1" } }));
  return id;
}
const answered = (client: TestClient, id: string) =>
  client.op(({ op }) => (op.case === "publishAck" || op.case === "error") && op.value.messageId === id);
async function refusal(client: TestClient, id: string) {
  const { op } = await answered(client, id);
  return op.case === "error" ? { code: op.value.code, retryable: op.value.retryable } : op.case;
}
const FULL = { code: "LOG_UNAVAILABLE", retryable: true };
const finished = (jobId: string, status: JobStatus) =>
  lab.op(({ op }) => op.case === "jobState" && op.value.jobId === jobId && op.value.status === status);

describe("while the disk is full", () => {
  test("publishers are told to try again, readers go on, and readiness says it", async () => {
    const reader = await TestClient.connect(bus.url);
    await reader.subscribe(1, "lab.>");
    const kept = lab.publish("lab.data.event", "kept", { durability: Durability.SYNCED });
    expect((await answered(lab, kept)).op.case).toBe("publishAck");
    fill();
    const id = newId();
    lab.publish("lab.data.event", "later", { id, durability: Durability.SYNCED });
    expect(await refusal(lab, id)).toEqual(FULL);
    expect(await readiness()).toBe(503);
    lab.publish("lab.data.event", "seen");
    expect(textOf(await reader.on("lab.data.event"))).toBe("kept");
    expect(textOf(await reader.on("lab.data.event"))).toBe("seen");
    const page = await reader.ask({ case: "historyGet", value: { filter: ">" } });
    expect(page.op.case === "historyPage" && page.op.value.messages.length).toBe(1);
    mend();
    lab.publish("lab.data.event", "later", { id, durability: Durability.SYNCED });
    expect((await answered(lab, id)).op.case).toBe("publishAck");
    expect(await readiness()).toBe(200);
  });

  test("a job waits to be leased, and is leased once there is room", async () => {
    const id = submit();
    await answered(lab, id);
    fill();
    const worker = await TestClient.connect(bus.url, "other");
    await worker.subscribe(1, "lab.jobs", "g", 1);
    while ((await readiness()) === 200);
    mend();
    expect((await worker.next((message) => message.id === id)).attempt).toBe(1);
  });

  test("a result that is refused is sent again by who holds the lease", async () => {
    const worker = await TestClient.connect(bus.url, "other");
    await worker.subscribe(1, "lab.jobs", "g", 1);
    const jobId = submit();
    lab.request({ case: "jobGet", value: { jobId, watch: true } });
    await worker.next((message) => message.id === jobId);
    const result = messageWith(
      { id: newId(), topic: "lab.results", type: MessageType.JOB_RESULT },
      JobResultSchema,
      { jobId, attempt: 1, status: JobStatus.SUCCEEDED },
    );
    fill();
    worker.send(result);
    expect(await refusal(worker, result.id)).toEqual(FULL);
    mend();
    worker.send(result);
    expect((await answered(worker, result.id)).op.case).toBe("publishAck");
    await finished(jobId, JobStatus.SUCCEEDED);
  });

  test("a job that ends then gets its end, and its dead letter, once there is room", async () => {
    await lab.subscribe(1, "lab.jobs.dlq");
    const worker = await TestClient.connect(bus.url, "other");
    await worker.subscribe(1, "lab.jobs", "g", 1);
    const jobId = submit();
    await worker.next((message) => message.id === jobId);
    lab.request({ case: "jobGet", value: { jobId, watch: true } });
    fill();
    worker.close();
    while ((await readiness()) === 200);
    mend();
    await finished(jobId, JobStatus.DEAD);
    const letter = payloadOf(await lab.on("lab.jobs.dlq"), FinishedJobSchema);
    expect(letter.attempts).toBe(1);
  });

  test("a seal is asked for once there is room", async () => {
    const worker = await TestClient.connect(bus.url, "other");
    await worker.subscribe(1, "lab.jobs", "g", 1);
    const jobId = submit();
    const job = await worker.next((message) => message.id === jobId);
    await lab.subscribe(1, "lab.results");
    worker.send(
      messageWith({ id: newId(), topic: "lab.results", type: MessageType.JOB_RESULT }, JobResultSchema, {
        jobId,
        attempt: job.attempt,
        status: JobStatus.SUCCEEDED,
      }),
    );
    // The result is in the log, the seal is not asked for yet.
    await lab.on("lab.results");
    fill();
    const sealer = await TestClient.connect(bus.url, "sealer");
    await sealer.subscribe(1, "seal.jobs", "g", 1);
    await new Promise((done) => setTimeout(done, 30));
    mend();
    await sealer.on("seal.jobs");
  });

  test("the start and the end of a stream that were refused are sent again; one whose end never came is ended", async () => {
    const topic = "lab.audio.take";
    const part = (
      type: MessageType,
      schema: Parameters<typeof messageWith>[1],
      value: Parameters<typeof messageWith>[2],
    ) => messageWith({ id: newId(), topic, type, durability: Durability.SYNCED }, schema, value);
    const takes = async (message: ArqonMessage): Promise<void> => {
      lab.send(message);
      expect((await answered(lab, message.id)).op.case).toBe("publishAck");
    };
    const refuses = async (message: ArqonMessage): Promise<void> => {
      fill();
      lab.send(message);
      expect(await refusal(lab, message.id)).toEqual(FULL);
      mend();
    };
    for (const isEnded of [true, false]) {
      const streamId = newId();
      const start = part(MessageType.STREAM_START, StreamStartSchema, { streamId });
      await refuses(start);
      await takes(start);
      await takes(
        part(MessageType.STREAM_CHUNK, StreamChunkSchema, { streamId, index: 0n, data: Uint8Array.of(1) }),
      );
      const counts = { streamId, chunks: 1n, bytes: 1n, sha256: new Uint8Array(32) };
      const end = part(MessageType.STREAM_END, StreamEndSchema, counts);
      await refuses(end);
      if (isEnded) await takes(end);
    }
    const reader = await TestClient.connect(bus.url, "other");
    await reader.subscribe(1, topic);
    lab.close();
    expect(payloadOf(await reader.on(topic), StreamEndSchema)).toMatchObject({
      chunks: 1n,
      error: { code: "CONNECTION_LOST" },
    });
    await reader.ask({ case: "ping", value: {} });
    expect(reader.messages).toEqual([]);
  });
});

test("numbers are given out again after their reservation was refused for a while", async () => {
  const { keys } = engine;
  const sequencer = await Sequencer.open(keys, "numbers", 0);
  engine.rates = { key: 1, maxDelayMs: 0 };
  let last = 0;
  const take = async (until: () => boolean): Promise<void> => {
    while (!until()) {
      const number = sequencer.take();
      if (number > 0) expect(number).toBe(++last);
      else await new Promise((done) => setImmediate(done));
    }
  };
  await take(() => last === BLOCK);
  expect(sequencer.take()).toBe(0);
  await expect.poll(() => sequencer.failure?.code).toBe("LOG_UNAVAILABLE");
  mend();
  await take(() => last === 2 * BLOCK);
});
