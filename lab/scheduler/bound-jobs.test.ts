import { ArqonError, utf8 } from "@arqon/core/base";
import {
  create,
  JobSchema,
  type JobState,
  JobStateSchema,
  JobStatus,
  type MessageInitShape,
} from "@arqon/core/wire";
import { describe, expect, test } from "vitest";
import { boundJobs, type JobClient } from "./bound-jobs.ts";

const ID = "01900000-0000-7000-8000-000000000001";

function setUp(states: readonly MessageInitShape<typeof JobStateSchema>[]) {
  const published: unknown[] = [];
  const client = {
    publish: async (topic: string, _payload: unknown, options: object) => {
      published.push({ topic, ...options });
      return { id: ID };
    },
    job: () => ({
      cancel: async () => {},
      states: async function* ({ signal }: { signal: AbortSignal }): AsyncGenerator<JobState> {
        for (const state of states) {
          if (signal.aborted) throw signal.reason;
          yield create(JobStateSchema, { jobId: ID, ...state });
        }
      },
    }),
  } as unknown as JobClient;
  return { published, jobs: boundJobs(client) };
}

const context = (signal = new AbortController().signal) => {
  const seen: [number, string][] = [];
  const progress = async (fraction: number, note = "") => {
    seen.push([fraction, note]);
  };
  return { seen, signal, progress };
};

describe("bound jobs", () => {
  test("are published as jobs under their own id", async () => {
    const { published, jobs } = setUp([]);
    await jobs.submit("backend.sim.jobs", ID, create(JobSchema, { capsule: { schema: "s" } }));
    expect(published).toEqual([
      { topic: "backend.sim.jobs", id: ID, schema: "s", type: 2, durability: "synced" },
    ]);
  });

  test("are followed until sealed; progress and result pass on as they are", async () => {
    const result = {
      status: JobStatus.SUCCEEDED,
      output: utf8("{}"),
      outputMediaType: "application/json",
      hops: [{ name: "execute", startMs: 1, durationMs: 2 }],
    };
    const sealed = { recipeId: "r", artifactId: "a", recordId: "c", reported: true };
    const { jobs } = setUp([
      { status: JobStatus.RUNNING, progress: 0.5, note: "simulating" },
      { status: JobStatus.SUCCEEDED, result, sealPending: true },
      { status: JobStatus.SUCCEEDED, result, sealed },
    ]);
    const watched = context();
    const outcome = await jobs.follow(ID, watched);
    expect(outcome).toMatchObject({
      ids: { recipeId: "r", artifactId: "a", recordId: "c" },
      hops: [{ name: "execute" }],
    });
    expect(outcome.output).toEqual(utf8("{}"));
    expect(outcome.error).toBeUndefined();
    expect(watched.seen[0]).toEqual([0.5, "simulating"]);
  });

  test.each([
    [JobStatus.FAILED, { error: { code: "QASM_SYNTAX", message: "at 1:2" } }, "QASM_SYNTAX"],
    [JobStatus.DEAD, {}, "JOB_DEAD"],
    [JobStatus.EXPIRED, {}, "JOB_EXPIRED"],
    [JobStatus.CANCELLED, {}, "CANCELLED"],
  ])("that end with status %s fail with their own code", async (status, result, code) => {
    const { jobs } = setUp([{ status, result: { status, ...result } }]);
    expect((await jobs.follow(ID, context())).error?.code).toBe(code);
  });

  test("are not followed by who lost the lease, but to the end by who cancelled", async () => {
    const states = [{ status: JobStatus.CANCELLED }];
    const lost = AbortSignal.abort(new ArqonError("JOB_LEASE_LOST", "gone"));
    await expect(setUp(states).jobs.follow(ID, context(lost))).rejects.toMatchObject({
      code: "JOB_LEASE_LOST",
    });
    const cancelled = AbortSignal.abort(new ArqonError("CANCELLED", "by ada"));
    expect((await setUp(states).jobs.follow(ID, context(cancelled))).error?.code).toBe("CANCELLED");
    await expect(setUp([]).jobs.follow(ID, context())).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  });
});
