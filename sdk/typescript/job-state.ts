/** Reading the state of a job. */
import { ArqonError, type ErrorCode } from "@arqon/core/base";
import { errorFromInfo, type JobState, JobStatus } from "@arqon/core/wire";

/** The name of an enum value, without prefix; its number when this version does not know it. */
export function nameOf(values: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(values).find((name) => values[name] === value) ?? String(value);
}

/** Whether the job has its one terminal result. */
export function isTerminalStatus(status: JobStatus): boolean {
  return status >= JobStatus.SUCCEEDED;
}

/** Whether nothing more will be reported: terminal, and sealed where a seal is due. */
export function isFinal(state: JobState): boolean {
  return isTerminalStatus(state.status) && !state.sealPending;
}

/** The three ids of a run; "" while it is not sealed. */
export function idsOf(state: JobState): { recipeId: string; artifactId: string; recordId: string } {
  const { recipeId = "", artifactId = "", recordId = "" } = state.sealed ?? state.result ?? {};
  return { recipeId, artifactId, recordId };
}

const CODES: Partial<Record<JobStatus, ErrorCode>> = {
  [JobStatus.CANCELLED]: "CANCELLED",
  [JobStatus.EXPIRED]: "JOB_EXPIRED",
  [JobStatus.DEAD]: "JOB_DEAD",
};

/** Why a terminal job did not succeed; `undefined` when it did. */
export function failureOf(state: JobState): ArqonError | undefined {
  if (state.status === JobStatus.SUCCEEDED) return undefined;
  const info = state.result?.error;
  if (info?.code) return errorFromInfo(info);
  const word = nameOf(JobStatus, state.status);
  return new ArqonError(CODES[state.status] ?? "EXECUTION_FAILED", `job ${state.jobId} is ${word}`);
}
