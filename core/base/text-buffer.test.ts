import fc from "fast-check";
import { expect, test } from "vitest";
import { TextBuffer, utf8 } from "./index.ts";

test("texts in one buffer are the bytes that each has by itself, whatever their length, and stay so", () => {
  const texts = fc.array(
    fc
      .tuple(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 5000 }))
      .map(([text, times]) => text.repeat(times)),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(texts, (all) => {
      const buffer = new TextBuffer();
      const written = all.map((text) => buffer.encode(text));
      for (const [i, text] of all.entries())
        expect(Buffer.compare(written[i] as Uint8Array, utf8(text))).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("short texts share a buffer, and one that is too long for it has its own", () => {
  const buffer = new TextBuffer();
  const [a, b, long] = [buffer.encode("one"), buffer.encode("zwölf"), buffer.encode("x".repeat(40_000))];
  expect(b.buffer).toBe(a.buffer);
  expect(b.byteOffset).toBe(3);
  expect(long.buffer).not.toBe(a.buffer);
  expect(long.length).toBe(40_000);
});
