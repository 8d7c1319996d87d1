import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import {
  type ArqonMessage,
  decodeMessage,
  Effect,
  FinishedJobSchema,
  fromBinary,
  JobResultSchema,
  JobSchema,
  type JobState,
  JobStatus,
  MessageType,
  messageWith,
  type Op,
  payloadOf,
} from "@arqon/core/wire";
import { afterEach, describe, expect, test } from "vitest";
import { faultEngine, nodeDisk, openSegmentEngine } from "./engine/index.ts";
import type { Bus } from "./front.ts";
import { newId, TestClient, testBus } from "./testing.ts";

let buses: Bus[] = [];
afterEach(async () => {
  for (const bus of buses) await bus.close();
  buses = [];
});
async function start(options: Parameters<typeof testBus>[0] = {}): Promise<Bus> {
  const bus = await testBus({
    ...options,
    limits: {
      ...options.limits,
      jobs: { backoffMs: [5], leaseMs: 400, cancelGraceMs: 50, ...options.limits?.jobs },
    },
  });
  buses.push(bus);
  return bus;
}

function submit(
  client: TestClient,
  topic = "lab.jobs",
  job: { effect?: Effect; maxAttempts?: number; deadlineUnixUs?: bigint; program?: string } = {},
  id = newId(),
): string {
  const { program = "x", ...rest } = job;
  client.send(
    messageWith({ id, topic, type: MessageType.JOB }, JobSchema, {
      ...rest,
      capsule: { schema: "test.v1", program: new TextEncoder().encode(program) },
    }),
  );
  return id;
}

function finish(
  client: TestClient,
  job: ArqonMessage,
  init: Partial<{ status: JobStatus; attempt: number; artifactId: string }> = {},
): string {
  const id = newId();
  client.send(
    messageWith(
      { id, topic: job.topic.replace(/jobs$/, "results"), type: MessageType.JOB_RESULT },
      JobResultSchema,
      {
        jobId: job.id,
        attempt: job.attempt,
        status: JobStatus.SUCCEEDED,
        output: new Uint8Array([1]),
        ...init,
      },
    ),
  );
  return id;
}

const isJob = (message: ArqonMessage): boolean => message.type === MessageType.JOB;
const ack = (id: string) => (op: Op) => op.op.case === "publishAck" && op.op.value.messageId === id;
const refusal = (id: string) => (op: Op) => op.op.case === "error" && op.op.value.messageId === id;

async function state(client: TestClient, jobId: string): Promise<JobState> {
  const { op } = await client.ask({ case: "jobGet", value: { jobId } });
  if (op.case !== "jobState") throw new Error(`not a state but ${op.case}`);
  return op.value;
}

/** Watches a job until nothing about it can change any more. */
async function outcome(client: TestClient, jobId: string): Promise<JobState> {
  const corr = client.request({ case: "jobGet", value: { jobId, watch: true } });
  for (;;) {
    const { op } = await client.op((one) => one.corr === corr);
    if (op.case !== "jobState") throw new Error(`not a state but ${op.case}`);
    if (op.value.status >= JobStatus.SUCCEEDED && !op.value.sealPending) return op.value;
  }
}

describe("jobs", () => {
  test("a job is leased to one operator, finished once, and its result reaches watchers and subscribers", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    const operator = await TestClient.connect(bus.url, "sealer");
    await client.subscribe(1, "lab.results");
    await operator.subscribe(9, "*.jobs", "workers", 1);
    const id = submit(client);
    await client.op(ack(id));
    const job = await operator.next(isJob);
    expect(job).toMatchObject({ id, attempt: 1, subscription: 9, producerId: "lab" });
    expect(job.leaseUntilUnixUs).toBeGreaterThan(0n);
    const watched = outcome(client, id);
    const resultId = finish(operator, job, { artifactId: "sha256:1" });
    await operator.op(ack(resultId));
    expect(await watched).toMatchObject({
      status: JobStatus.SUCCEEDED,
      result: { jobId: id },
      sealPending: false,
      sealed: { artifactId: "sha256:1", reported: false },
    });
    expect((await client.on("lab.results")).id).toBe(resultId);
    const stale = finish(operator, job);
    expect((await operator.op(refusal(stale))).op.value).toMatchObject({ code: "JOB_LEASE_LOST" });
    expect([...((await state(client, id)).result?.output ?? [])]).toEqual([1]);
  });

  test("the loss of the holder's connection gives the job to another, and the old result is refused", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    const first = await TestClient.connect(bus.url, "sealer");
    await first.subscribe(1, "lab.jobs", "workers");
    const id = submit(client);
    await first.next(isJob);
    first.socket.terminate();
    const second = await TestClient.connect(bus.url, "sealer");
    await second.subscribe(1, "lab.jobs", "workers");
    const job = await second.next(isJob);
    expect(job).toMatchObject({ id, attempt: 2 });
    const stale = finish(second, job, { attempt: 1 });
    expect((await second.op(refusal(stale))).op.value).toMatchObject({ code: "JOB_LEASE_LOST" });
    const good = finish(second, job);
    await second.op(ack(good));
    expect((await state(client, id)).status).toBe(JobStatus.SUCCEEDED);
  });

  test("a lease that is neither extended nor finished ends; one that is extended does not", async () => {
    const bus = await start({ limits: { jobs: { leaseMs: 60 } } });
    const client = await TestClient.connect(bus.url);
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    const id = submit(client);
    const job = await operator.next(isJob);
    const extend = { jobId: id, attempt: 1, progress: 0.5, note: "half" };
    expect((await operator.ask({ case: "jobExtend", value: extend })).op.case).toBe("done");
    expect(await state(client, id)).toMatchObject({ status: JobStatus.RUNNING, progress: 0.5, note: "half" });
    const again = await operator.next(isJob);
    expect(again.attempt).toBe(2);
    expect((await operator.ask({ case: "jobExtend", value: extend })).op.value).toMatchObject({
      code: "JOB_LEASE_LOST",
    });
    const stale = finish(operator, job);
    expect((await operator.op(refusal(stale))).op.value).toMatchObject({ code: "JOB_LEASE_LOST" });
    await operator.op(ack(finish(operator, again)));
  });

  test("a job that no attempt finishes is dead and lies on the dead-letter topic", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    await client.subscribe(1, "lab.jobs.dlq");
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    const id = submit(client, "lab.jobs", { maxAttempts: 2 });
    for (let attempt = 1; attempt <= 2; attempt++) {
      const job = await operator.next(isJob);
      expect(job.attempt).toBe(attempt);
      const release = { jobId: id, attempt, reason: "broken", delayMs: 1 };
      expect((await operator.ask({ case: "jobRelease", value: release })).op.case).toBe("done");
    }
    expect(await outcome(client, id)).toMatchObject({
      status: JobStatus.DEAD,
      result: { error: { code: "JOB_DEAD" } },
    });
    const letter = payloadOf(await client.on("lab.jobs.dlq"), FinishedJobSchema);
    expect(decodeMessage(letter.jobMessage).id).toBe(id);
    expect(letter.attempts).toBe(2);
  });

  test("a job waits for an operator that reads too slowly, and reaches it once it has caught up", async () => {
    const bus = await start({ limits: { shield: { outboundBytes: 1_000_000 } } });
    const worker = await TestClient.connect(bus.url, "other");
    const lab = await TestClient.connect(bus.url);
    await worker.subscribe(1, "lab.flood.data");
    await worker.subscribe(2, "lab.jobs", "g", 1);
    worker.socket.pause();
    while (bus.stats().dropped === 0) {
      lab.publish("lab.flood.data", "x".repeat(100_000));
      await new Promise((done) => setImmediate(done));
    }
    const id = submit(lab);
    await lab.op(({ op }) => op.case === "publishAck");
    worker.socket.resume();
    expect((await worker.next((message) => message.id === id)).attempt).toBe(1);
  });

  test("a job that nobody serves says so, and no longer once somebody has it", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    const id = submit(client);
    await client.op(ack(id));
    expect((await state(client, id)).note).toBe("no operator serves lab.jobs");
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers", 1);
    await operator.next(isJob);
    expect(await state(client, id)).toMatchObject({ status: JobStatus.LEASED, note: "" });
  });

  test("a physical job is not repeated after a lease", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    const id = submit(client, "lab.jobs", { effect: Effect.PHYSICAL });
    await operator.next(isJob);
    operator.socket.terminate();
    expect(await outcome(client, id)).toMatchObject({
      status: JobStatus.FAILED,
      result: { error: { code: "JOB_EFFECT_UNCERTAIN" } },
    });
  });

  test("a deadline ends a waiting job and a leased one, whose holder is told", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    const deadlineUnixUs = BigInt(systemClock.nowUs() + 1_500_000);
    const waiting = submit(client, "lab.idle.jobs", { deadlineUnixUs });
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    const leased = submit(client, "lab.jobs", { deadlineUnixUs });
    await operator.next(isJob);
    for (const id of [waiting, leased])
      expect(await outcome(client, id)).toMatchObject({ status: JobStatus.EXPIRED });
    await operator.op((op) => op.op.case === "jobCancel" && op.op.value.jobId === leased);
    const late = submit(client, "lab.jobs", { deadlineUnixUs: 1n });
    expect((await client.op(refusal(late))).op.value).toMatchObject({ code: "JOB_EXPIRED" });
  });

  test("a cancelled job ends at once when nobody has it, and by its holder or after a grace when somebody has", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    const waiting = submit(client);
    await client.op(ack(waiting));
    const cancel = (jobId: string) =>
      client.ask({ case: "jobCancel", value: { jobId, reason: "changed my mind" } });
    expect((await cancel(waiting)).op.case).toBe("done");
    expect((await outcome(client, waiting)).status).toBe(JobStatus.CANCELLED);

    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers", 2);
    const kind = submit(client);
    const rude = submit(client);
    const jobs = [await operator.next(isJob), await operator.next(isJob)];
    await cancel(kind);
    await cancel(rude);
    await operator.op((op) => op.op.case === "jobCancel" && op.op.value.jobId === kind);
    finish(operator, jobs.find((job) => job.id === kind) as ArqonMessage, { status: JobStatus.CANCELLED });
    for (const id of [kind, rude]) expect((await outcome(client, id)).status).toBe(JobStatus.CANCELLED);
  });

  test("the same job again is a duplicate; another job under its id is a conflict", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    const id = submit(client);
    const first = await client.op(ack(id));
    submit(client, "lab.jobs", {}, id);
    const second = await client.op(ack(id));
    expect(second.op.value).toMatchObject({ duplicate: true });
    expect(second.op.value).toMatchObject({ sequence: (first.op.value as { sequence: bigint }).sequence });
    submit(client, "lab.jobs", { program: "other" }, id);
    expect((await client.op(refusal(id))).op.value).toMatchObject({ code: "JOB_CONFLICT" });
  });

  test("the run of a foreign operator is sealed by the sealer, and its ids reach the watcher", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    const sealer = await TestClient.connect(bus.url, "sealer");
    await sealer.subscribe(1, "seal.jobs", "sealers");
    const operator = await TestClient.connect(bus.url, "other", { sam: { operatorId: "foreign" } });
    await operator.subscribe(1, "lab.jobs", "workers");
    const id = submit(client);
    const job = await operator.next(isJob);
    const lie = finish(operator, job, { artifactId: "sha256:lie" });
    expect((await operator.op(refusal(lie))).op.value).toMatchObject({ code: "PERMISSION_DENIED" });
    finish(operator, job);
    const done = outcome(client, id);
    const sealJob = await sealer.next(isJob);
    const finished = fromBinary(
      FinishedJobSchema,
      payloadOf(sealJob, JobSchema).capsule?.program ?? new Uint8Array(),
    );
    expect(decodeMessage(finished.jobMessage).id).toBe(id);
    expect(finished).toMatchObject({ operatorPrincipal: "other", operatorSam: { operatorId: "foreign" } });
    finish(sealer, sealJob, { artifactId: "sha256:sealed" });
    expect(await done).toMatchObject({
      status: JobStatus.SUCCEEDED,
      sealed: { artifactId: "sha256:sealed", reported: true },
      result: { jobId: id },
    });
  });

  test("only the server's own services may serve or submit seals", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    expect((await client.subscribe(1, "seal.jobs", "g")).op.value).toMatchObject({
      code: "PERMISSION_DENIED",
    });
    const id = submit(client, "seal.jobs");
    expect((await client.op(refusal(id))).op.value).toMatchObject({ code: "PERMISSION_DENIED" });
  });

  test("after a restart finished jobs keep their result and unfinished ones are offered again", async () => {
    const root = await fs.mkdtemp(path.join(os.tmpdir(), "arqon-jobs-"));
    const open = () =>
      openSegmentEngine({ disk: nodeDisk(root), timer: systemTimer(), entropy: systemEntropy });
    try {
      let engine = await open();
      let bus = await start({ engine });
      let client = await TestClient.connect(bus.url);
      let operator = await TestClient.connect(bus.url, "sealer");
      await operator.subscribe(1, "lab.jobs", "workers");
      const done = submit(client);
      await operator.op(ack(finish(operator, await operator.next(isJob))));
      const physical = submit(client, "lab.jobs", { effect: Effect.PHYSICAL });
      await operator.next(isJob);
      const open1 = submit(client);
      await client.op(ack(open1));
      const last =
        (await client.ask({ case: "ping", value: {} })).corr > 0n
          ? bus.stats().realities[0]?.lastSequence
          : 0;
      await bus.close();
      buses = [];
      await engine.close();

      engine = await open();
      bus = await start({ engine });
      client = await TestClient.connect(bus.url);
      expect(bus.stats().realities[0]?.lastSequence).toBeGreaterThanOrEqual(last ?? 0);
      expect(await state(client, done)).toMatchObject({
        status: JobStatus.SUCCEEDED,
        result: { jobId: done },
      });
      expect(await outcome(client, physical)).toMatchObject({ status: JobStatus.FAILED });
      operator = await TestClient.connect(bus.url, "sealer");
      await operator.subscribe(1, "lab.jobs", "workers");
      const job = await operator.next(isJob);
      expect(job.id).toBe(open1);
      await operator.op(ack(finish(operator, job)));
      await bus.close();
      buses = [];
      await engine.close();
    } finally {
      await fs.rm(root, { recursive: true });
    }
  });

  test("a cancellation that was confirmed is not forgotten by a crash", async () => {
    const engine = faultEngine(5, systemTimer());
    const first = await start({ engine });
    const client = await TestClient.connect(first.url);
    const operator = await TestClient.connect(first.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    const id = submit(client);
    await operator.next(isJob);
    expect((await client.ask({ case: "jobCancel", value: { jobId: id, reason: "enough" } })).op.case).toBe(
      "done",
    );
    engine.crash("power");
    await first.close().catch(() => {});
    buses = [];
    const bus = await start({ engine, realities: ["main"] });
    const late = await TestClient.connect(bus.url);
    expect(await outcome(late, id)).toMatchObject({
      status: JobStatus.CANCELLED,
      result: { error: { code: "CANCELLED", message: "enough" } },
    });
  });

  test("a deadline is by the time of day, wherever the clock is set", async () => {
    let offsetUs = 0;
    const clock = {
      nowUs: () => systemClock.nowUs() + offsetUs,
      monotonicMs: () => systemClock.monotonicMs(),
    };
    const bus = await start({ clock });
    const client = await TestClient.connect(bus.url);
    const inAnHour = submit(client, "lab.jobs", { deadlineUnixUs: BigInt(clock.nowUs() + 3_600_000_000) });
    const soon = submit(client, "lab.idle.jobs", { deadlineUnixUs: BigInt(clock.nowUs() + 30_000) });
    await client.op(ack(soon));
    // Set back by 60 ms: it comes that much later. Nothing is due for the other one, but it is not handed out any more.
    offsetUs = -60_000;
    expect(await outcome(client, soon)).toMatchObject({ status: JobStatus.EXPIRED });
    offsetUs = 3_600_000_000;
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    expect(await outcome(client, inAnHour)).toMatchObject({ status: JobStatus.EXPIRED });
    expect(operator.messages.filter(isJob)).toEqual([]);
  });
});
