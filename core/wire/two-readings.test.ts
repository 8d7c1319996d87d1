import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMessage, decodeScanned, encodeMessage, messageWith } from "./codec.ts";
import { MessageType } from "./gen/arqon/v1/message_pb.ts";
import { OpSchema } from "./gen/arqon/v1/op_pb.ts";
import { type EnvelopeHeader, scanEnvelope } from "./scan.ts";

const ID = "01980000-7a3b-7c11-9f00-000000000001";
const sound = encodeMessage(
  messageWith({ id: ID, topic: "lab.open.jobs", type: MessageType.JOB }, OpSchema, {}),
);

/** Fields that are bytes, text or messages, as a number each: a decoder that trusts its schema takes the number for a length. */
test.each([6, 7, 8, 11, 21])(
  "field %i of the wrong wire type is refused, for behind it a decoder sees another message",
  (field) => {
    const tag = field < 16 ? [field << 3] : [((field << 3) & 0x7f) | 0x80, field >> 4];
    const spoiled = Uint8Array.from([...tag, 20, ...sound]);
    expect(() => scanEnvelope(spoiled)).toThrow(expect.objectContaining({ code: "WIRE_MALFORMED" }));
  },
);

test("a nested message that ends outside its field is refused, for its decoder would go on behind it", () => {
  // The payload has two bytes, which claim a type of as many more as the id and the topic behind it take.
  const behind = 2 + 36 + 2 + "lab.open.jobs".length;
  const cut = Uint8Array.from([0x42, 2, 0x0a, behind, ...sound]);
  expect(decodeMessage(cut).topic).not.toBe("lab.open.jobs");
  expect(() => scanEnvelope(cut)).toThrow(expect.objectContaining({ code: "WIRE_MALFORMED" }));
});

const field = (number: number, bytes: readonly number[]): number[] => [
  (number << 3) | 2,
  bytes.length,
  ...bytes,
];

test.each<[string, number[]]>([
  ["schema", field(11, [0xff])],
  ["cause", [0x9a, 1, 1, 0xff]],
  ["payload.type_url", field(8, [...field(1, [0x61, 0xff]), ...field(2, [1])])],
  ["trace_context.key", field(6, [...field(1, [0xc3]), ...field(2, [0x61])])],
  ["trace_context.value", field(6, [...field(1, [0x61]), ...field(2, [0xed, 0xa0, 0x80])])],
  ["origin.reality_id", [0xa2, 1, 3, 0x0a, 1, 0xfe]],
])("%s that is not UTF-8 is refused by name, as a strict decoder would", (name, spoilt) => {
  const bytes = Uint8Array.from([...sound, ...spoilt]);
  expect(() => scanEnvelope(bytes)).toThrow(
    expect.objectContaining({
      code: "WIRE_MALFORMED",
      message: expect.stringContaining(`${name} is not UTF-8`),
    }),
  );
  expect(() => decodeMessage(bytes)).toThrow();
});

test("whatever passes the scan is decoded, and read alike", () => {
  const full = encodeMessage(
    messageWith(
      {
        id: ID,
        topic: "lab.a.b",
        schema: "größe.v1",
        traceContext: { traceparent: "00-1-2-01", "": "ψ" },
        spectral: { coherence: 0.5, criticality: 1, eigenvalues: [1, 2, 3] },
        origin: { realityId: "main", sequence: 1n << 63n, timestampUnixUs: 3n },
        seenClock: Uint8Array.of(1, 2),
      },
      OpSchema,
      { corr: 5n },
    ),
  );
  scanEnvelope(full);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(full.length - 1), fc.nat(255)), { maxLength: 3 }), (spoils) => {
      const bytes = Uint8Array.from(full);
      for (const [at, byte] of spoils) bytes[at] = byte;
      let header: EnvelopeHeader;
      try {
        header = scanEnvelope(bytes);
      } catch {
        return;
      }
      decodeScanned(bytes, header);
    }),
    { numRuns: 5_000 },
  );
});

test("what is sound is read alike", () => {
  expect(decodeScanned(sound, scanEnvelope(sound))).toEqual(decodeMessage(sound));
});
