/** Answers the jobs of a replay with the results that were recorded, so that nothing is done twice. */
import { ArqonError } from "@arqon/core/base";
import {
  type ArqonMessage,
  create,
  errorFromInfo,
  type JobResult,
  JobResultSchema,
  JobSchema,
  JobStatus,
  messageWith,
  payloadOf,
} from "@arqon/core/wire";
import { type ConnectOptions, JobAnswer, type Operator, operator } from "@arqon/sdk";

/** What an operator that plays back says of itself; the bus gives jobs with physical effect to no other in a replay. */
const PLAYBACK_MODE = "playback";

/** Time the last answer of a job may take. */
const FINISH_MS = 30_000;

/** Operators that answer from the recording, one for each topic of jobs. */
export class Playback {
  readonly #connection: ConnectOptions;
  readonly #operators = new Map<string, Promise<Operator>>();
  readonly #results = new Map<string, PromiseWithResolvers<JobResult>>();
  readonly #played: { readonly id: string; readonly topic: string }[] = [];

  /** @param connection  to the Reality of the replay. */
  constructor(connection: ConnectOptions) {
    this.#connection = connection;
  }

  /** The job as it is played: without its deadline, which has passed. Its topic is served from here on. */
  async job(message: ArqonMessage): Promise<ArqonMessage> {
    const { id, topic } = message;
    this.#played.push({ id, topic });
    if (!this.#operators.has(topic)) {
      this.#operators.set(
        topic,
        operator({
          ...this.#connection,
          topic,
          queueGroup: PLAYBACK_MODE,
          maxInFlight: 256,
          sam: { operatorType: PLAYBACK_MODE, engineModes: [PLAYBACK_MODE] },
          handle: async (job) => {
            const result = await this.#result(job.id).promise;
            this.#results.delete(job.id);
            return answer(result);
          },
        }),
      );
    }
    await this.#operators.get(topic);
    const { $typeName: _, $unknown: __, payload: ___, ...init } = message;
    const job = payloadOf(message, JobSchema);
    return messageWith(init, JobSchema, { ...job, deadlineUnixUs: 0n });
  }

  /** A recorded result. */
  result(message: ArqonMessage): void {
    const result = payloadOf(message, JobResultSchema);
    this.#result(result.jobId).resolve(result);
  }

  /** Waits for the jobs that were played. Those whose result was not recorded fail. */
  async finish(): Promise<void> {
    for (const { id } of this.#played) this.#result(id).resolve(create(JobResultSchema, { jobId: id }));
    for (const { id, topic } of this.#played.splice(0)) {
      const client = (await this.#operators.get(topic))?.client;
      await client?.job(id).finished({ timeoutMs: FINISH_MS });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that could not be started has told whoever played its job.
    for (const one of await Promise.allSettled(this.#operators.values()))
      if (one.status === "fulfilled") await one.value.drain({ graceMs: 0 });
  }

  #result(id: string): PromiseWithResolvers<JobResult> {
    const known = this.#results.get(id) ?? Promise.withResolvers<JobResult>();
    this.#results.set(id, known);
    return known;
  }
}

function answer(result: JobResult): JobAnswer {
  if (result.status === JobStatus.SUCCEEDED)
    return new JobAnswer(result.output, {
      mediaType: result.outputMediaType,
      outputOmitted: result.outputOmitted,
    });
  throw result.error
    ? errorFromInfo(result.error)
    : new ArqonError("REPLAY_NOT_RECORDED", `the recording has no result of job ${result.jobId}`);
}
