import fc from "fast-check";
import { expect, test } from "vitest";
import { comparePaths, foldPath, requirePaths } from "./path.ts";

test("paths are ordered by their UTF-8 bytes, whatever characters they have", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "b", "/", "é", "\u{ffff}", "\u{10000}", "\u{e000}"),
    maxLength: 5,
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2000 },
  );
});

test("paths that some file system takes for one are one when folded, in whatever way they differ", () => {
  for (const [one, other] of [
    ["a/B", "A/b"],
    ["\u1e9e", "ß"],
    ["ß", "SS"],
    ["ſ", "s"],
    ["K", "k"],
    ["ς", "Σ"],
    ["ı", "I"],
    ["ꭰ", "Ꭰ"],
  ] as const)
    expect(foldPath(one), `${one} ${other}`).toBe(foldPath(other));
  expect(foldPath("a/b")).not.toBe(foldPath("a/c"));
});

test("lists that were good once stay good, and none is taken for another of them", () => {
  for (let i = 0; i < 3; i++) {
    requirePaths(["a/b", "a/c"]);
    requirePaths(["a/b"]);
    expect(() => requirePaths(["a/b\0a/c"])).toThrow("control");
    expect(() => requirePaths(["a/b", "a/c", "a/b"])).toThrow("twice");
    expect(() => requirePaths(["a/b", "A/c"])).toThrow("case");
    requirePaths(Array.from({ length: 600 }, (_, n) => `p${n}`));
  }
});
