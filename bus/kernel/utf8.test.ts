import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Utf8Check } from "./utf8.ts";

/** How many bytes are taken before a refusal; -1 when all were taken and the text is whole, -2 when it is cut. */
function taken(pieces: readonly Uint8Array[]): number {
  const check = new Utf8Check();
  let count = 0;
  for (const piece of pieces) {
    if (!check.feed(piece)) return count;
    count += piece.length;
  }
  return check.end() ? -1 : -2;
}

/** Bytes likely to be near the borders of the grammar. */
const byte = fc.oneof(
  fc.constantFrom(0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf),
  fc.constantFrom(0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff),
);

describe("UTF-8 in pieces", () => {
  test("is what the platform's fatal decoder takes, however it is cut, and refused in the piece that spoils it", () => {
    fc.assert(
      fc.property(
        fc.array(byte, { maxLength: 12 }).map((bytes) => Uint8Array.from(bytes)),
        fc.array(fc.nat(12), { maxLength: 4 }),
        (bytes, cuts) => {
          const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
            (a, b) => a - b,
          );
          const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
          const decoder = new TextDecoder("utf-8", { fatal: true });
          let expected = -1;
          let count = 0;
          try {
            for (const piece of pieces) {
              decoder.decode(piece, { stream: true });
              count += piece.length;
            }
            try {
              decoder.decode();
            } catch {
              expected = -2;
            }
          } catch {
            expected = count;
          }
          expect(taken(pieces)).toBe(expected);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test("takes every character of the standard's planes, byte by byte", () => {
    const text = "κόσμε \u{10FFFF}\u{10000}\uFFFF\uD7FF\uE000";
    expect(taken([...Buffer.from(text)].map((one) => Uint8Array.of(one)))).toBe(-1);
  });

  test("may be used again after a cut text", () => {
    const check = new Utf8Check();
    expect(check.feed(Uint8Array.of(0xf4, 0x8f))).toBe(true);
    expect(check.end()).toBe(false);
    expect(check.feed(Uint8Array.of(0xe0, 0xa0, 0x80))).toBe(true);
    expect(check.end()).toBe(true);
  });
});
