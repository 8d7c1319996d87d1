import { ManualTime, systemClock } from "@arqon/core/base";
import {
  decodeMessage,
  FinishedJobSchema,
  fromBinary,
  JobResultSchema,
  JobSchema,
  JobStatus,
  payloadOf,
} from "@arqon/core/wire";
import { afterEach, describe, expect, test } from "vitest";
import { ack, closeAll, finish, isJob, outcome, refusal, start, submit } from "./jobs.fixture.ts";
import { TestClient } from "./testing.ts";

afterEach(closeAll);

describe("jobs of foreign operators", () => {
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

  test("a job that was begun and that the bus itself ended is sealed too, whoever had it; one nobody had is not", async () => {
    const time = new ManualTime(systemClock.nowUs());
    const bus = await start({ timer: time, clock: time });
    const client = await TestClient.connect(bus.url);
    const sealer = await TestClient.connect(bus.url, "sealer");
    await sealer.subscribe(1, "seal.jobs", "sealers");
    const own = await TestClient.connect(bus.url, "sealer");
    await own.subscribe(1, "lab.jobs", "workers");
    const id = submit(client, "lab.jobs", { maxAttempts: 1 });
    const idle = submit(client, "lab.idle.jobs", { deadlineUnixUs: BigInt(time.nowUs() + 50_000) });
    await client.op(ack(idle));
    await own.next(isJob);
    own.socket.terminate();
    const done = outcome(client, id);
    const sealJob = await sealer.next(isJob);
    const { program } = payloadOf(sealJob, JobSchema).capsule ?? {};
    const finished = fromBinary(FinishedJobSchema, program ?? new Uint8Array());
    expect(payloadOf(decodeMessage(finished.resultMessage), JobResultSchema)).toMatchObject({
      jobId: id,
      status: JobStatus.DEAD,
    });
    expect(finished).toMatchObject({ operatorPrincipal: "arqon-bus", attempts: 1 });
    finish(sealer, sealJob, { artifactId: "sha256:dead" });
    expect(await done).toMatchObject({ status: JobStatus.DEAD, sealed: { artifactId: "sha256:dead" } });
    time.advance(51);
    const never = await outcome(client, idle);
    expect([never.status, never.sealed]).toEqual([JobStatus.EXPIRED, undefined]);
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
});
