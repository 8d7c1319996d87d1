import { type Capsule, create, fromBinary, JobSchema, toBinary } from "@arqon/core/wire";
import { describe, expect, test } from "vitest";
import { type JobInit, jobPayload } from "./job.ts";

const JOB: JobInit = { schema: "lab.echo.job.v1", program: "x" };
const capsuleOf = (init: Partial<JobInit>): Capsule => {
  const { value } = jobPayload("lab.echo.jobs", { ...JOB, ...init });
  return fromBinary(JobSchema, toBinary(JobSchema, create(JobSchema, value))).capsule as Capsule;
};

describe("labels of a job", () => {
  test("go with it as canonical JSON, sorted, each once; without any there is none", () => {
    expect(capsuleOf({ tags: ["demo", "bell", "demo"], note: "first light" }).labelsJson).toBe(
      '{"note":"first light","tags":["bell","demo"]}',
    );
    expect(capsuleOf({ tags: ["bell"] }).labelsJson).toBe('{"tags":["bell"]}');
    expect(capsuleOf({}).labelsJson).toBe("");
    expect(capsuleOf({ tags: [], note: "" }).labelsJson).toBe("");
  });

  test("that break the rules are refused before anything is sent", () => {
    const refused = (init: Partial<JobInit>) => expect(() => capsuleOf(init));
    refused({ tags: ["a,b"] }).toThrow(expect.objectContaining({ code: "USAGE" }));
    refused({ note: "x".repeat(4097) }).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
  });
});
