/** Bound jobs over the bus. */
import { ArqonError } from "@arqon/core/base";
import { JobSchema, type JobState, JobStatus, MessageType } from "@arqon/core/wire";
import { type Client, failureOf, idsOf, isFinal, typed } from "@arqon/sdk";
import type { Outcome, WorkContext } from "../runtime/index.ts";
import { QUANTUM_JOB_SCHEMA } from "./quantum-job.ts";
import type { BoundJobs } from "./service.ts";

/** What of a client bound jobs use. */
export type JobClient = Pick<Client, "publish" | "job">;

/** Submits and follows bound jobs through a client, which must be a principal that may publish on `backend.*.jobs`. */
export function boundJobs(client: JobClient): BoundJobs & { isTaken(id: string): Promise<boolean> } {
  return {
    submit: async (topic, id, job, trace): Promise<void> => {
      await client.publish(topic, typed(JobSchema, job), {
        id,
        schema: job.capsule?.schema ?? QUANTUM_JOB_SCHEMA,
        type: MessageType.JOB,
        durability: "synced",
        ...(trace && { trace }),
      });
    },
    follow: async (id: string, context: WorkContext): Promise<Outcome> => {
      // A lost lease or a stop ends the watch; a cancelled job is watched to its own end.
      const gone = new AbortController();
      const onAbort = (): void => {
        const reason = ArqonError.from(context.signal.reason, "CANCELLED");
        if (reason.code !== "CANCELLED") gone.abort(reason);
      };
      if (context.signal.aborted) onAbort();
      context.signal.addEventListener("abort", onAbort, { once: true });
      const wait = { timeoutMs: FOLLOW_TIMEOUT_MS, signal: gone.signal };
      try {
        for await (const state of client.job(id).states(wait)) {
          if (isFinal(state)) return outcomeOf(state);
          if (state.note !== "") void context.progress(state.progress, state.note);
        }
      } finally {
        context.signal.removeEventListener("abort", onAbort);
      }
      throw new ArqonError("CONNECTION_LOST", `the watch of bound job ${id} ended before the job did`);
    },
    topicOf: async (id: string): Promise<string> => (await client.job(id).state()).topic,
    isTaken: async (id: string): Promise<boolean> =>
      (await client.job(id).state()).status !== JobStatus.SUBMITTED,
    cancel: (id: string, reason: string): Promise<void> => client.job(id).cancel(reason),
  };
}

/** A job may take as long as its own deadline and lease allow: this only bounds what is forgotten. */
const FOLLOW_TIMEOUT_MS = 7 * 86_400_000;

/** The outcome of a job from its last state. */
export function outcomeOf(state: JobState): Outcome {
  const error = failureOf(state);
  const ids = idsOf(state);
  const { output, outputMediaType, outputOmitted, hops = [] } = state.result ?? {};
  return {
    ...(error && { error }),
    ...(output && { output, outputMediaType: outputMediaType ?? "", outputOmitted: outputOmitted ?? false }),
    ...(ids.artifactId && { ids }),
    hops: hops.map(({ name, startMs, durationMs }) => ({ name, startMs, durationMs })),
  };
}
