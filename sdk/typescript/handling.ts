/** One lease of one job, from its delivery to its result. */
import { ArqonError, type Cancel, deriveUuid } from "@arqon/core/base";
import {
  type ArqonMessage,
  create,
  Durability,
  encodeMessage,
  JobResultSchema,
  JobSchema,
  JobStatus,
  MessageType,
  messageWith,
  payloadOf,
} from "@arqon/core/wire";
import type { Client } from "./client.ts";
import { resultFields } from "./job-result.ts";
import { Lease } from "./lease.ts";
import { type LeasedJob, leasedJob } from "./leased-job.ts";
import type { OperatorOptions } from "./operator.ts";
import type { Session } from "./session.ts";

/** A job being handled. Ends in one result, or in none when the lease is no longer held. */
export class Handling {
  readonly jobId: string;
  readonly attempt: number;
  /** Resolves when nothing of this handling is left. */
  readonly done: Promise<void>;
  readonly #session: Session;
  readonly #client: Client;
  readonly #options: OperatorOptions;
  readonly #envelope: ArqonMessage;
  readonly #lease: Lease;
  readonly #abort = new AbortController();
  readonly #finish: () => void;
  #settled = false;
  #stopGrace: Cancel = () => {};

  constructor(session: Session, client: Client, options: OperatorOptions, envelope: ArqonMessage) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = resolve;
    this.#session = session;
    this.#client = client;
    this.#options = options;
    this.#envelope = envelope;
    this.jobId = envelope.id;
    this.attempt = envelope.attempt;
    this.#lease = new Lease(session, envelope, (error) =>
      error.code === "CANCELLED" ? this.cancelled(error.message) : this.abandon(error),
    );
  }

  /** Calls the handler and reports what it gives. */
  begin(): void {
    this.#lease.keep();
    void this.#run();
  }

  /** The submitter wants it stopped: tell the handler, and report `CANCELLED` without it if it takes too long. */
  cancelled(reason: string): void {
    if (this.#settled || this.#abort.signal.aborted) return;
    const error = new ArqonError("CANCELLED", reason || `job ${this.jobId} was cancelled`);
    this.#abort.abort(error);
    this.#stopGrace = this.#session.settings.timer.after(this.#options.cancelGraceMs ?? 5_000, () => {
      void this.#report({ status: JobStatus.CANCELLED, error });
    });
  }

  /** The lease is gone: tell the handler and report nothing. */
  abandon(error: ArqonError): void {
    if (this.#settled) return;
    this.#abort.abort(error);
    this.#end();
  }

  /** Gives the job back unfinished, for another operator. */
  giveBack(reason: string): void {
    if (this.#settled) return;
    this.#abort.abort(new ArqonError("SHUTTING_DOWN", reason));
    this.#settled = true;
    this.#lease.stop();
    this.#stopGrace();
    void this.#lease.release(reason).finally(this.#finish);
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    try {
      const output = await this.#options.handle(this.#job(), {
        signal,
        client: this.#client,
        progress: (fraction, note = "") => this.#lease.progress(fraction, note),
      });
      const fields = resultFields(output);
      const reason = fields.error && signal.aborted ? ArqonError.from(signal.reason) : undefined;
      await this.#report(reason?.code === "CANCELLED" ? { ...fields, status: JobStatus.CANCELLED } : fields);
    } catch (thrown) {
      if (signal.aborted && signal.reason instanceof ArqonError && signal.reason.code === "CANCELLED")
        await this.#report({ status: JobStatus.CANCELLED, error: signal.reason });
      else
        await this.#report({ status: JobStatus.FAILED, error: ArqonError.from(thrown, "EXECUTION_FAILED") });
    }
  }

  #job(): LeasedJob {
    const { id, topic, attempt, producerId, traceContext: trace } = this.#envelope;
    return leasedJob(payloadOf(this.#envelope, JobSchema), {
      id,
      topic,
      attempt,
      producer: producerId,
      trace,
    });
  }

  async #report(fields: ReturnType<typeof resultFields>): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    this.#lease.stop();
    this.#stopGrace();
    try {
      await this.#publish(fields);
    } catch (thrown) {
      const error = ArqonError.from(thrown);
      // A result that comes too late is finished elsewhere; one that is refused must still end the job.
      if (error.code !== "JOB_LEASE_LOST" && fields.status === JobStatus.SUCCEEDED && !error.kind.retry)
        await this.#publish({ status: JobStatus.FAILED, error }, "refused").catch(
          this.#session.settings.onError,
        );
      else this.#session.settings.onError(error);
    } finally {
      this.#finish();
    }
  }

  async #publish({ error, ...fields }: ReturnType<typeof resultFields>, label = ""): Promise<void> {
    const { jobId, attempt } = this;
    const info = error && {
      code: error.code,
      message: error.message,
      remedy: error.remedy,
      retryable: error.kind.retry,
    };
    const result = create(JobResultSchema, { ...fields, jobId, attempt, ...(info && { error: info }) });
    const init = {
      // The same attempt always names the same result, so that sending it again changes nothing.
      id: deriveUuid(jobId, `result/${attempt}${label}`),
      topic: this.#envelope.topic.replace(/\.jobs$/, ".results"),
      type: MessageType.JOB_RESULT,
      durability: Durability.SYNCED,
      traceContext: { ...this.#envelope.traceContext },
    };
    const bytes = encodeMessage(messageWith(init, JobResultSchema, result));
    const { publications } = this.#client.internals;
    const link = this.#session.state === "restoring" ? undefined : this.#session.link;
    await publications.publish(init.id, bytes, link).outcome.promise;
  }

  #end(): void {
    this.#settled = true;
    this.#lease.stop();
    this.#stopGrace();
    this.#finish();
  }
}
