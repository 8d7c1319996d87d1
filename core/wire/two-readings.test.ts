import { expect, test } from "vitest";
import { decodeMessage, decodeScanned, encodeMessage, messageWith } from "./codec.ts";
import { MessageType } from "./gen/arqon/v1/message_pb.ts";
import { OpSchema } from "./gen/arqon/v1/op_pb.ts";
import { scanEnvelope } from "./scan.ts";

const ID = "01980000-7a3b-7c11-9f00-000000000001";
const sound = encodeMessage(
  messageWith({ id: ID, topic: "lab.open.jobs", type: MessageType.JOB }, OpSchema, {}),
);

/** Fields that are bytes, text or messages, as a number each: a decoder that trusts its schema takes the number for a length. */
test.each([6, 7, 8, 11])(
  "field %i of the wrong wire type is refused, for behind it a decoder sees another message",
  (field) => {
    const spoiled = Uint8Array.from([(field << 3) | 0, 20, ...sound]);
    expect(() => scanEnvelope(spoiled)).toThrow(expect.objectContaining({ code: "WIRE_MALFORMED" }));
  },
);

test("a nested message that ends outside its field is refused where its decoder would go on behind it", () => {
  // The payload has two bytes, which claim a type of as many more as the id and the topic behind it take.
  const behind = 2 + 36 + 2 + "lab.open.jobs".length;
  const cut = Uint8Array.from([0x42, 2, 0x0a, behind, ...sound]);
  const header = scanEnvelope(cut);
  expect(header.topic).toBe("lab.open.jobs");
  expect(decodeMessage(cut).topic).not.toBe(header.topic);
  expect(() => decodeScanned(cut, header)).toThrow(expect.objectContaining({ code: "WIRE_MALFORMED" }));
});

test("what is sound is read alike", () => {
  expect(decodeScanned(sound, scanEnvelope(sound))).toEqual(decodeMessage(sound));
});
