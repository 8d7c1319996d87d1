/** A bus that keeps jobs in memory, for tests of the gateway alone. */
import { ArqonError, utf8 } from "@arqon/core/base";
import { BundleChunkSchema, create, type JobState, JobStateSchema, JobStatus } from "@arqon/core/wire";
import type { GatewayClient, GatewayJob } from "./client.ts";
import { ANYONE } from "./ledger.ts";

/** What happened on it. */
export interface FakeBus {
  open(apiKey: string): Promise<GatewayClient>;
  readonly submitted: GatewayJob[];
  /** Keys of connections opened, and of those closed. */
  readonly opened: string[];
  readonly closed: string[];
  /** Loses every connection. */
  lose(): void;
  /** Ends a job well, with this output. */
  finish(jobId: string, output: Uint8Array, mediaType: string): void;
  readonly zip: Uint8Array;
}

/** One whose every key but "wrong" is known. */
export function fakeBus(): FakeBus {
  const states = new Map<string, JobState>();
  const waiting = new Map<string, Set<() => void>>();
  const lost = new Set<() => void>();
  const bus: FakeBus = {
    submitted: [],
    opened: [],
    closed: [],
    zip: Uint8Array.from({ length: 1000 }, (_, i) => i % 251),
    lose: () => {
      for (const call of lost) call();
    },
    finish: (jobId, output, outputMediaType) => {
      const status = JobStatus.SUCCEEDED;
      const result = { jobId, status, output, outputMediaType, artifactId: "sha256:aa" };
      states.set(jobId, create(JobStateSchema, { jobId, status, result }));
      for (const call of waiting.get(jobId) ?? []) call();
    },
    open: async (apiKey) => {
      if (apiKey === "wrong") throw new ArqonError("AUTH_REQUIRED", "the API key is not known");
      bus.opened.push(apiKey);
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      lost.add(resolve);
      const state = async (jobId: string): Promise<JobState> => {
        const known = states.get(jobId);
        if (!known) throw new ArqonError("JOB_UNKNOWN", `no job has the id "${jobId}"`);
        return known;
      };
      return {
        submit: async (job) => {
          bus.submitted.push(job);
          const id = job.id || `job-${bus.submitted.length}`;
          const duplicate = states.has(id);
          if (!duplicate)
            states.set(
              id,
              create(JobStateSchema, { jobId: id, topic: job.topic, status: JobStatus.SUBMITTED }),
            );
          return { id, duplicate };
        },
        state,
        watch: async function* (jobId, signal) {
          let now = await state(jobId);
          yield now;
          while (now.status < JobStatus.SUCCEEDED) {
            await new Promise<void>((changed, reject) => {
              signal.addEventListener("abort", () =>
                reject(new ArqonError("CANCELLED", "not watched any more")),
              );
              const calls = waiting.get(jobId) ?? new Set();
              waiting.set(jobId, calls.add(changed));
            });
            now = await state(jobId);
            yield now;
          }
        },
        cancel: async (jobId, reason) => {
          states.set(jobId, create(JobStateSchema, { jobId, status: JobStatus.CANCELLED, note: reason }));
        },
        bundle: async (artifactId, offset) => {
          if (artifactId === "torn")
            return create(BundleChunkSchema, { offset: BigInt(offset), totalBytes: 10n });
          if (artifactId !== "sha256:aa")
            throw new ArqonError("ARTIFACT_UNKNOWN", `no artifact ${artifactId}`);
          const data = bus.zip.subarray(offset, offset + 300);
          return create(BundleChunkSchema, { offset: BigInt(offset), totalBytes: 1000n, data });
        },
        logFile: async (log, path, offset) => {
          if (log === "governance" && apiKey === ANYONE)
            throw new ArqonError("PERMISSION_DENIED", "it lacks can_publish:ledger.governance.get");
          const file =
            path === "checkpoint"
              ? utf8(`${log}\n`)
              : path.startsWith("tile/") && path.endsWith("000")
                ? bus.zip.subarray(path.startsWith("tile/0") ? 800 : 0)
                : undefined;
          if (!file) throw new ArqonError("LEDGER_FILE_UNKNOWN", `no ${path}`);
          const data = file.subarray(offset, offset + 300);
          return create(BundleChunkSchema, { offset: BigInt(offset), totalBytes: BigInt(file.length), data });
        },
        ended,
        close: async () => {
          bus.closed.push(apiKey);
          resolve();
        },
      };
    },
  };
  return bus;
}
