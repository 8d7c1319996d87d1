/** What must be true of jobs: one end each, by whoever held the lease. */
import { type ArqonMessage, JobResultSchema, JobStateSchema, MessageType, payloadOf } from "@arqon/core/wire";

/** What clients saw of jobs, by job id. */
export interface SeenJobs {
  readonly submitted: Set<string>;
  readonly physical: Set<string>;
  /** Attempts handed out, in order. */
  readonly leases: Map<string, number[]>;
  /** Results that were acknowledged. */
  readonly taken: Map<string, Set<string>>;
}

/** The topic on which the bus counts attempts. */
const LEASED = "sys.job.leased";

/** What is wrong with jobs. @param unfinished  jobs by state, at the end. @param excused  syncs lied. */
export function judgeJobs(
  seen: SeenJobs,
  stored: readonly ArqonMessage[],
  unfinished: Readonly<Record<string, number>>,
  acknowledged: ReadonlySet<string>,
  excused: boolean,
): string[] {
  const wrong: string[] = [];
  const results = new Map<string, string>();
  const attempts = new Map<string, number>();
  const jobs = new Set<string>();
  for (const message of stored) {
    if (message.type === MessageType.JOB) jobs.add(message.id);
    if (message.topic === LEASED) {
      const { jobId, attempt } = payloadOf(message, JobStateSchema);
      if (results.has(jobId)) wrong.push(`job ${jobId} was leased after its end`);
      attempts.set(jobId, Math.max(attempt, attempts.get(jobId) ?? 0));
    }
    if (message.type !== MessageType.JOB_RESULT) continue;
    const { jobId, attempt } = payloadOf(message, JobResultSchema);
    if (!jobs.has(jobId)) wrong.push(`the end of job ${jobId} comes before its beginning`);
    if (results.has(jobId)) wrong.push(`job ${jobId} has two terminal results`);
    results.set(jobId, message.id);
    if (message.producerId !== "arqon-bus" && attempt !== attempts.get(jobId))
      wrong.push(`attempt ${attempt} ended job ${jobId}, whose attempt was ${attempts.get(jobId)}`);
  }
  for (const id of seen.submitted)
    if (acknowledged.has(id) && !results.has(id) && (!excused || jobs.has(id)))
      wrong.push(`job ${id} was acknowledged and never ended`);
  for (const [jobId, taken] of seen.taken)
    for (const id of taken)
      if (results.get(jobId) !== id)
        wrong.push(`result ${id} of job ${jobId} was taken but is not its record`);
  for (const [jobId, handed] of seen.leases) {
    if (new Set(handed).size !== handed.length) wrong.push(`an attempt of job ${jobId} was leased twice`);
    if (seen.physical.has(jobId) && handed.length > 1)
      wrong.push(`physical job ${jobId} was leased ${handed.length} times`);
  }
  for (const state of ["SUBMITTED", "LEASED", "RUNNING"])
    if (unfinished[state]) wrong.push(`${unfinished[state]} jobs are still ${state}`);
  return wrong;
}
