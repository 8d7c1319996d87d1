import { ArqonError, fromUtf8, ManualTime, utf8 } from "@arqon/core/base";
import { CapsuleSchema, create, JobSchema, LIMITS } from "@arqon/core/wire";
import { JobAnswer } from "@arqon/sdk";
import { describe, expect, test } from "vitest";
import { capsuleSha256 } from "./capsule.ts";
import { HopWatch } from "./hops.ts";
import { asOperator, type Outcome, type Work } from "./work.ts";

const capsule = create(CapsuleSchema, { schema: "s", program: utf8("p"), name: "n" });
const work: Work = {
  id: "01900000-0000-7000-8000-000000000001",
  topic: "quantum.jobs",
  attempt: 1,
  producer: "ada",
  capsule,
  job: create(JobSchema, { capsule }),
};
const context = { signal: new AbortController().signal, progress: async () => {} };
const IDS = { recipeId: "sha256:r", artifactId: "sha256:a", recordId: "sha256:c" };

async function answerTo(outcome: Outcome): Promise<JobAnswer> {
  const answer = await asOperator(async () => outcome)(work, context);
  if (!(answer instanceof JobAnswer)) throw new TypeError("not an answer");
  return answer;
}

describe("an outcome as an operator's answer", () => {
  test("carries ids and hops beside canonical JSON", async () => {
    const hops = [{ name: "execute", startMs: 1, durationMs: 2 }];
    const { output, options } = await answerTo({ output: { b: 1, a: 2 }, ids: IDS, hops });
    expect(fromUtf8(output as Uint8Array)).toBe('{"a":2,"b":1}');
    expect(options).toEqual({ ...IDS, hops, mediaType: "application/json", outputOmitted: false });
  });

  test("leaves an output over the limit to the artifact", async () => {
    const { output, options } = await answerTo({ output: "x".repeat(LIMITS.outputBytes), ids: IDS });
    expect(output).toHaveLength(0);
    expect(options).toMatchObject({ outputOmitted: true, artifactId: "sha256:a" });
    expect((await answerTo({ output: new Uint8Array(0), outputOmitted: true })).options.outputOmitted).toBe(
      true,
    );
  });

  test("that failed is thrown, or answered with the ids of its artifact where there is one", async () => {
    const error = new ArqonError("LIMIT_EXCEEDED", "too much", { remedy: "less", details: { limit: 1 } });
    await expect(asOperator(async () => ({ error }))(work, context)).rejects.toBe(error);
    const { options } = await answerTo({ error, ids: IDS });
    expect(options).toMatchObject(IDS);
    expect(options.error).toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "too much (artifact sha256:a)",
      remedy: "less",
      details: { limit: 1, artifactId: "sha256:a" },
    });
    const passedOn = await answerTo({ error: options.error as ArqonError, ids: IDS });
    expect(passedOn.options.error?.message).toBe("too much (artifact sha256:a)");
  });
});

test("a capsule's digest follows every field of it", () => {
  const digests = [
    capsule,
    { ...capsule, schema: "t" },
    { ...capsule, program: utf8("q") },
    { ...capsule, programMediaType: "m" },
    { ...capsule, name: "o" },
    { ...capsule, parametersJson: "{}" },
    { ...capsule, constraintsJson: "{}" },
    { ...capsule, sourceJson: '{"commit":""}' },
    { ...capsule, labelsJson: '{"note":"x"}' },
  ].map(capsuleSha256);
  expect(new Set(digests).size).toBe(digests.length);
});

test("hops are timed from the start of the watch, also those that fail, and others' are shifted", async () => {
  const time = new ManualTime();
  const watch = new HopWatch(time);
  time.advance(5);
  await watch
    .hop("a", () => {
      time.advance(2);
      throw new Error("no");
    })
    .catch(() => {});
  watch.adopt([{ name: "b", startMs: 1, durationMs: 1 }], watch.elapsedMs());
  expect(watch.hops).toEqual([
    { name: "a", startMs: 5, durationMs: 2 },
    { name: "b", startMs: 8, durationMs: 1, isAdopted: true },
  ]);
});
