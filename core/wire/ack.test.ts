import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodePublishAck } from "./ack.ts";
import { encodeMessage, opMessage } from "./codec.ts";
import { Durability } from "./gen/arqon/v1/message_pb.ts";

describe("acknowledgements", () => {
  test("are the bytes the general encoder makes", () => {
    fc.assert(
      fc.property(
        fc.uuid({ version: 7 }),
        fc.uuid({ version: 7 }),
        fc.oneof(fc.nat(300), fc.maxSafeNat()),
        fc.boolean(),
        fc.constantFrom(Durability.LOGGED, Durability.SYNCED, Durability.UNSPECIFIED),
        fc.oneof(fc.constantFrom(1), fc.integer({ min: 2, max: 2 ** 32 - 1 })),
        (id, messageId, sequence, duplicate, durability, count) => {
          // One publication is what is meant when no count is given.
          const value = {
            messageId,
            sequence: BigInt(sequence),
            duplicate,
            durability,
            count: count > 1 ? count : 0,
          };
          expect([...encodePublishAck({ id, messageId, sequence, duplicate, durability, count })]).toEqual([
            ...encodeMessage(opMessage(id, 0n, { case: "publishAck", value })),
          ]);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("what is not as long as a UUID is refused, so that no length byte can be wrong", () => {
    const ack = { id: "x", messageId: "y", sequence: 1, duplicate: false, durability: 2 };
    expect(() => encodePublishAck(ack)).toThrow(TypeError);
  });
});
