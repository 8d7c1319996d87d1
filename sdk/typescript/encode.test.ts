import { ArqonError } from "@arqon/core/base";
import {
  BytesValueSchema,
  Durability,
  decodeMessage,
  encodeMessage,
  MessageType,
  opMessage,
} from "@arqon/core/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readAck } from "./ack.ts";
import { Delivery } from "./delivery.ts";
import { encodeOutgoing } from "./encode.ts";
import { Message } from "./message.ts";
import { bytesOf, json, messageOf, type Payload, typed } from "./payload.ts";

const ID = "01890a5d-ac96-774b-bcce-b302099a8057";
const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
const topic = fc.array(token, { minLength: 3, maxLength: 8 }).map((tokens) => tokens.join("."));
const text = fc.string({ unit: "binary" }).filter((each) => each.isWellFormed());
const payload: fc.Arbitrary<Payload> = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  text,
  fc.jsonValue().map((value) => json(JSON.parse(JSON.stringify(value)))),
  fc.uint8Array().map((value) => typed(BytesValueSchema, { value: Uint8Array.from(value) }) as Payload),
);
const level = fc.constantFrom(...Object.values(Durability).filter((each) => typeof each === "number"));
const outgoing = fc.record({
  id: fc.constant(ID),
  topic,
  type: fc.constantFrom(...Object.values(MessageType).filter((each) => typeof each === "number")),
  durability: level,
  schema: fc.option(text, { nil: undefined }),
  replyTo: fc.option(topic, { nil: undefined }),
  trace: fc.option(
    fc.uniqueArray(fc.tuple(token, text), { maxLength: 3, selector: ([key]) => key }).map(Object.fromEntries),
    { nil: undefined },
  ),
});

test("a publication has the bytes that the general encoder writes", () => {
  fc.assert(
    fc.property(outgoing, payload, (out, what) => {
      const { id, topic: where, type, durability, schema = "", replyTo = "", trace = {} } = out;
      const init = { id, topic: where, type, durability, schema, replyTo, traceContext: trace };
      const expected = decodeMessage(encodeMessage(messageOf(init, what)));
      const bytes = encodeOutgoing(out, what).slice();
      expect(decodeMessage(bytes)).toEqual(expected);
      if (Object.keys(trace).length < 2) expect([...bytes]).toEqual([...encodeMessage(expected)]);
    }),
  );
});

test("a delivery is scanned as the general decoder reads it", () => {
  const stamps = fc.record({
    sequence: fc.maxSafeNat(),
    attempt: fc.nat(9),
    dropped: fc.nat(),
    subscription: fc.nat(1_000),
    timestampUnixUs: fc.maxSafeNat(),
  });
  fc.assert(
    fc.property(outgoing, payload, stamps, fc.nat(9), (out, what, stamp, before) => {
      const envelope = decodeMessage(encodeOutgoing(out, what));
      Object.assign(envelope, stamp, {
        sequence: BigInt(stamp.sequence),
        dropped: BigInt(stamp.dropped),
        timestampUnixUs: BigInt(stamp.timestampUnixUs),
      });
      const bytes = encodeMessage(envelope);
      const chunk = new Uint8Array(before + bytes.length + 3);
      chunk.set(bytes, before);
      const delivery = new Delivery(chunk, before, before + bytes.length);
      const { timestampUnixUs: timestampUs, ...rest } = stamp;
      const { topic: where, type, durability } = envelope;
      expect(delivery).toMatchObject({ ...rest, timestampUs, topic: where, type, durability });
      expect(delivery.envelope).toEqual(envelope);
      if (what instanceof Uint8Array)
        expect([...new Message(delivery).bytes()]).toEqual([...bytesOf(envelope)]);
    }),
  );
});

test("bytes that are no message are refused as the general decoder refuses them, or decoded later", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        const { envelope, topic: scanned } = new Delivery(Uint8Array.from(bytes));
        expect(scanned).toBe(envelope.topic);
      } catch (thrown) {
        expect(ArqonError.from(thrown).code).toBe("WIRE_MALFORMED");
      }
    }),
    { numRuns: 2_000 },
  );
});

test("an acknowledgement is read as the general decoder reads it", () => {
  const ack = fc.record({
    messageId: fc.constant(ID),
    sequence: fc.maxSafeNat().map(BigInt),
    duplicate: fc.boolean(),
    durability: level,
    count: fc.nat(100_000),
  });
  fc.assert(
    fc.property(ack, (value) => {
      const bytes = encodeMessage(opMessage(ID, 0n, { case: "publishAck", value }));
      expect(readAck(new Delivery(bytes))).toMatchObject(value);
    }),
  );
});
