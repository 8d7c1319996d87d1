/** What an agent's operators do with a job. */
import { ArqonError, type ErrorCode, fromUtf8, type Json, type JsonObject } from "@arqon/core/base";
import { decodeMessage, FinishedJobSchema, fromBinary } from "@arqon/core/wire";
import { type HandleOutput, JobAnswer, type JobContext, type LeasedJob } from "@arqon/sdk";

const id = (digit: string): string => `sha256:${digit.repeat(64)}`;

async function echo(job: LeasedJob, context: JobContext, reports: Json | undefined): Promise<JsonObject> {
  for (const [fraction, note] of (reports ?? []) as [number, string][])
    await context.progress(fraction, note);
  const { program, schema } = job.capsule;
  return { parameters: job.parameters, program: fromUtf8(program), schema };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
}

/** The handler for a behaviour; `gate` resolves when the driver released it. */
export function behave(
  behaviour: JsonObject,
  gate: Promise<void>,
): (job: LeasedJob, context: JobContext) => Promise<HandleOutput> {
  const text = (key: string): string => String(behaviour[key]);
  const kinds: Record<string, (job: LeasedJob, context: JobContext) => Promise<HandleOutput>> = {
    echo: (job, context) => echo(job, context, behaviour["progress"]),
    upper: async (job) => fromUtf8(job.capsule.program).toUpperCase(),
    bytes: async () => Uint8Array.from({ length: Number(behaviour["count"]) }, (_, i) => i % 251),
    fail: async () => {
      throw new ArqonError(text("code") as ErrorCode, text("message"));
    },
    crash: async () => {
      throw new Error(text("message"));
    },
    hang: (_, context) => aborted(context.signal),
    gate: async (job, context) => {
      await Promise.race([gate, aborted(context.signal)]);
      return echo(job, context, behaviour["progress"]);
    },
    seal: async (job) => {
      const finished = fromBinary(FinishedJobSchema, job.capsule.program);
      const sealed = decodeMessage(finished.jobMessage).id;
      return new JobAnswer({ sealed }, { recipeId: id("1"), artifactId: id("2"), recordId: id("3") });
    },
  };
  const handle = kinds[text("kind")];
  if (!handle) throw new TypeError(`no behaviour "${text("kind")}"`);
  return handle;
}
