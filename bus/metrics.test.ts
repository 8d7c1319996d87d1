import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { create, Durability, encodeMessage, JobSchema, MessageType, messageWith } from "@arqon/core/wire";
import { afterEach, expect, test } from "vitest";
import { nodeDisk, openSegmentEngine } from "./engine/index.ts";
import { type Bus, Meter, type MetricFamily, type Net, nodeNet, parseMetrics } from "./front.ts";
import { newId, TestClient, testBus } from "./testing.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function scrape(bus: Bus): Promise<ReadonlyMap<string, MetricFamily>> {
  const answer = await fetch(`${bus.url.replace("ws:", "http:")}/metrics`);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return parseMetrics(await answer.text());
}

/** The sum of the samples of a family whose labels hold these. */
function sum(
  page: ReadonlyMap<string, MetricFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
  part = "",
): number {
  const fits = page
    .get(name)
    ?.samples.filter(
      (sample) =>
        sample.name === name + part &&
        Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
    );
  return (fits ?? []).reduce((total, { value }) => total + value, 0);
}

/** The network of this machine, told that it lies beyond it. */
const FAR: Net = {
  listen: (host, port, accept, into) =>
    nodeNet.listen(
      host,
      port,
      (stream) =>
        accept(
          Object.assign(stream, {
            security: {
              mode: "hybrid",
              version: "TLSv1.3",
              group: "X25519",
              signature: "",
              cipher: "",
              postQuantum: false,
              identities: [],
            } as const,
          }),
        ),
      into,
    ),
};

test("beyond this machine the page wants a key", async () => {
  const bus = await testBus({ secure: { net: FAR, host: "127.0.0.1", port: 0 } });
  undo.push(() => bus.close());
  const far = bus.secureUrl?.replace("wss:", "http:") ?? "";
  const status = async (path: string, key?: string): Promise<number> =>
    (await fetch(far + path, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }))
      .status;
  expect(await status("/metrics")).toBe(401);
  expect(await status("/metrics", "wrong")).toBe(401);
  expect(await status("/metrics", "key-guest")).toBe(403);
  expect(await status("/metrics", "key-lab")).toBe(200);
  expect(await status("/healthz")).toBe(200);
});

test("what happens on a bus shows on its page", async () => {
  const home = mkdtempSync(join(tmpdir(), "arqon-metrics-"));
  undo.push(() => rmSync(home, { recursive: true }));
  const meter = new Meter();
  const parts = { timer: systemTimer(), entropy: systemEntropy, clock: systemClock };
  const engine = await openSegmentEngine({ ...parts, disk: nodeDisk(home), observer: meter });
  undo.push(() => engine.close());
  const bus = await testBus({ engine, meter, limits: { jobs: { backoffMs: [1], maxAttempts: 2 } } });
  undo.push(() => bus.close());

  const publisher = await TestClient.connect(bus.url);
  const readers = [await TestClient.connect(bus.url), await TestClient.connect(bus.url, "other")];
  for (const reader of readers) await reader.subscribe(1, "lab.>");
  const before = await scrape(bus);
  for (let i = 0; i < 5; i++) publisher.publish("lab.sensor.read", `${i}`);
  const id = publisher.publish("lab.sensor.keep", "kept", { durability: Durability.SYNCED });
  const acked = (again: boolean) =>
    publisher.op(({ op }) => op.case === "publishAck" && op.value.duplicate === again);
  await acked(false);
  publisher.publish("lab.sensor.keep", "kept", { id, durability: Durability.SYNCED });
  await acked(true);
  for (const reader of readers) await reader.on("lab.sensor.keep");
  publisher.publish("sys.secret.thing", "no");
  await publisher.op(({ op }) => op.case === "error");

  const page = await scrape(bus);
  const grew = (name: string, labels?: Readonly<Record<string, string>>, part?: string): number =>
    sum(page, name, labels, part) - sum(before, name, labels, part);
  expect(sum(page, "arqonbus_connections", { role: "client" })).toBe(3);
  expect(grew("arqonbus_messages_total", { direction: "in", topic_class: "other" })).toBe(7);
  expect(grew("arqonbus_messages_total", { direction: "out", topic_class: "other" })).toBe(12);
  // Stamped messages are longer than what was published.
  expect(grew("arqonbus_bytes_total", { direction: "out", topic_class: "other" })).toBeGreaterThan(
    (12 / 7) * grew("arqonbus_bytes_total", { direction: "in", topic_class: "other" }),
  );
  expect(grew("arqonbus_published_total", { reality: "main" })).toBe(6);
  expect(grew("arqonbus_delivered_total")).toBe(12);
  expect(grew("arqonbus_sequence", { reality: "main" })).toBe(6);
  expect(grew("arqonbus_dedup_hits_total")).toBe(1);
  expect(grew("arqonbus_refusals_total", { code: "PERMISSION_DENIED" })).toBe(1);
  expect(grew("arqonbus_log_batch_size", {}, "_sum")).toBe(1);
  expect(grew("arqonbus_log_fsync_seconds", {}, "_count")).toBeGreaterThanOrEqual(1);

  // A job whose worker leaves twice is handed out again once, then dead.
  const job = create(JobSchema, { capsule: { schema: "s", program: new Uint8Array(1) } });
  publisher.send(messageWith({ id: newId(), topic: "lab.jobs", type: MessageType.JOB }, JobSchema, job));
  await readers[0]?.subscribe(2, "lab.jobs.dlq");
  for (let attempt = 1; attempt <= 2; attempt++) {
    const worker = await TestClient.connect(bus.url);
    await worker.subscribe(1, "lab.jobs", "g", 1);
    await worker.on("lab.jobs");
    worker.close();
  }
  await readers[0]?.on("lab.jobs.dlq");
  // The dead one, and the one that seals it, which is made after the letter was delivered.
  const jobs = async (): Promise<number> => sum(await scrape(bus), "arqonbus_jobs");
  await expect.poll(jobs, { timeout: 20_000 }).toBe(2);
  const after = await scrape(bus);
  expect(sum(after, "arqonbus_job_redeliveries_total")).toBe(1);
  expect(sum(after, "arqonbus_job_dead_letters_total")).toBe(1);
  expect(sum(after, "arqonbus_jobs", { state: "dead" })).toBe(1);
  expect(sum(after, "arqonbus_messages_total", { direction: "in", topic_class: "jobs" })).toBe(1);
});

test("a failed login and a message without an id are counted by their code", async () => {
  const bus = await testBus();
  undo.push(() => bus.close());
  const stranger = await TestClient.connect(bus.url, "nobody").catch(() => undefined);
  expect(stranger).toBeUndefined();
  const client = await TestClient.connect(bus.url);
  client.socket.send(
    encodeMessage(
      messageWith({ id: "x", topic: "lab.a.b", type: MessageType.EVENT }, JobSchema, create(JobSchema, {})),
    ),
  );
  await client.op(({ op }) => op.case === "error");
  const page = await scrape(bus);
  expect(sum(page, "arqonbus_refusals_total", { code: "AUTH_REQUIRED" })).toBe(1);
  expect(sum(page, "arqonbus_refusals_total", { code: "UUID_INVALID" })).toBe(1);
  expect(sum(page, "arqonbus_refusals_total")).toBe(2);
});
