import { createRandom, systemTimer, utf8 } from "@arqon/core/base";
import {
  Durability,
  JobResultSchema,
  JobSchema,
  JobStatus,
  MessageType,
  messageWith,
} from "@arqon/core/wire";
import { expect, test } from "vitest";
import { type Engine, faultEngine } from "./engine/index.ts";
import { newId, TestClient, testBus } from "./testing.ts";

/** What a server knows of jobs and duplicates after it opened the log; `ids` are published again. */
async function opened(engine: Engine, jobs: readonly string[], ids: readonly string[]): Promise<unknown> {
  const bus = await testBus({ engine, realities: ["main"], limits: { jobs: { keptFinished: 1_000 } } });
  const lab = await TestClient.connect(bus.url);
  const states: unknown[] = [bus.stats().realities[0]?.jobs];
  for (const jobId of jobs) {
    const { op } = await lab.ask({ case: "jobGet", value: { jobId } });
    if (op.case !== "jobState") throw new Error(`no state but ${op.case}`);
    const { status, attempt, sealPending, result } = op.value;
    states.push({ status, attempt, sealPending, result: result?.status });
  }
  for (const id of ids) {
    lab.publish("lab.data.event", "again", { id, durability: Durability.LOGGED });
    const { op } = await lab.op(({ op }) => op.case === "publishAck" && op.value.messageId === id);
    states.push(op.case === "publishAck" && [op.value.duplicate, op.value.sequence]);
  }
  await bus.close();
  return states;
}

test.each([1, 2, 3])("with its index a log opens to what reading all of it gives (seed %i)", async (seed) => {
  const random = createRandom(BigInt(seed));
  const engine = faultEngine(seed, systemTimer(), { maxDelayMs: 0 });
  const bus = await testBus({ engine });
  const lab = await TestClient.connect(bus.url);
  const worker = await TestClient.connect(bus.url, "other");
  await worker.subscribe(1, "lab.jobs", "g", 1_000);
  const jobs: string[] = [];
  const ids: string[] = [];
  for (let i = 0; i < 800; i++) {
    const id = newId();
    if (random.nextInt(60) > 0) {
      ids.push(lab.publish("lab.data.event", String(i), { id, durability: Durability.LOGGED }));
      continue;
    }
    jobs.push(id);
    const topic = random.nextInt(2) === 0 ? "lab.jobs" : "idle.jobs";
    lab.send(
      messageWith({ id, topic, type: MessageType.JOB }, JobSchema, { capsule: { schema: "test.v1" } }),
    );
    if (topic === "idle.jobs") continue;
    const { attempt } = await worker.next((message) => message.id === id);
    if (random.nextInt(3) === 0) continue;
    const result = {
      jobId: id,
      attempt,
      status: random.nextInt(2) === 0 ? JobStatus.SUCCEEDED : JobStatus.FAILED,
    };
    worker.send(
      messageWith(
        { id: newId(), topic: "lab.results", type: MessageType.JOB_RESULT },
        JobResultSchema,
        result,
      ),
    );
    await worker.op(({ op }) => op.case === "publishAck");
  }
  for (let answers = 0; answers < 800; answers++) await lab.op(({ op }) => op.case === "publishAck");
  await bus.close();
  const some = ids.slice(-20);
  const [kept] = await engine.keys.list("state.");
  const index = await engine.keys.get(kept as string);
  expect(index?.value.length).toBeGreaterThan(64);
  const withIndex = await opened(engine, jobs, some);
  const { revision = 0 } = (await engine.keys.get("state.main")) ?? {};
  const torn = (index?.value ?? utf8("")).slice();
  torn[70] = (torn[70] as number) ^ 1;
  await engine.keys.compareAndSet("state.main", revision, torn);
  expect(await opened(engine, jobs, some)).toEqual(withIndex);
});
