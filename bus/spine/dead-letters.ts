/** A job that no attempt finished, on its dead-letter topic. */
import { ArqonError } from "@arqon/core/base";
import type { JobRecord } from "./job.ts";
import type { JobHost } from "./job-host.ts";
import { deadLetterMessage } from "./job-messages.ts";

/** Writes the dead letter of a job; `failed` is told when it could not be. */
export async function buryJob(
  host: JobHost,
  job: JobRecord,
  failed: (error: ArqonError) => void,
): Promise<void> {
  try {
    const jobMessage = await host.stored(job.sequence);
    const resultMessage = await host.stored(job.resultSequence);
    const recordings = { jobMessage, resultMessage, operatorPrincipal: "", operatorSam: undefined };
    host.record(deadLetterMessage(job, recordings), "synced", (error) => error && failed(error));
  } catch (thrown) {
    failed(ArqonError.from(thrown));
  }
}
