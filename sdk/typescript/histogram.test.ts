import { expect, test } from "vitest";
import { histogram } from "./histogram.ts";

test("outcomes stand by frequency, then by key, with their share", () => {
  expect(histogram({ "00": 1, "11": 4, "01": 1 }, 4)).toBe(
    ["11  ████  4   66.7 %", "00  █     1   16.7 %", "01  █     1   16.7 %"].join("\n"),
  );
});

test("what is too much is summed", () => {
  const counts = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [i.toString(2).padStart(5, "0"), 20 - i]),
  );
  const lines = histogram(counts, 8, 16).split("\n");
  expect(lines).toHaveLength(17);
  expect(lines.at(-1)).toBe("… 4 more outcomes, 10 shots");
});

test("no counts are said to be none", () => {
  expect(histogram({})).toBe("(no counts)");
});
