import { describe, expect, test } from "vitest";
import type { Json } from "../../base/index.ts";
import { countsResult, jsonResult, readConstraints, validateRun, validationJson } from "../index.ts";

const files = (counts: Record<string, number>) =>
  new Map([
    ["results/counts.json", countsResult(counts).bytes],
    ["results/gradient.json", jsonResult({ gradient: [{ value: -0.3 }] }).bytes],
  ]);
const judge = (constraint: Json, counts: Record<string, number> = { "00": 510, "11": 514 }) =>
  validateRun(files(counts), readConstraints({ constraints: [constraint] }));

describe("a validation", () => {
  test.each([
    [{ kind: "expectation", observable: "ZZ", min: 0.9 }, "HOLDS"],
    [{ kind: "expectation", observable: "ZZ", max: 0.9 }, "VIOLATED"],
    [{ kind: "expectation", observable: "IZ", min: 0 }, "UNDECIDED"],
    [{ kind: "expectation", observable: "IZ", min: -0.2, max: 0.2 }, "HOLDS"],
    [{ kind: "distribution", probabilities: { "00": 0.5, "11": 0.5 } }, "HOLDS"],
    [{ kind: "distribution", probabilities: { "00": 0.5, "11": 0.5 }, effect: 0.01 }, "UNDECIDED"],
    [{ kind: "distribution", probabilities: { "00": 0.7, "11": 0.3 } }, "VIOLATED"],
    [{ kind: "distribution", probabilities: { "00": 1 } }, "VIOLATED"],
    [{ kind: "value", file: "results/gradient.json", pointer: "/gradient/0/value", max: 0 }, "HOLDS"],
    [{ kind: "value", file: "results/gradient.json", pointer: "/gradient/0/value", min: 0 }, "VIOLATED"],
  ])("of %j finds %s", (constraint, finding) => {
    const { verdict, constraints } = judge(constraint as Json);
    expect([verdict, constraints[0]?.finding]).toEqual([finding, finding]);
  });

  test("is VIOLATED when one constraint is, and UNDECIDED when one cannot be told", () => {
    const all = (kinds: Json[]) =>
      validateRun(files({ "00": 510, "11": 514 }), readConstraints({ constraints: kinds }));
    const holds = { kind: "expectation", observable: "ZZ", min: 0.9 };
    const unsure = { kind: "expectation", observable: "IZ", min: 0 };
    const violated = { kind: "expectation", observable: "ZZ", max: 0 };
    expect(all([holds, unsure]).verdict).toBe("UNDECIDED");
    expect(all([holds, unsure, violated]).verdict).toBe("VIOLATED");
    expect(validationJson(all([holds]))).toMatchObject({
      verdict: "HOLDS",
      constraints: [{ name: "expectation 1" }],
    });
  });

  test.each([
    [{}, "list that is not empty"],
    [{ constraints: [] }, "not empty"],
    [{ constraints: [{ kind: "x" }] }, 'the kind "x"'],
    [{ constraints: [{ kind: "expectation", observable: "ZX", min: 0 }] }, "other letters"],
    [{ constraints: [{ kind: "expectation", observable: "ZZ" }] }, "neither min nor max"],
    [{ constraints: [{ kind: "expectation", observable: "ZZ", min: 1, max: 0 }] }, "in order"],
    [{ constraints: [{ kind: "expectation", observable: "ZZ", min: 0, max: null }] }, "in order"],
    [{ constraints: [{ kind: "expectation", observable: "ZZ", min: 0, max: Number.NaN }] }, "in order"],
    [{ constraints: [{ kind: "value", file: "results/x.json", pointer: "/a", min: -Infinity }] }, "in order"],
    [{ constraints: [{ kind: "expectation", observable: "ZZ", min: 0, more: 1 }] }, 'unknown key "more"'],
    [{ constraints: [{ kind: "distribution", probabilities: { a: 0.4 } }] }, "add up to 0.4"],
    [{ constraints: [{ kind: "value", file: "record/x.json", pointer: "/a", min: 0 }] }, "no results/"],
    [{ constraints: [], schema: "other" }, "the schema"],
  ])("refuses %j", (document, message) => {
    expect(() => readConstraints(document as Json)).toThrow(message);
  });

  test.each([
    [{ kind: "expectation", observable: "ZZZ", min: 0 }, "3 letters"],
    [
      { kind: "expectation", observable: "ZZ", min: 0, file: "results/other.json" },
      "has no results/other.json",
    ],
    [
      { kind: "value", file: "results/gradient.json", pointer: "/gradient/9/value", min: 0 },
      "is not a number",
    ],
  ])("of what the run does not have is refused: %j", (constraint, message) => {
    expect(() => judge(constraint as Json)).toThrow(message);
  });
});
