import { ArqonError, utf8 } from "@arqon/core/base";
import { errorInfo, JobStatus, type OpCase } from "@arqon/core/wire";
import { describe, expect, test } from "vitest";
import { type FakeConnection, FakeServer } from "./fake-server.ts";
import { JobAnswer, type JobContext, type LeasedJob } from "./leased-job.ts";
import { type Operator, type OperatorOptions, operator } from "./operator.ts";
import { jsonOf } from "./payload.ts";

type Handle = OperatorOptions["handle"];

/** An operator on "work.jobs" whose server extends every lease. */
async function serve(
  handle: Handle,
  more: Partial<OperatorOptions> = {},
): Promise<{ server: FakeServer; worker: Operator; errors: string[] }> {
  const server = new FakeServer();
  const errors: string[] = [];
  server.answer = (connection: FakeConnection, corr: bigint, op: OpCase) => {
    if (op.case === "jobExtend" || op.case === "jobRelease") connection.op(corr, { case: "done", value: {} });
  };
  const onError = (error: ArqonError): number => errors.push(error.code);
  const worker = await operator({ ...server.options({ onError }), topic: "work.jobs", handle, ...more });
  return { server, worker, errors };
}

const untilAborted = (_: LeasedJob, { signal }: JobContext): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("an operator", () => {
  test("says at hello what it is, and asks for jobs in its group", async () => {
    const { server, worker } = await serve(() => null, { maxInFlight: 3, sam: { operatorId: "o1" } });
    expect(server.heard[0]).toMatchObject({
      value: { sam: { operatorId: "o1", limits: { maxInFlight: 3 } } },
    });
    const value = { filter: "work.jobs", queueGroup: "operators", maxInFlight: 3 };
    expect(server.heard[1]).toMatchObject({ case: "subscribe", value });
    await worker.drain();
  });

  test("reads the capsule, and its answer becomes the one result", async () => {
    const { server, worker } = await serve((job) => ({ doubled: 2 * Number(job.parameters["n"]) }));
    const id = server.lease("work.jobs", 2, 30_000, { parametersJson: '{"n":21}' });
    await server.settle();
    expect(server.results).toMatchObject([
      { jobId: id, attempt: 2, status: JobStatus.SUCCEEDED, output: utf8('{"doubled":42}') },
    ]);
    expect(server.published[0]?.topic).toBe("work.results");
    await worker.drain();
  });

  test.each<[string, Handle, object]>([
    ["text", () => "hi", { output: utf8("hi"), outputMediaType: "text/plain;charset=utf-8" }],
    ["bytes", () => utf8("x"), { output: utf8("x"), outputMediaType: "application/octet-stream" }],
    ["nothing", () => undefined, { output: utf8(""), outputMediaType: "" }],
    ["an answer with ids", () => new JobAnswer(1, { artifactId: "sha256:a" }), { artifactId: "sha256:a" }],
  ])("may answer with %s", async (_, handle, expected) => {
    const { server, worker } = await serve(handle);
    server.lease("work.jobs");
    await server.settle();
    expect(server.results[0]).toMatchObject({ status: JobStatus.SUCCEEDED, ...expected });
    await worker.drain();
  });

  test.each<[string, Handle, string]>([
    [
      "its own error",
      () => {
        throw new ArqonError("QUANTUM_TOO_LARGE", "60 qubits");
      },
      "QUANTUM_TOO_LARGE",
    ],
    ["any error", () => Promise.reject(new RangeError("oops")), "EXECUTION_FAILED"],
    ["a value JSON cannot hold", () => Number.NaN, "JSON_INVALID"],
    ["an output that is too large", () => new Uint8Array(524_289), "LIMIT_EXCEEDED"],
    ["a result the server has no room for", () => new Uint8Array(20_000), "WIRE_TOO_LARGE"],
  ])("fails the job with %s", async (_, handle, code) => {
    const { server, worker } = await serve(handle);
    server.lease("work.jobs");
    await server.settle();
    expect(server.results).toMatchObject([{ status: JobStatus.FAILED, error: { code } }]);
    await worker.drain();
  });

  test("fails a job whose capsule cannot be read, without calling the handler", async () => {
    let calls = 0;
    const { server, worker } = await serve(() => ++calls);
    server.lease("work.jobs", 1, 30_000, { parametersJson: "{" });
    await server.settle();
    expect(server.results).toMatchObject([{ status: JobStatus.FAILED, error: { code: "JSON_INVALID" } }]);
    expect(calls).toBe(0);
    await worker.drain();
  });

  test("extends a lease at every third of it", async () => {
    const { server, worker } = await serve(untilAborted);
    server.lease("work.jobs", 1, 9_000);
    await server.settle();
    for (let i = 0; i < 12; i++) {
      server.time.advance(1_000);
      await server.settle();
    }
    expect(server.asked("jobExtend")).toHaveLength(4);
    await worker.drain({ graceMs: 0 });
  });

  test("progress is reported in order, and the newest wins when reports are faster than answers", async () => {
    let reported = Promise.resolve();
    const { server, worker } = await serve(async (_, context) => {
      void context.progress(0.1, "a");
      void context.progress(0.2, "b");
      reported = context.progress(0.3, "c");
      await reported;
      return null;
    });
    server.lease("work.jobs");
    await server.settle();
    await reported;
    expect(server.asked("jobExtend")).toMatchObject([{ value: { note: "a" } }, { value: { note: "c" } }]);
    await worker.drain();
  });

  test("a cancelled job is reported so, also when its handler does not listen", async () => {
    const { server, worker } = await serve(
      (job, context) => (job.attempt === 1 ? untilAborted(job, context) : new Promise(() => {})),
      { maxInFlight: 2, cancelGraceMs: 1_000 },
    );
    const jobs = [server.lease("work.jobs", 1), server.lease("work.jobs", 2)];
    await server.settle();
    for (const jobId of jobs)
      server.connection.op(0n, { case: "jobCancel", value: { jobId, reason: "enough" } });
    await server.settle();
    expect(server.results).toHaveLength(1);
    server.time.advance(1_000);
    await server.settle();
    const cancelled = { status: JobStatus.CANCELLED, error: { code: "CANCELLED", message: "enough" } };
    expect(server.results).toMatchObject([cancelled, cancelled]);
    await worker.drain({ graceMs: 0 });
  });

  test("a lost lease stops the handler, and nothing is reported", async () => {
    const reasons: unknown[] = [];
    const { server, worker } = await serve((job, context) => {
      context.signal.addEventListener("abort", () => reasons.push(context.signal.reason.code));
      return untilAborted(job, context);
    });
    const lost = errorInfo(new ArqonError("JOB_LEASE_LOST", "gone"));
    server.answer = (connection, corr) => connection.op(corr, { case: "error", value: lost });
    server.lease("work.jobs", 1, 3_000);
    await server.settle();
    server.time.advance(1_100);
    await server.settle();
    expect(reasons).toEqual(["JOB_LEASE_LOST"]);
    expect(server.results).toEqual([]);
    await worker.drain();
  });

  test("a lost connection stops the handler; the next lease of the job is handled anew", async () => {
    const attempts: number[] = [];
    const { server, worker } = await serve((job, context) => {
      attempts.push(job.attempt);
      return job.attempt === 1 ? untilAborted(job, context) : "done";
    });
    server.lease("work.jobs", 1);
    await server.settle();
    server.cut();
    await server.settle();
    server.time.advance(10_000);
    await server.settle();
    server.lease("work.jobs", 2);
    await server.settle();
    expect(attempts).toEqual([1, 2]);
    expect(server.results).toMatchObject([{ attempt: 2, status: JobStatus.SUCCEEDED }]);
    await worker.drain();
  });

  test("an unacknowledged result is sent again with the same id", async () => {
    const { server, worker } = await serve(() => "done");
    server.acknowledges = false;
    server.lease("work.jobs");
    await server.settle();
    server.cut();
    server.acknowledges = true;
    await server.settle();
    server.time.advance(10_000);
    await server.settle();
    expect(server.published).toHaveLength(2);
    expect(server.published[1]?.id).toBe(server.published[0]?.id);
    await worker.drain();
  });

  test("draining lets a running job finish, and gives back what takes too long", async () => {
    let finish = (_: string): void => {};
    const { server, worker } = await serve(
      (job, context) =>
        job.attempt === 1 ? new Promise<string>((done) => (finish = done)) : untilAborted(job, context),
      { maxInFlight: 2 },
    );
    server.lease("work.jobs", 1);
    const slow = server.lease("work.jobs", 2);
    await server.settle();
    const drained = worker.drain({ graceMs: 5_000 });
    await server.settle();
    const late = server.lease("work.jobs", 1);
    finish("in time");
    await server.settle();
    server.time.advance(5_000);
    await drained;
    expect(server.results).toMatchObject([{ status: JobStatus.SUCCEEDED, output: utf8("in time") }]);
    const released = server.asked("jobRelease").map((op) => (op.value as { jobId: string }).jobId);
    expect(released).toContain(slow);
    expect(late).not.toBe(slow);
    expect(worker.inFlight).toBe(0);
    expect(worker.client.state).toBe("closed");
  });
});

test("an operator tells that it lives, and that it is going", async () => {
  const server = new FakeServer();
  server.answer = (connection, corr) => connection.op(corr, { case: "done", value: {} });
  const worker = await operator({
    ...server.options(),
    topic: "words.jobs",
    heartbeat: { topic: "words.operators.metrics", everyMs: 1_000 },
    handle: () => "done",
  });
  await server.settle();
  server.lease("words.jobs");
  await server.settle();
  server.time.advance(1_000);
  await server.settle();
  await worker.drain();
  const beats = server.published
    .filter(({ topic }) => topic === "words.operators.metrics")
    .map((envelope) => jsonOf(envelope));
  expect(beats).toMatchObject([
    { topic: "words.jobs", inFlight: 0, handled: 0, maxInFlight: 1, state: "serving" },
    { inFlight: 0, handled: 1, state: "serving" },
    { state: "draining" },
  ]);
});
