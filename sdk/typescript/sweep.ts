/** Parameter sweeps: one job a point, a few at a time, the results in the order of the points. */
import { ArqonError, deriveUuid, type Json, type JsonObject, requireUuidv7 } from "@arqon/core/base";
import type { JobState } from "@arqon/core/wire";
import type { Client } from "./client.ts";
import type { JobHandle, JobInit } from "./job.ts";
import { failureOf, idsOf, isFinal, isTerminalStatus } from "./job-state.ts";
import { JobOutput } from "./output.ts";
import type { WaitOptions } from "./wait.ts";

/** Values by parameter: every combination is a point, the last parameter changing fastest; or the points themselves. */
export type SweepPoints = Readonly<Record<string, readonly Json[]>> | readonly JsonObject[];

/** A sweep over a topic of jobs. */
export interface SweepOptions extends WaitOptions {
  readonly topic: string;
  readonly points: SweepPoints;
  /** The job of a point; the id is the sweep's to choose. */
  readonly job: (point: JsonObject, index: number) => Omit<JobInit, "id" | "timeoutMs" | "signal">;
  /** UUIDv7 of the sweep. The same sweep again under its id repeats no point whose job has ended, well or not. */
  readonly id?: string;
  /** Jobs open at the same time. Default 8. */
  readonly concurrency?: number;
  /** What a failure does: "cancel" (default) ends the sweep and cancels what is open, "continue" keeps it in its row. */
  readonly onError?: "continue" | "cancel";
  /** Waits until each run is an artifact too. Needs a server that seals, as `arqon serve` does. */
  readonly sealed?: boolean;
  /** Told after each point. */
  readonly onProgress?: (progress: SweepProgress) => void;
}

/** How far a sweep is. */
export interface SweepProgress {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  readonly row: SweepRow;
}

/** One point and what became of it. */
export interface SweepRow {
  readonly index: number;
  readonly point: JsonObject;
  readonly jobId: string;
  /** Present when it succeeded. */
  readonly output?: JobOutput;
  /** Present when it did not. */
  readonly error?: ArqonError;
  /** "" until sealed, or where nothing is sealed. */
  readonly artifactId: string;
}

/** The rows of a sweep, in the order of its points. */
export interface SweepResult {
  readonly id: string;
  readonly rows: readonly SweepRow[];
}

/** The points of a grid, or the list as it is. @throws ArqonError `USAGE` for a parameter without values. */
export function pointsOf(points: SweepPoints): readonly JsonObject[] {
  if (Array.isArray(points)) return points as readonly JsonObject[];
  let grid: JsonObject[] = [{}];
  for (const [name, values] of Object.entries(points as Readonly<Record<string, readonly Json[]>>)) {
    if (values.length === 0) throw new ArqonError("USAGE", `parameter "${name}" of the sweep has no values`);
    grid = grid.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  }
  return grid;
}

/**
 * Runs a job for every point and waits, an hour for each unless told otherwise.
 * @throws ArqonError the first failure when `onError` is "cancel", `CANCELLED` when aborted; open jobs are cancelled then.
 */
export async function sweep(
  client: Client,
  newId: () => string,
  options: SweepOptions,
): Promise<SweepResult> {
  const id = options.id === undefined ? newId() : requireUuidv7(options.id, "sweep id");
  const points = pointsOf(options.points);
  const { concurrency = 8, onError = "cancel", onProgress = () => {} } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw new ArqonError("USAGE", `concurrency is ${concurrency}, needs 1 or more`);
  const rows: SweepRow[] = [];
  const ending = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal;
  let [next, done, failed] = [0, 0, 0];
  const worker = async (): Promise<void> => {
    while (next < points.length && !signal.aborted) {
      const index = next++;
      const point = points[index] as JsonObject;
      const row = await runPoint(
        client,
        options,
        { index, point, jobId: deriveUuid(id, `sweep/${index}`) },
        signal,
      );
      rows[index] = row;
      done++;
      if (row.error) failed++;
      if (row.error && onError === "cancel") ending.abort(row.error);
      onProgress({ done, failed, total: points.length, row });
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, points.length) }, () =>
    worker().catch((thrown: unknown) => {
      // Of `onProgress`: nobody waits for the others any more.
      ending.abort(thrown);
      throw thrown;
    }),
  );
  await Promise.allSettled(workers);
  await Promise.all(workers);
  if (signal.aborted)
    throw signal.reason instanceof ArqonError
      ? signal.reason
      : new ArqonError("CANCELLED", "the sweep was aborted");
  return { id, rows };
}

type Point = Pick<SweepRow, "index" | "point" | "jobId">;

async function runPoint(
  client: Client,
  options: SweepOptions,
  at: Point,
  signal: AbortSignal,
): Promise<SweepRow> {
  const { timeoutMs } = options;
  const wait = { signal, ...(timeoutMs !== undefined && { timeoutMs }) };
  let job: JobHandle | undefined;
  try {
    let last = options.id === undefined ? undefined : await ended(client, at.jobId, wait);
    // A job that is open already is the same one: it is waited for.
    if (!last)
      job = await client.submit(options.topic, { ...options.job(at.point, at.index), id: at.jobId, ...wait });
    if (job)
      for await (const state of job.states(wait)) {
        last = state;
        if (isTerminalStatus(state.status) && (isFinal(state) || !options.sealed || failureOf(state))) break;
      }
    if (!last) throw new ArqonError("INTERNAL", `job ${at.jobId} ended without a state`);
    const failure = failureOf(last);
    const { artifactId } = idsOf(last);
    return failure
      ? { ...at, error: failure, artifactId }
      : { ...at, output: new JobOutput(last), artifactId };
  } catch (thrown) {
    if (signal.aborted) await job?.cancel("the sweep was ended").catch(() => {});
    return { ...at, error: ArqonError.from(thrown), artifactId: "" };
  }
}

/** The state of a job that was submitted before and has ended. */
async function ended(client: Client, jobId: string, wait: WaitOptions): Promise<JobState | undefined> {
  try {
    const state = await client.job(jobId).state(wait);
    return isTerminalStatus(state.status) ? state : undefined;
  } catch (thrown) {
    if (ArqonError.from(thrown).code === "JOB_UNKNOWN") return undefined;
    throw thrown;
  }
}
