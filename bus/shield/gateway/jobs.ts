/** What can be done with jobs and artifacts, once for every protocol. */
import { canonicalJson, jsonObject, parseJson, type Timer } from "@arqon/core/base";
import {
  type BundleChunk,
  type CancelJobRequest,
  type Capsule,
  CapsuleSchema,
  create,
  Effect,
  type GetArtifactRequest,
  type GetJobRequest,
  JobSchema,
  type JobState,
  requireTopic,
  type SubmitJobRequest,
  type WatchJobRequest,
} from "@arqon/core/wire";
import { chunksOf } from "./chunks.ts";
import type { GatewayClient } from "./client.ts";
import { misuse } from "./status.ts";

/** Checks a capsule before it is submitted, beyond what holds for all. @throws ArqonError what is wrong with it */
export type CheckCapsule = (topic: string, capsule: Capsule) => void;

/** What every call has. */
export interface Call {
  readonly client: GatewayClient;
  readonly signal: AbortSignal;
}

/** The operations; each throws the bus's own ArqonErrors, and `USAGE` for a field out of its range. */
export class JobCalls {
  readonly #check: CheckCapsule;
  readonly #timer: Timer;
  readonly #maxWaitMs: number;

  constructor(check: CheckCapsule, timer: Timer, maxWaitMs: number) {
    this.#check = check;
    this.#timer = timer;
    this.#maxWaitMs = maxWaitMs;
  }

  async submit({ client }: Call, request: SubmitJobRequest): Promise<{ job: JobState; duplicate: boolean }> {
    const { jobId, topic, effect, deadlineUnixUs, maxAttempts } = request;
    requireTopic(topic);
    const capsule = completed(request.capsule);
    this.#check(topic, capsule);
    const job = create(JobSchema, {
      capsule,
      deadlineUnixUs,
      effect: effect === Effect.UNSPECIFIED ? Effect.PURE : effect,
      maxAttempts,
    });
    const { id, duplicate } = await client.submit({ id: jobId, topic, job });
    return { job: await client.state(id), duplicate };
  }

  async get({ client, signal }: Call, { jobId, waitMs }: GetJobRequest): Promise<{ job: JobState }> {
    if (waitMs > this.#maxWaitMs) throw misuse(`wait_ms is ${waitMs}, the most is ${this.#maxWaitMs}`);
    if (waitMs === 0) return { job: await client.state(jobId) };
    const patience = new AbortController();
    const cancel = this.#timer.after(waitMs, () => patience.abort());
    let job: JobState | undefined;
    try {
      for await (const state of client.watch(jobId, AbortSignal.any([signal, patience.signal]))) job = state;
    } catch (thrown) {
      if (!patience.signal.aborted || signal.aborted) throw thrown;
    } finally {
      cancel();
    }
    return { job: job ?? (await client.state(jobId)) };
  }

  async *watch({ client, signal }: Call, { jobId }: WatchJobRequest): AsyncGenerator<{ job: JobState }> {
    for await (const job of client.watch(jobId, signal)) yield { job };
  }

  async cancel({ client }: Call, { jobId, reason }: CancelJobRequest): Promise<{ job: JobState }> {
    await client.cancel(jobId, reason);
    return { job: await client.state(jobId) };
  }

  async *artifact(call: Call, { artifactId }: GetArtifactRequest): AsyncGenerator<{ chunk: BundleChunk }> {
    const ask = (offset: number) => call.client.bundle(artifactId, offset, call.signal);
    for await (const chunk of chunksOf(artifactId, ask)) yield { chunk };
  }
}

function completed(capsule: Capsule | undefined): Capsule {
  if (!capsule?.schema) throw misuse("the job has no capsule with a schema");
  return create(CapsuleSchema, {
    ...capsule,
    parametersJson: canonicalObject(capsule.parametersJson, "parameters_json"),
    constraintsJson: canonicalObject(capsule.constraintsJson, "constraints_json"),
  });
}

function canonicalObject(text: string, what: string): string {
  return canonicalJson(jsonObject(parseJson(text || "{}", what), what));
}
