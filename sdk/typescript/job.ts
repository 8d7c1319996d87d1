/** Submitting jobs and following them. */
import {
  ArqonError,
  canonicalJson,
  type JsonObject,
  type LabelsInit,
  labelsJson,
  labelsOf,
  utf8,
} from "@arqon/core/base";
import { Effect, JobSchema, type JobState, requireTopic } from "@arqon/core/wire";
import { requireOneOf, requireText } from "./argument.ts";
import { failureOf, idsOf, isFinal, isTerminalStatus } from "./job-state.ts";
import { JobOutput } from "./output.ts";
import { type TypedPayload, typed } from "./payload.ts";
import { Queue } from "./queue.ts";
import type { Session } from "./session.ts";
import { abortError, bounded, type WaitOptions } from "./wait.ts";
import type { Watches } from "./watches.ts";

/** A job to be done. Its tags and note go into the record of its run, and into no id but the record's. */
export interface JobInit extends WaitOptions, LabelsInit {
  /** Logical schema id of the capsule, e.g. "arqonbus.quantum.job.v1". */
  readonly schema: string;
  /** The program itself; text is sent as UTF-8. */
  readonly program: string | Uint8Array;
  /** Default "text/plain" for text, "application/octet-stream" for bytes. */
  readonly programMediaType?: string;
  /** A name for people, e.g. the file name. */
  readonly name?: string;
  readonly parameters?: JsonObject;
  /** Limits and requirements, e.g. `{ backend: "sim-statevector" }`. */
  readonly constraints?: JsonObject;
  /** What the program's working copy was, as `captureSource` gives it; for the record, not identity. */
  readonly source?: JsonObject;
  /** What repeating the job does to the world. Default "pure". A physical effect is never repeated by itself. */
  readonly effect?: "pure" | "idempotent" | "physical";
  /** UTC microseconds after which the result is not wanted. */
  readonly deadlineUs?: number;
  /** Leases before the job is given up. Default: the server's. */
  readonly maxAttempts?: number;
  /** UUIDv7; submitting the same job with the same id twice is one job. */
  readonly id?: string;
  readonly trace?: Readonly<Record<string, string>>;
}

const EFFECTS = { pure: Effect.PURE, idempotent: Effect.IDEMPOTENT, physical: Effect.PHYSICAL } as const;

/** @throws ArqonError `USAGE` */
function bytesOf(program: unknown): Uint8Array {
  return program instanceof Uint8Array ? program : utf8(requireText("program", program));
}

/** The payload of a job message. @throws ArqonError `TOPIC_INVALID`, `JSON_INVALID`, and of labels `USAGE`, `LIMIT_EXCEEDED` */
export function jobPayload(topic: string, init: JobInit): TypedPayload<typeof JobSchema> {
  requireTopic(topic);
  if (!topic.endsWith(".jobs"))
    throw new ArqonError("TOPIC_INVALID", `"${topic}": jobs go to a topic that ends in .jobs`);
  const isText = typeof init.program === "string";
  const labels = labelsOf(init);
  return typed(JobSchema, {
    capsule: {
      schema: init.schema,
      program: bytesOf(init.program),
      programMediaType: init.programMediaType ?? (isText ? "text/plain" : "application/octet-stream"),
      name: init.name ?? "",
      parametersJson: canonicalJson(init.parameters ?? {}),
      constraintsJson: canonicalJson(init.constraints ?? {}),
      sourceJson: init.source ? canonicalJson(init.source) : "",
      labelsJson: labels ? canonicalJson(labelsJson(labels)) : "",
    },
    deadlineUnixUs: BigInt(init.deadlineUs ?? 0),
    effect: requireOneOf("effect", init.effect ?? "pure", EFFECTS),
    maxAttempts: init.maxAttempts ?? 0,
  });
}

/** The run of a job as a sealed artifact. */
export interface SealedRun {
  readonly recipeId: string;
  readonly artifactId: string;
  readonly recordId: string;
  /** Sealed from what the bus recorded of a foreign operator. */
  readonly reported: boolean;
}

/** How long a wait for a job lasts unless told otherwise: one hour. */
const JOB_TIMEOUT_MS = 3_600_000;

/** A submitted job. */
export class JobHandle {
  readonly id: string;
  readonly #session: Session;
  readonly #watches: Watches;
  /** Where the submission stands in the log; 0 on a handle made from an id. */
  readonly sequence: number;
  /** The job was submitted before under this id; this handle follows that one. */
  readonly duplicate: boolean;

  /** @internal */
  constructor(
    session: Session,
    watches: Watches,
    id: string,
    ack: { readonly sequence?: number; readonly duplicate?: boolean } = {},
  ) {
    this.#session = session;
    this.#watches = watches;
    this.id = id;
    this.sequence = ack.sequence ?? 0;
    this.duplicate = ack.duplicate ?? false;
  }

  /** What the server knows now. @throws ArqonError `JOB_UNKNOWN` */
  state(wait: WaitOptions = {}): Promise<JobState> {
    return this.#session.ask({ case: "jobGet", value: { jobId: this.id, watch: false } }, "jobState", wait);
  }

  /** Every state from now on, up to the last: terminal and, where a seal is due, sealed. */
  async *states(wait: WaitOptions = {}): AsyncGenerator<JobState, void, undefined> {
    // Progress that nobody takes is replaced by newer progress, so the queue stays small.
    const queue = new Queue<JobState>(1024);
    let note = "";
    const stop = this.#watches.listen(this.id, {
      state: (state) => {
        note = state.note;
        if (!queue.push(state)) {
          queue.take();
          queue.push(state);
        }
        if (isFinal(state)) queue.end();
      },
      failed: (error) => queue.end(error),
    });
    const onAbort = (): void => {
      if (wait.signal) queue.end(abortError(wait.signal, `watching job ${this.id}`));
    };
    if (wait.signal?.aborted) onAbort();
    wait.signal?.addEventListener("abort", onAbort);
    const timeoutMs = wait.timeoutMs ?? JOB_TIMEOUT_MS;
    const cancel = this.#session.settings.timer.after(timeoutMs, () =>
      queue.end(this.#late(`job ${this.id} took longer than ${timeoutMs} ms`, note)),
    );
    try {
      for (let state = await queue.next(); state; state = await queue.next()) yield state;
    } finally {
      stop();
      cancel();
      wait.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** The terminal state, whatever it is. */
  finished(wait: WaitOptions = {}): Promise<JobState> {
    return this.#until((state) => isTerminalStatus(state.status), wait);
  }

  /**
   * The answer, once there is one. Waits an hour unless told otherwise.
   * @throws ArqonError the job's own error, `CANCELLED`, `JOB_EXPIRED`, `JOB_DEAD`, or `DEADLINE_EXCEEDED`.
   */
  async result(wait: WaitOptions = {}): Promise<JobOutput> {
    const state = await this.finished(wait);
    const failure = failureOf(state);
    if (failure) throw failure;
    return new JobOutput(state);
  }

  /**
   * The ids of the run, once it is sealed.
   * @throws ArqonError `ARTIFACT_UNKNOWN` when the job ended and nothing is to be sealed.
   */
  async sealed(wait: WaitOptions = {}): Promise<SealedRun> {
    const state = await this.#until(isFinal, wait);
    const ids = idsOf(state);
    if (!ids.artifactId)
      throw new ArqonError(
        "ARTIFACT_UNKNOWN",
        `job ${this.id} has no artifact${state.note && `: ${state.note}`}`,
      );
    return { ...ids, reported: state.sealed?.reported ?? false };
  }

  /** Asks for the job to be stopped; whether it was shows in its terminal state. */
  async cancel(reason = "", wait: WaitOptions = {}): Promise<void> {
    await this.#session.ask({ case: "jobCancel", value: { jobId: this.id, reason } }, "done", wait);
  }

  async #until(holds: (state: JobState) => boolean, wait: WaitOptions): Promise<JobState> {
    const { promise, resolve, reject } = Promise.withResolvers<JobState>();
    let note = "";
    const stop = this.#watches.listen(this.id, {
      state: (state) => {
        note = state.note;
        if (holds(state)) resolve(state);
      },
      failed: reject,
    });
    const options = { timeoutMs: JOB_TIMEOUT_MS, ...wait };
    try {
      return await bounded(this.#session.settings.timer, promise, options, `job ${this.id}`);
    } catch (thrown) {
      const { code, message } = ArqonError.from(thrown);
      throw code === "DEADLINE_EXCEEDED" ? this.#late(message, note) : thrown;
    } finally {
      stop();
    }
  }

  /** What the bus last said of the job may be why, e.g. that nobody serves its topic. */
  #late(what: string, note: string): ArqonError {
    return new ArqonError("DEADLINE_EXCEEDED", note ? `${what}: ${note}` : what);
  }
}
