import fc from "fast-check";
import { expect, test } from "vitest";
import { comparePaths } from "./path.ts";

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
