/** What the tests of jobs share: a bus with short pauses, and the two sides of a job. */
import {
  type ArqonMessage,
  type Effect,
  JobResultSchema,
  JobSchema,
  type JobState,
  JobStatus,
  MessageType,
  messageWith,
  type Op,
} from "@arqon/core/wire";
import type { Bus } from "./front.ts";
import { newId, type TestClient, testBus } from "./testing.ts";

const buses = new Set<Bus>();

/** Closes what a test has left running. */
export async function closeAll(): Promise<void> {
  for (const bus of buses) await bus.close();
  buses.clear();
}

/** The bus is closed already. */
export function forget(bus: Bus): void {
  buses.delete(bus);
}

/** A bus whose pauses between attempts are short. */
export async function start(options: Parameters<typeof testBus>[0] = {}): Promise<Bus> {
  const bus = await testBus({
    ...options,
    limits: {
      ...options.limits,
      jobs: { backoffMs: [5], cancelGraceMs: 50, ...options.limits?.jobs },
    },
  });
  buses.add(bus);
  return bus;
}

/** Submits a job. Returns its id. */
export function submit(
  client: TestClient,
  topic = "lab.jobs",
  job: { effect?: Effect; maxAttempts?: number; deadlineUnixUs?: bigint; program?: string } = {},
  id: string = newId(),
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

/** Ends a job as its holder. Returns the id of the result. */
export function finish(
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

export const isJob = (message: ArqonMessage): boolean => message.type === MessageType.JOB;
export const ack =
  (id: string) =>
  (op: Op): boolean =>
    op.op.case === "publishAck" && op.op.value.messageId === id;
export const refusal =
  (id: string) =>
  (op: Op): boolean =>
    op.op.case === "error" && op.op.value.messageId === id;

/** The state of a job now. */
export async function state(client: TestClient, jobId: string): Promise<JobState> {
  const { op } = await client.ask({ case: "jobGet", value: { jobId } });
  if (op.case !== "jobState") throw new Error(`not a state but ${op.case}`);
  return op.value;
}

/** Watches a job until nothing about it can change any more. */
export function outcome(client: TestClient, jobId: string): Promise<JobState> {
  return until(client, jobId, ({ status, sealPending }) => status >= JobStatus.SUCCEEDED && !sealPending);
}

/** Watches a job until it has ended, sealed or not. */
export function ended(client: TestClient, jobId: string): Promise<JobState> {
  return until(client, jobId, ({ status }) => status >= JobStatus.SUCCEEDED);
}

async function until(
  client: TestClient,
  jobId: string,
  holds: (state: JobState) => boolean,
): Promise<JobState> {
  const corr = client.request({ case: "jobGet", value: { jobId, watch: true } });
  for (;;) {
    const { op } = await client.op((one) => one.corr === corr);
    if (op.case !== "jobState") throw new Error(`not a state but ${op.case}`);
    if (holds(op.value)) return op.value;
  }
}
