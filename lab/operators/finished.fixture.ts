/** A seal job as the bus submits it: what it recorded of a job that a foreign operator finished. */
import { canonicalJson, deriveUuid, type Json, utf8 } from "@arqon/core/base";
import {
  CapsuleSchema,
  create,
  encodeMessage,
  FinishedJobSchema,
  JobResultSchema,
  JobSchema,
  JobStatus,
  MessageType,
  messageWith,
  toBinary,
} from "@arqon/core/wire";
import type { Work } from "../runtime/index.ts";
import { JOB_ID, quantumWork } from "./lab.fixture.ts";

/** What differs from the usual: a job on "lab.echo.jobs" that gave `{"counts":{"0":3,"1":5}}`. */
export interface FinishedChanges {
  readonly jobId?: string;
  readonly output?: Json | Uint8Array;
  readonly outputMediaType?: string;
  readonly failed?: boolean;
  readonly operatorId?: string;
  readonly operatorVersion?: string;
  readonly startedUnixUs?: bigint;
  readonly producer?: string;
  /** Who submitted the job, and whose tenant's it says it is. */
  readonly submitter?: string;
  readonly tenant?: string;
  readonly parametersJson?: string;
  readonly constraintsJson?: string;
  readonly labelsJson?: string;
}

export function finishedWork(changes: FinishedChanges = {}): Work {
  const { jobId = JOB_ID, output = { counts: { "0": 3, "1": 5 } }, failed = false } = changes;
  const startedUnixUs = changes.startedUnixUs ?? 1_767_225_600_000_000n;
  const capsule = create(CapsuleSchema, {
    schema: "lab.echo.job.v1",
    program: utf8("echo"),
    programMediaType: "text/plain",
    name: "echo.txt",
    parametersJson: changes.parametersJson ?? '{"seed":"0x7","volume":3}',
    constraintsJson: changes.constraintsJson ?? "{}",
    labelsJson: changes.labelsJson ?? "",
  });
  const job = messageWith(
    {
      id: jobId,
      topic: "lab.echo.jobs",
      type: MessageType.JOB,
      producerId: changes.submitter ?? "ada",
      sequence: 4n,
      timestampUnixUs: startedUnixUs,
    },
    JobSchema,
    { capsule, tenant: changes.tenant ?? "" },
  );
  const result = messageWith(
    {
      id: deriveUuid(jobId, "result/1"),
      topic: "lab.echo.results",
      type: MessageType.JOB_RESULT,
      producerId: "pyop",
      sequence: 9n,
      timestampUnixUs: startedUnixUs + 2_000_000n,
    },
    JobResultSchema,
    failed
      ? {
          jobId,
          attempt: 1,
          status: JobStatus.FAILED,
          error: { code: "EXECUTION_FAILED", message: "at /home/eve" },
        }
      : {
          jobId,
          attempt: 1,
          status: JobStatus.SUCCEEDED,
          output: output instanceof Uint8Array ? output : utf8(canonicalJson(output)),
          outputMediaType: changes.outputMediaType ?? "application/json",
        },
  );
  const finished = create(FinishedJobSchema, {
    jobMessage: encodeMessage(job),
    resultMessage: encodeMessage(result),
    operatorPrincipal: "pyop",
    operatorSam: {
      operatorId: changes.operatorId ?? "echo-1",
      operatorType: "echo",
      version: changes.operatorVersion ?? "1.0",
      inputSchemas: ["lab.echo.job.v1"],
    },
    attempts: 1,
  });
  return quantumWork({
    id: deriveUuid(jobId, "seal"),
    topic: "seal.jobs",
    producer: changes.producer ?? "arqon-bus",
    capsuleChanges: {
      schema: "arqonbus.seal.job.v1",
      program: toBinary(FinishedJobSchema, finished),
      parametersJson: "{}",
    },
  });
}
