/** Runs of foreign operators are sealed from what the bus recorded: the Spine asks for it and notes the outcome. */
import { ArqonError } from "@arqon/core/base";
import { type JobResult, JobStatus, type Sam } from "@arqon/core/wire";
import { type JobRecord, SEAL_TOPIC } from "./job.ts";
import type { JobHost } from "./job-host.ts";
import { sealJobId, sealMessage } from "./job-messages.ts";
import { BUS_PRINCIPAL } from "./port.ts";
import { readStored } from "./stored.ts";

/** Which jobs need a seal, and which have one. */
export class Seals {
  readonly #host: JobHost;
  readonly #find: (id: string) => JobRecord | undefined;
  /** Tells watchers, with the result read from the log. */
  readonly #changed: (job: JobRecord) => void;
  readonly #later: (job: JobRecord, call: () => void) => void;

  constructor(
    host: JobHost,
    find: (id: string) => JobRecord | undefined,
    changed: (job: JobRecord) => void,
    later: (job: JobRecord, call: () => void) => void,
  ) {
    this.#host = host;
    this.#find = find;
    this.#changed = changed;
    this.#later = later;
  }

  /**
   * Notes the ids an operator's result carries, or that a seal is due. Due is one also where the bus itself ended a job
   * that somebody had begun: whoever it was, what ran leaves an artifact.
   */
  note(job: JobRecord, result: JobResult, producerId: string): void {
    if (result.artifactId !== "") job.sealed = sealedIds(result, false);
    const wasEnded = producerId === BUS_PRINCIPAL.id && job.attempt > 0;
    job.sealPending =
      job.topic !== SEAL_TOPIC &&
      job.sealed === undefined &&
      !this.#host.isReplay &&
      (wasEnded || !this.#host.isTrusted(producerId));
  }

  /** Asks for the seal of a job whose terminal record is in the log. */
  async request(job: JobRecord, operatorPrincipal: string, operatorSam: Sam | undefined): Promise<void> {
    const failed = (error: ArqonError): void => {
      if (error.kind.retry) this.#later(job, () => void this.request(job, operatorPrincipal, operatorSam));
      else this.#fail(job, error.message);
    };
    try {
      const jobMessage = await this.#host.stored(job.sequence);
      const resultMessage = await this.#host.stored(job.resultSequence);
      const message = sealMessage(job, { jobMessage, resultMessage, operatorPrincipal, operatorSam });
      this.#host.submit(message, (error) => error && failed(error));
    } catch (thrown) {
      failed(ArqonError.from(thrown));
    }
  }

  /** A seal job is finished: its result names the artifact of another job. */
  finished(seal: JobRecord, result: JobResult): JobRecord | undefined {
    const job = this.#find(seal.sealFor);
    if (job === undefined || !job.sealPending) return undefined;
    if (result.status === JobStatus.SUCCEEDED && result.artifactId !== "") {
      job.sealed = sealedIds(result, true);
      job.sealPending = false;
    } else {
      job.sealPending = false;
      job.note = `not sealed: ${result.error?.message ?? "the sealer named no artifact"}`;
    }
    return job;
  }

  /** After a restart: asks for a seal that is due, unless that was done before. */
  async resume(job: JobRecord): Promise<void> {
    if (this.#find(sealJobId(job.id)) !== undefined) return;
    try {
      const producer = readStored(await this.#host.stored(job.resultSequence)).producerId;
      await this.request(job, producer, undefined);
    } catch (thrown) {
      this.#fail(job, ArqonError.from(thrown).message);
    }
  }

  #fail(job: JobRecord, why: string): void {
    job.sealPending = false;
    job.note = `not sealed: ${why}`;
    this.#changed(job);
  }
}

function sealedIds(result: JobResult, reported: boolean): NonNullable<JobRecord["sealed"]> {
  return {
    recipeId: result.recipeId,
    artifactId: result.artifactId,
    recordId: result.recordId,
    reported,
  };
}
