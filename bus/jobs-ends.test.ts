import { ManualTime, systemClock } from "@arqon/core/base";
import { type ArqonMessage, Effect, JobStatus } from "@arqon/core/wire";
import { afterEach, describe, expect, test } from "vitest";
import { AccessTable, hashApiKey } from "./front.ts";
import { ack, closeAll, ended, finish, isJob, refusal, start, state, submit } from "./jobs.fixture.ts";
import { TestClient } from "./testing.ts";

afterEach(closeAll);

describe("the end of a job", () => {
  test("a physical job is not repeated after a lease", async () => {
    const bus = await start();
    const client = await TestClient.connect(bus.url);
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    const id = submit(client, "lab.jobs", { effect: Effect.PHYSICAL });
    await operator.next(isJob);
    operator.socket.terminate();
    expect(await ended(client, id)).toMatchObject({
      status: JobStatus.FAILED,
      result: { error: { code: "JOB_EFFECT_UNCERTAIN" } },
    });
  });

  test("a deadline ends a waiting job and a leased one, whose holder is told", async () => {
    const time = new ManualTime(systemClock.nowUs());
    const bus = await start({ timer: time, clock: time });
    const client = await TestClient.connect(bus.url);
    const deadlineUnixUs = BigInt(time.nowUs() + 1_500_000);
    const waiting = submit(client, "lab.idle.jobs", { deadlineUnixUs });
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    const leased = submit(client, "lab.jobs", { deadlineUnixUs });
    await operator.next(isJob);
    time.advance(1_501);
    for (const id of [waiting, leased])
      expect(await ended(client, id)).toMatchObject({ status: JobStatus.EXPIRED });
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
    expect((await ended(client, waiting)).status).toBe(JobStatus.CANCELLED);

    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers", 2);
    const kind = submit(client);
    const rude = submit(client);
    const jobs = [await operator.next(isJob), await operator.next(isJob)];
    await cancel(kind);
    await cancel(rude);
    await operator.op((op) => op.op.case === "jobCancel" && op.op.value.jobId === kind);
    finish(operator, jobs.find((job) => job.id === kind) as ArqonMessage, { status: JobStatus.CANCELLED });
    for (const id of [kind, rude]) expect((await ended(client, id)).status).toBe(JobStatus.CANCELLED);
  });

  test("a job is not cancelled by somebody who may only submit such jobs and read their results", async () => {
    const may = (id: string, capabilities: string[]) => ({
      principal: { id, tenant: id, trusted: false, capabilities },
      keyHashes: [hashApiKey(`key-${id}`)],
    });
    const user = ["can_publish:lab.jobs", "can_execute:lab.jobs", "can_subscribe:lab.results"];
    const access = new AccessTable([
      may("ada", user),
      may("eve", user),
      may("lab", ["can_subscribe:lab.jobs"]),
    ]);
    const bus = await start({ access });
    const ada = await TestClient.connect(bus.url, "ada");
    const eve = await TestClient.connect(bus.url, "eve");
    const server = await TestClient.connect(bus.url, "lab");
    const ids = [submit(ada), submit(ada)];
    for (const id of ids) await ada.op(ack(id));
    const cancel = async (client: TestClient, jobId = "") =>
      (await client.ask({ case: "jobCancel", value: { jobId, reason: "mine" } })).op;
    expect((await cancel(eve, ids[0])).value).toMatchObject({
      code: "PERMISSION_DENIED",
      message: '"eve" lacks can_subscribe:lab.jobs',
    });
    expect((await state(eve, ids[0] as string)).status).toBe(JobStatus.SUBMITTED);
    expect((await cancel(ada, ids[0])).case).toBe("done");
    expect((await cancel(server, ids[1])).case).toBe("done");
    for (const id of ids) expect((await ended(ada, id)).status).toBe(JobStatus.CANCELLED);
  });

  test("a deadline is by the time of day, wherever the clock is set", async () => {
    let offsetUs = 0;
    const time = new ManualTime(systemClock.nowUs());
    const clock = { nowUs: () => time.nowUs() + offsetUs, monotonicMs: () => time.monotonicMs() };
    const bus = await start({ timer: time, clock });
    const client = await TestClient.connect(bus.url);
    const inAnHour = submit(client, "lab.jobs", { deadlineUnixUs: BigInt(clock.nowUs() + 3_600_000_000) });
    const soon = submit(client, "lab.idle.jobs", { deadlineUnixUs: BigInt(clock.nowUs() + 30_000) });
    await client.op(ack(soon));
    // Set back by 60 ms: it comes that much later. Nothing is due for the other one, but it is not handed out any more.
    offsetUs = -60_000;
    time.advance(60);
    expect(await state(client, soon)).toMatchObject({ status: JobStatus.SUBMITTED });
    time.advance(40);
    expect(await ended(client, soon)).toMatchObject({ status: JobStatus.EXPIRED });
    offsetUs = 3_600_000_000;
    const operator = await TestClient.connect(bus.url, "sealer");
    await operator.subscribe(1, "lab.jobs", "workers");
    expect(await ended(client, inAnHour)).toMatchObject({ status: JobStatus.EXPIRED });
    expect(operator.messages.filter(isJob)).toEqual([]);
  });
});
