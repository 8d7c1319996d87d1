import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { systemEntropy, systemTimer } from "@arqon/core/base";
import { Effect, JobStatus } from "@arqon/core/wire";
import { afterEach, describe, expect, test } from "vitest";
import { faultEngine, nodeDisk, openSegmentEngine } from "./engine/index.ts";
import { ack, closeAll, ended, finish, forget, isJob, start, state, submit } from "./jobs.fixture.ts";
import { TestClient } from "./testing.ts";

afterEach(closeAll);

describe("jobs across a restart", () => {
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
      forget(bus);
      await engine.close();

      engine = await open();
      bus = await start({ engine });
      client = await TestClient.connect(bus.url);
      expect(bus.stats().realities[0]?.lastSequence).toBeGreaterThanOrEqual(last ?? 0);
      expect(await state(client, done)).toMatchObject({
        status: JobStatus.SUCCEEDED,
        result: { jobId: done },
      });
      expect(await ended(client, physical)).toMatchObject({ status: JobStatus.FAILED });
      operator = await TestClient.connect(bus.url, "sealer");
      await operator.subscribe(1, "lab.jobs", "workers");
      const job = await operator.next(isJob);
      expect(job.id).toBe(open1);
      await operator.op(ack(finish(operator, job)));
      await bus.close();
      forget(bus);
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
    forget(first);
    const bus = await start({ engine, realities: ["main"] });
    const late = await TestClient.connect(bus.url);
    expect(await ended(late, id)).toMatchObject({
      status: JobStatus.CANCELLED,
      result: { error: { code: "CANCELLED", message: "enough" } },
    });
  });
});
