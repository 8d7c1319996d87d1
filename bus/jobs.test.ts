import { ManualTime, systemClock } from "@arqon/core/base";
import { decodeMessage, FinishedJobSchema, JobStatus, payloadOf } from "@arqon/core/wire";
import { afterEach, describe, expect, test } from "vitest";
import {
  ack,
  closeAll,
  ended,
  finish,
  isJob,
  outcome,
  refusal,
  start,
  state,
  submit,
} from "./jobs.fixture.ts";
import { TestClient } from "./testing.ts";

afterEach(closeAll);

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
    const time = new ManualTime(systemClock.nowUs());
    const bus = await start({ timer: time, clock: time, limits: { jobs: { leaseMs: 1_000 } } });
    const client = await TestClient.connect(bus.url);
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    const id = submit(client);
    const job = await operator.next(isJob);
    const extend = { jobId: id, attempt: 1, progress: 0.5, note: "half" };
    time.advance(900);
    expect((await operator.ask({ case: "jobExtend", value: extend })).op.case).toBe("done");
    time.advance(900);
    expect(await state(client, id)).toMatchObject({ status: JobStatus.RUNNING, progress: 0.5, note: "half" });
    time.advance(200);
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
    expect(await ended(client, id)).toMatchObject({
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
});
