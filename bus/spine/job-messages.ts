/** The messages the bus itself writes about jobs. */
import { type ArqonError, deriveUuid } from "@arqon/core/base";
import {
  type ArqonMessage,
  create,
  Durability,
  Effect,
  errorInfo,
  type FinishedJob,
  FinishedJobSchema,
  JobResultSchema,
  JobSchema,
  JobStateSchema,
  JobStatus,
  MessageType,
  messageWith,
  type Sam,
  toBinary,
} from "@arqon/core/wire";
import { type JobRecord, resultsTopic, SEAL_TOPIC } from "./job.ts";

/** Topic of the records that say who got which attempt. */
export const LEASE_TOPIC = "sys.job.leased";

/** Topic of the records that say which attempt does not count. */
export const RELEASE_TOPIC = "sys.job.released";

/** Topic of the records that say that somebody asked for the end of a job. */
export const CANCEL_TOPIC = "sys.job.cancelled";

/** Written when the end of a job is asked for that cannot end at once. */
export function cancelMessage(job: JobRecord): ArqonMessage {
  return messageWith(
    {
      id: deriveUuid(job.id, "cancel"),
      topic: CANCEL_TOPIC,
      type: MessageType.CONTROL,
      durability: Durability.SYNCED,
    },
    JobStateSchema,
    {
      jobId: job.id,
      topic: job.topic,
      status: job.status,
      attempt: job.attempt,
      note: job.cancelReason ?? "",
    },
  );
}

/** Written before an attempt is handed out, so that attempts are counted across a restart. */
export function leaseMessage(job: JobRecord): ArqonMessage {
  return messageWith(
    {
      id: deriveUuid(job.id, `lease ${job.attempt}`),
      topic: LEASE_TOPIC,
      type: MessageType.CONTROL,
      durability: job.effect === Effect.PHYSICAL ? Durability.SYNCED : Durability.LOGGED,
    },
    JobStateSchema,
    { jobId: job.id, topic: job.topic, status: JobStatus.LEASED, attempt: job.attempt },
  );
}

/** Written when a server that closes takes a lease back. */
export function releaseMessage(job: JobRecord): ArqonMessage {
  return messageWith(
    {
      id: deriveUuid(job.id, `release ${job.attempt}`),
      topic: RELEASE_TOPIC,
      type: MessageType.CONTROL,
      durability: Durability.LOGGED,
    },
    JobStateSchema,
    { jobId: job.id, topic: job.topic, status: JobStatus.SUBMITTED, attempt: job.attempt },
  );
}

/** The one terminal record of a job that the bus ends itself. */
export function terminalMessage(job: JobRecord, status: JobStatus, error: ArqonError): ArqonMessage {
  return messageWith(
    {
      id: deriveUuid(job.id, "terminal"),
      topic: resultsTopic(job.topic),
      type: MessageType.JOB_RESULT,
      durability: Durability.SYNCED,
    },
    JobResultSchema,
    { jobId: job.id, attempt: job.attempt, status, error: errorInfo(error, job.id) },
  );
}

/** What the bus recorded of a finished job. */
export interface Recordings {
  readonly jobMessage: Uint8Array;
  readonly resultMessage: Uint8Array;
  readonly operatorPrincipal: string;
  readonly operatorSam: Sam | undefined;
}

function finishedJob(job: JobRecord, recordings: Recordings): FinishedJob {
  const { operatorSam, ...rest } = recordings;
  return create(FinishedJobSchema, {
    ...rest,
    attempts: job.attempt,
    ...(operatorSam ? { operatorSam } : {}),
  });
}

/** Id of the dead letter of a job. */
export function deadLetterId(jobId: string): string {
  return deriveUuid(jobId, "dlq");
}

/** On "<x>.jobs.dlq": a job that no attempt finished. */
export function deadLetterMessage(job: JobRecord, recordings: Recordings): ArqonMessage {
  return messageWith(
    {
      id: deadLetterId(job.id),
      topic: `${job.topic}.dlq`,
      type: MessageType.EVENT,
      durability: Durability.SYNCED,
    },
    FinishedJobSchema,
    finishedJob(job, recordings),
  );
}

/** Id of the job that seals another one. */
export function sealJobId(jobId: string): string {
  return deriveUuid(jobId, "seal");
}

/** On "seal.jobs": asks for the run of a foreign operator to be sealed. */
export function sealMessage(job: JobRecord, recordings: Recordings): ArqonMessage {
  const program = toBinary(FinishedJobSchema, finishedJob(job, recordings));
  return messageWith(
    {
      id: sealJobId(job.id),
      topic: SEAL_TOPIC,
      type: MessageType.JOB,
      schema: "arqonbus.seal.job.v1",
      durability: Durability.SYNCED,
    },
    JobSchema,
    {
      effect: Effect.IDEMPOTENT,
      parentJobId: job.id,
      capsule: {
        schema: "arqonbus.seal.job.v1",
        program,
        programMediaType: "application/x-protobuf;type=arqon.v1.FinishedJob",
        parametersJson: "{}",
        constraintsJson: "{}",
      },
    },
  );
}
