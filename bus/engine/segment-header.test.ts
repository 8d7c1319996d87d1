import { ArqonError } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSegmentHeader, encodeSegmentHeader, headerBytesOf } from "./segment-header.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const HEADER = fc.record(
  {
    name: fc.stringMatching(/^[A-Za-z0-9_-]{0,64}$/),
    epoch: bytes(16),
    baseSequence: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    previousChain: bytes(32),
    owner: fc.nat({ max: 2 ** 32 - 1 }),
    salt: fc.nat({ max: 2 ** 32 - 1 }),
    wrappedKey: fc.uint8Array({ maxLength: 4096 }),
  },
  { requiredKeys: ["name", "epoch", "baseSequence", "previousChain", "owner", "salt"] },
);

describe("the header of a segment", () => {
  it("is read back as it was written, plain or boxed, whatever is behind it", () => {
    fc.assert(
      fc.property(HEADER, fc.uint8Array({ maxLength: 50 }), (header, behind) => {
        const encoded = encodeSegmentHeader(header);
        expect(encoded.length).toBe(headerBytesOf(header));
        expect(decodeSegmentHeader(Uint8Array.from([...encoded, ...behind]))).toEqual(header);
      }),
    );
  });

  it("with a bit changed or an end missing is none, or of another format", () => {
    fc.assert(
      fc.property(HEADER, fc.nat(), fc.nat(7), (header, where, bit) => {
        const encoded = encodeSegmentHeader(header);
        const at = where % encoded.length;
        expect(decodeSegmentHeader(encoded.subarray(0, at))).toBeUndefined();
        encoded[at] = (encoded[at] as number) ^ (1 << bit);
        expect(read(encoded)).toBeUndefined();
      }),
    );
  });

  it("is never found in random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => {
        expect(read(noise)).toBeUndefined();
      }),
    );
  });
});

/** What is read; nothing where it is said to be of another format. */
function read(from: Uint8Array): unknown {
  try {
    return decodeSegmentHeader(from);
  } catch (error) {
    if (error instanceof ArqonError && error.code === "LOG_CORRUPT") return undefined;
    throw error;
  }
}
