import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ArqonError,
  canonicalJson,
  type Json,
  LABEL_LIMITS,
  labelsJson,
  labelsOf,
  parseLabels,
  readLabels,
} from "./index.ts";

const refusal = (call: () => unknown): string => {
  try {
    call();
  } catch (thrown) {
    return `${ArqonError.from(thrown).code} ${(thrown as Error).message}`;
  }
  return "none";
};

describe("labels", () => {
  test("are sorted by code point, composed, and each there once", () => {
    const labels = labelsOf({ tags: ["\u{1f600}", "ﬀ", "e\u0301t\u00e9", "bell", "été", "bell"] });
    expect(labels).toEqual({ tags: ["bell", "été", "ﬀ", "\u{1f600}"], note: "" });
    expect(labelsOf({})).toBeUndefined();
    expect(labelsOf({ note: "two\nlines\tand a tab" })).toEqual({ tags: [], note: "two\nlines\tand a tab" });
  });

  test("are what the published vectors say, as in every SDK", () => {
    const url = new URL("labels.golden.json", import.meta.url);
    interface Vector {
      readonly tags: string[];
      readonly note: string;
      readonly labels_json?: string;
      readonly refused?: string;
    }
    for (const { tags, note, labels_json, refused } of JSON.parse(readFileSync(url, "utf8")) as Vector[]) {
      const made = (): string => {
        const labels = labelsOf({ tags, note });
        return labels ? canonicalJson(labelsJson(labels)) : "";
      };
      if (refused) expect(refusal(made), JSON.stringify(tags)).toMatch(new RegExp(`^${refused} `));
      else expect(made()).toBe(labels_json);
    }
  });

  test("come back from their JSON as they were, whatever people give", () => {
    const character = fc.constantFrom(
      "a",
      "Z",
      " ",
      ",",
      "é",
      "e\u0301",
      "\u{1f600}",
      "\u0007",
      "\u200b",
      "\ud800",
    );
    const text = fc.string({ unit: character, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), text, (tags, note) => {
        let labels: ReturnType<typeof labelsOf>;
        try {
          labels = labelsOf({ tags, note });
        } catch (thrown) {
          expect(["USAGE", "LIMIT_EXCEEDED"]).toContain(ArqonError.from(thrown).code);
          return;
        }
        if (labels) expect(parseLabels(canonicalJson(labelsJson(labels)))).toEqual(labels);
        for (const tag of labels?.tags ?? []) expect(tag).toMatch(/^[^\p{C},\p{Zl}\p{Zp}]+$/u);
      }),
    );
  });

  test("any text read as labels gives labels or a refusal by code", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseLabels(text);
        } catch (thrown) {
          expect(["JSON_INVALID", "JSON_AMBIGUOUS", "USAGE", "LIMIT_EXCEEDED"]).toContain(
            ArqonError.from(thrown).code,
          );
        }
      }),
    );
  });

  test.each([
    [["a,b"], 'USAGE tags[0] "a,b" has a comma'],
    [["fine", ""], "USAGE tags[1] is empty"],
    [[" x"], "begins or ends with a space"],
    [["a\u00a0b"], "does not print"],
    [["a\u202eb"], "does not print"],
    [["\ud83d"], "does not print"],
    [["x".repeat(65)], "LIMIT_EXCEEDED"],
    [["x".repeat(1_000_000)], "LIMIT_EXCEEDED"],
    [Array.from({ length: 33 }, (_, i) => `t${i}`), "tags: 33, limit 32"],
  ])("tags that break a rule are refused: case %#", (tags, message) => {
    expect(refusal(() => labelsOf({ tags }))).toContain(message);
  });

  test("of another type are refused by code, too", () => {
    for (const wrong of [{ tags: "bell" }, { tags: [1] }, { tags: { a: 1 } }, { note: 1 }, { note: null }])
      expect(refusal(() => labelsOf(wrong as never))).toMatch(/^USAGE /);
  });

  test("lengths count characters, not their halves", () => {
    expect(labelsOf({ tags: ["\u{1f600}".repeat(LABEL_LIMITS.tagCharacters)] })?.tags).toHaveLength(1);
    expect(labelsOf({ note: "\u{1f600}".repeat(LABEL_LIMITS.noteCharacters) })?.note).toHaveLength(8192);
    expect(refusal(() => labelsOf({ note: "x".repeat(4097) }))).toContain("4097 characters, limit 4096");
    expect(refusal(() => labelsOf({ note: "a\u0000" }))).toContain(
      "note has a character that does not print",
    );
    expect(refusal(() => labelsOf({ note: " \n" }))).toContain("blank");
  });

  test.each<[Json, string]>([
    [{}, "left out"],
    [{ note: "" }, "left out"],
    [{ note: "x", tags: [] }, "left out"],
    [{ tags: ["b", "a"] }, "sorted"],
    [{ tags: ["a", "a"] }, "each once"],
    [{ tags: ["e\u0301"] }, "composed"],
    [{ tags: [1] }, "not a list of texts"],
    [{ tags: "a" }, "not a list of texts"],
    [{ note: 1 }, "not a text"],
    [{ author: "x" }, 'unknown key "author"'],
    [[], "must be a JSON object"],
  ])("labels kept in another form are refused: case %#", (value, message) => {
    const found = refusal(() => readLabels(value, "record/labels.json"));
    expect(found).toContain("JSON_INVALID record/labels.json");
    expect(found).toContain(message);
  });
});
