import { ManualTime, systemClock, systemTimer } from "@arqon/core/base";
import {
  JobResultSchema,
  JobSchema,
  JobStatus,
  MessageType,
  messageWith,
  type OpInit,
} from "@arqon/core/wire";
import { describe, expect, test } from "vitest";
import { faultEngine } from "./engine/index.ts";
import { newId, TestClient, testBus } from "./testing.ts";

const job = (id: string) =>
  messageWith({ id, topic: "lab.jobs", type: MessageType.JOB }, JobSchema, {
    capsule: { schema: "test.v1" },
  });

async function leased() {
  const bus = await testBus();
  const lab = await TestClient.connect(bus.url);
  const worker = await TestClient.connect(bus.url, "other");
  await worker.subscribe(1, "lab.jobs", "g", 1);
  const ids = [newId(), newId()];
  for (const id of ids) lab.send(job(id));
  await worker.next(({ id }) => id === ids[0]);
  return { bus, lab, worker, ids };
}

describe("a server that drains", () => {
  test("lets what is leased end, leases nothing more, takes no job and no connection, and then closes", async () => {
    const { bus, lab, worker, ids } = await leased();
    const idle = await TestClient.open(bus.url);
    const closing = bus.close({ drainMs: 60_000 });
    const { op } = await worker.op((answer) => answer.op.case === "goAway");
    expect(op.value).toMatchObject({ drainMs: 60_000 });
    expect(
      (await fetch(`${bus.url.replace("ws:", "http:")}/readyz`).catch(() => undefined))?.status,
    ).not.toBe(200);
    idle.request({ case: "hello", value: { versionMin: 1, versionMax: 1, apiKey: "key-lab" } });
    expect(await idle.closed()).toBe(1001);
    const refused = newId();
    lab.send(job(refused));
    const { op: error } = await lab.op(
      (answer) => answer.op.case === "error" && answer.op.value.messageId === refused,
    );
    expect(error.value).toMatchObject({ code: "SHUTTING_DOWN", retryable: true });
    // Everything else goes on meanwhile.
    await lab.subscribe(1, "lab.>");
    lab.publish("lab.a.b", "still here");
    await lab.on("lab.a.b");
    worker.send(
      messageWith({ id: newId(), topic: "lab.results", type: MessageType.JOB_RESULT }, JobResultSchema, {
        jobId: ids[0] as string,
        attempt: 1,
        status: JobStatus.SUCCEEDED,
      }),
    );
    await closing;
    expect(await worker.closed()).toBe(1001);
    expect(await lab.closed()).toBe(1001);
    expect(worker.messages.some(({ id }) => id === ids[1])).toBe(false);
    expect(lab.messages.some(({ topic }) => topic === "lab.results")).toBe(true);
  });

  test("does not wait for what is given back, nor for clients without work", async () => {
    const { bus, worker, ids } = await leased();
    const draining = bus.drain(60_000);
    await worker.op((answer) => answer.op.case === "goAway");
    const release: OpInit = { case: "jobRelease", value: { jobId: ids[0] as string, attempt: 1 } };
    expect((await worker.ask(release)).op.case).toBe("done");
    await draining;
    expect(worker.messages.some(({ attempt }) => attempt > 0)).toBe(false);
    await bus.close();
  });

  test("closes at its deadline, whoever still works", async () => {
    const time = new ManualTime();
    const bus = await testBus({
      timer: time,
      clock: { nowUs: () => systemClock.nowUs(), monotonicMs: () => time.monotonicMs() },
    });
    const worker = await TestClient.connect(bus.url, "other");
    await worker.subscribe(1, "lab.jobs", "g", 1);
    worker.send(job(newId()));
    await worker.next(({ attempt }) => attempt === 1);
    let drained = false;
    const closing = bus.close({ drainMs: 1_000 }).then(() => {
      drained = true;
    });
    await worker.op((answer) => answer.op.case === "goAway");
    for (let i = 0; i < 40; i++) {
      time.advance(20);
      await new Promise((done) => setImmediate(done));
    }
    expect(drained).toBe(false);
    while (!drained) {
      time.advance(20);
      await new Promise((done) => setImmediate(done));
    }
    await closing;
    expect(await worker.closed()).toBe(1001);
  });

  test("gives back at its deadline what is leased, and the attempt does not count", async () => {
    const engine = faultEngine(3, systemTimer());
    const only = messageWith({ id: newId(), topic: "lab.jobs", type: MessageType.JOB }, JobSchema, {
      capsule: { schema: "test.v1" },
      maxAttempts: 1,
    });
    const begin = async () => {
      const bus = await testBus({ engine, realities: ["main"] });
      const worker = await TestClient.connect(bus.url, "other");
      await worker.subscribe(1, "lab.jobs", "g", 1);
      return { bus, worker };
    };
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { bus, worker } = await begin();
      if (attempt === 1) worker.send(only);
      expect((await worker.next(({ id }) => id === only.id)).attempt).toBe(attempt);
      await bus.close();
    }
    const { bus, worker } = await begin();
    await worker.next(({ id }) => id === only.id);
    worker.close();
    const watcher = await TestClient.connect(bus.url);
    const corr = watcher.request({ case: "jobGet", value: { jobId: only.id, watch: true } });
    const { op } = await watcher.op(
      (one) => one.corr === corr && one.op.case === "jobState" && one.op.value.status >= JobStatus.SUCCEEDED,
    );
    expect(op.value).toMatchObject({ status: JobStatus.DEAD, attempt: 4 });
    await bus.close();
  });

  test("lets its own services end what they hold, with jobs of theirs, and does not send them away", async () => {
    const { bus, lab, worker, ids } = await leased();
    const service = await TestClient.connect(bus.url, "sealer");
    await worker.subscribe(2, "part.jobs", "g", 1);
    const draining = bus.drain(60_000);
    await lab.op((answer) => answer.op.case === "goAway");
    const child = messageWith({ id: newId(), topic: "part.jobs", type: MessageType.JOB }, JobSchema, {
      capsule: { schema: "test.v1" },
    });
    service.send(child);
    await worker.next(({ id }) => id === child.id);
    for (const [topic, jobId] of [
      ["part.results", child.id],
      ["lab.results", ids[0] as string],
    ] as const)
      worker.send(
        messageWith({ id: newId(), topic, type: MessageType.JOB_RESULT }, JobResultSchema, {
          jobId,
          attempt: 1,
          status: JobStatus.SUCCEEDED,
        }),
      );
    await draining;
    expect(service.messages.filter(({ topic }) => topic === "sys.session.go_away")).toEqual([]);
    await bus.close();
  });
});
