import { ArqonMessageSchema, create, decodeMessage, encodeMessage } from "@arqon/core/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constantStamp, Press } from "./sheet.ts";

/** What one message is stamped with. */
interface Stamp {
  readonly producerId: string;
  readonly realityId: string;
  readonly sequence: number;
  readonly timestampUnixUs: number;
}

const press = new Press();

/** The message that `press` writes, without its frame. */
function stamped(
  envelope: Uint8Array,
  { producerId, realityId, sequence, timestampUnixUs }: Stamp,
): Uint8Array<ArrayBuffer> {
  press.stamped(envelope, sequence, constantStamp(producerId, realityId), timestampUnixUs);
  return Uint8Array.from(press.sheet.bytes.subarray(press.body, press.end));
}

const names = fc.constantFrom("ada", "bob", "ada.main", "x".repeat(127));
const stamps: fc.Arbitrary<Stamp> = fc.record({
  producerId: names,
  realityId: names,
  sequence: fc.maxSafeNat(),
  timestampUnixUs: fc.maxSafeNat(),
});

describe("a stamp", () => {
  it("is what a decoder sees, whatever stood there before and whatever was stamped before it", () => {
    const message = create(ArqonMessageSchema, { topic: "a.b.c", producerId: "eve", sequence: 9n });
    fc.assert(
      fc.property(fc.array(stamps), (all) => {
        for (const stamp of all) {
          const seen = decodeMessage(stamped(encodeMessage(message), stamp));
          expect(seen).toMatchObject({
            topic: "a.b.c",
            producerId: stamp.producerId,
            realityId: stamp.realityId,
            sequence: BigInt(stamp.sequence),
            timestampUnixUs: BigInt(stamp.timestampUnixUs),
          });
        }
      }),
    );
  });

  it("has room for names of 127 bytes, and no more", () => {
    expect(() => constantStamp("x".repeat(128), "main")).toThrow(TypeError);
  });
});
