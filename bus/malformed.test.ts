import { ERRORS, type ErrorCode } from "@arqon/core/base";
import {
  type ArqonMessage,
  Durability,
  ErrorInfoSchema,
  encodeMessage,
  JobResultSchema,
  JobSchema,
  MessageType,
  messageWith,
  type OpInit,
  OpSchema,
  opMessage,
  payloadOf,
  StringValueSchema,
} from "@arqon/core/wire";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bus } from "./front.ts";
import { newId, TestClient, testBus } from "./testing.ts";

let bus: Bus;
let neighbour: TestClient;
const faults: unknown[] = [];
const note = (fault: unknown): void => {
  faults.push(fault);
};
beforeAll(async () => {
  process.on("uncaughtException", note).on("unhandledRejection", note);
  bus = await testBus();
  neighbour = await TestClient.connect(bus.url, "other");
  await neighbour.subscribe(1, "neighbour.>");
});
afterAll(async () => {
  await bus.close();
  process.off("uncaughtException", note).off("unhandledRejection", note);
  expect(faults).toEqual([]);
});

const settle = (client: TestClient) => client.ask({ case: "ping", value: {} });
/** The neighbour hears itself, once. */
async function undisturbed(): Promise<void> {
  const id = neighbour.publish("neighbour.a.b", "x");
  expect((await neighbour.on("neighbour.a.b")).id).toBe(id);
  expect(neighbour.messages).toEqual([]);
}

const long = "x".repeat(300);
const job = newId();

describe("a request that cannot be granted is answered by name, and the connection goes on", () => {
  test.each<[string, OpInit, ErrorCode]>([
    [
      "a filter without tokens",
      { case: "subscribe", value: { subscription: 9, filter: "" } },
      "TOPIC_INVALID",
    ],
    ["a filter of dots", { case: "subscribe", value: { subscription: 9, filter: "..." } }, "TOPIC_INVALID"],
    [
      "a filter with > inside",
      { case: "subscribe", value: { subscription: 9, filter: "a.>.b" } },
      "TOPIC_INVALID",
    ],
    [
      "a filter with a half wildcard",
      { case: "subscribe", value: { subscription: 9, filter: "a.b*.c" } },
      "TOPIC_INVALID",
    ],
    [
      "a filter of other letters",
      { case: "subscribe", value: { subscription: 9, filter: "a.ψ.c" } },
      "TOPIC_INVALID",
    ],
    [
      "a filter with a NUL",
      { case: "subscribe", value: { subscription: 9, filter: "a.\0.c" } },
      "TOPIC_INVALID",
    ],
    [
      "a filter too long",
      { case: "subscribe", value: { subscription: 9, filter: `a.b.${long}` } },
      "TOPIC_INVALID",
    ],
    [
      "a filter of too many tokens",
      { case: "subscribe", value: { subscription: 9, filter: `${"a.".repeat(99)}a` } },
      "TOPIC_INVALID",
    ],
    [
      "jobs without a group",
      { case: "subscribe", value: { subscription: 9, filter: "lab.jobs" } },
      "TOPIC_INVALID",
    ],
    [
      "somebody's inbox",
      { case: "subscribe", value: { subscription: 9, filter: "inbox.other.>" } },
      "PERMISSION_DENIED",
    ],
    ["a number in use", { case: "subscribe", value: { subscription: 1, filter: "a.b.c" } }, "WIRE_PROTOCOL"],
    ["an unknown subscription", { case: "unsubscribe", value: { subscription: 77 } }, "WIRE_PROTOCOL"],
    ["history of no filter", { case: "historyGet", value: { filter: "" } }, "TOPIC_INVALID"],
    ["history of nonsense", { case: "historyGet", value: { filter: "a..b" } }, "TOPIC_INVALID"],
    ["a job nobody knows", { case: "jobGet", value: { jobId: job } }, "JOB_UNKNOWN"],
    ["a job without an id", { case: "jobGet", value: {} }, "JOB_UNKNOWN"],
    ["a job with a long id", { case: "jobGet", value: { jobId: long } }, "JOB_UNKNOWN"],
    ["the end of an unknown job", { case: "jobCancel", value: { jobId: job } }, "JOB_UNKNOWN"],
    [
      "more time for an unknown job",
      { case: "jobExtend", value: { jobId: job, progress: Number.NaN } },
      "JOB_UNKNOWN",
    ],
    [
      "an unknown job given back",
      { case: "jobRelease", value: { jobId: job, delayMs: 4_294_967_295 } },
      "JOB_UNKNOWN",
    ],
    ["hello again", { case: "hello", value: {} }, "WIRE_PROTOCOL"],
    ["a server's word", { case: "welcome", value: {} }, "WIRE_PROTOCOL"],
    ["a done", { case: "done", value: {} }, "WIRE_PROTOCOL"],
    ["an acknowledgement", { case: "publishAck", value: {} }, "WIRE_PROTOCOL"],
    ["a page", { case: "historyPage", value: {} }, "WIRE_PROTOCOL"],
    ["a state", { case: "jobState", value: {} }, "WIRE_PROTOCOL"],
    ["an error", { case: "error", value: {} }, "WIRE_PROTOCOL"],
    ["a farewell", { case: "goAway", value: {} }, "WIRE_PROTOCOL"],
    ["nothing", { case: undefined }, "WIRE_PROTOCOL"],
  ])("%s", async (_name, op, code) => {
    const client = await TestClient.connect(bus.url);
    await client.subscribe(1, "lab.>");
    const answer = await client.ask(op);
    expect(answer.op.case).toBe("error");
    expect(answer.op.value).toMatchObject({ code });
    expect((await settle(client)).op.case).toBe("pong");
    await undisturbed();
    client.close();
  });

  test.each<[string, OpInit]>([
    [
      "a range that ends before it begins",
      { case: "historyGet", value: { filter: "lab.>", fromSequence: 9n, toSequence: 1n } },
    ],
    [
      "sequences beyond all numbers",
      { case: "historyGet", value: { filter: "lab.>", fromSequence: 18_446_744_073_709_551_615n } },
    ],
    [
      "times beyond all times",
      {
        case: "historyGet",
        value: { filter: "lab.>", fromUnixUs: 18_446_744_073_709_551_615n, toUnixUs: 1n },
      },
    ],
    ["more than a page", { case: "historyGet", value: { filter: "lab.>", limit: 4_294_967_295 } }],
    [
      "a group of any name",
      { case: "subscribe", value: { subscription: 8, filter: "lab.>", queueGroup: `${long}\0ψ` } },
    ],
    [
      "jobs without bound",
      {
        case: "subscribe",
        value: { subscription: 0, filter: "x.jobs", queueGroup: "g", maxInFlight: 4_294_967_295 },
      },
    ],
    ["a ping of any time", { case: "ping", value: { sentUnixUs: 18_446_744_073_709_551_615n } }],
  ])("%s is answered all the same", async (_name, op) => {
    const client = await TestClient.connect(bus.url);
    expect(["done", "historyPage", "pong"]).toContain((await client.ask(op)).op.case);
    expect((await settle(client)).op.case).toBe("pong");
    client.close();
  });
});

describe("a publication that cannot be taken is refused by name, and the connection goes on", () => {
  const text = (init: Partial<ArqonMessage>): ArqonMessage => {
    const { payload: _, $typeName: __, $unknown: ___, ...rest } = init;
    return messageWith(
      { id: newId(), topic: "lab.a.b", type: MessageType.EVENT, ...rest },
      StringValueSchema,
      { value: "x" },
    );
  };
  test.each<[string, ArqonMessage, ErrorCode]>([
    ["without an id", text({ id: "" }), "UUID_INVALID"],
    ["with an id of version 4", text({ id: "0b0e7c6e-59a6-4d2b-8f0e-0123456789ab" }), "UUID_INVALID"],
    ["with an id in capitals and more", text({ id: `${newId()}0` }), "UUID_INVALID"],
    ["without a topic", text({ topic: "" }), "TOPIC_INVALID"],
    ["on a topic of two tokens", text({ topic: "lab.a" }), "TOPIC_INVALID"],
    ["on a filter", text({ topic: "lab.a.>" }), "TOPIC_INVALID"],
    ["on a topic of the bus", text({ topic: "sys.registry.changed" }), "PERMISSION_DENIED"],
    ["as an operation of another kind", text({ topic: "sys.session.hello" }), "PERMISSION_DENIED"],
    [
      "as a control elsewhere",
      text({ topic: "sys.other.thing", type: MessageType.CONTROL }),
      "PERMISSION_DENIED",
    ],
    ["with a sequence", text({ sequence: 1n }), "WIRE_STAMPED_FIELD"],
    ["with a producer", text({ producerId: "me" }), "WIRE_STAMPED_FIELD"],
    ["with a Reality", text({ realityId: "main" }), "WIRE_STAMPED_FIELD"],
    ["with a time", text({ timestampUnixUs: 1n }), "WIRE_STAMPED_FIELD"],
    ["with a clock", text({ vectorClock: Uint8Array.of(1) }), "WIRE_STAMPED_FIELD"],
    ["with an attempt", text({ attempt: 1 }), "WIRE_STAMPED_FIELD"],
    ["with a count of losses", text({ dropped: 1n }), "WIRE_STAMPED_FIELD"],
    ["with a lease", text({ leaseUntilUnixUs: 1n }), "WIRE_STAMPED_FIELD"],
    ["with a subscription", text({ subscription: 1 }), "WIRE_STAMPED_FIELD"],
    ["that asks where nobody answers", text({ replyTo: "inbox.me.1" }), "NO_RESPONDER"],
    ["a job that is none", text({ type: MessageType.JOB, topic: "lab.jobs" }), "WIRE_MALFORMED"],
    ["a result that is none", text({ type: MessageType.JOB_RESULT, topic: "lab.results" }), "WIRE_MALFORMED"],
    [
      "a result of no job",
      messageWith({ id: newId(), topic: "lab.results", type: MessageType.JOB_RESULT }, JobResultSchema, {}),
      "JOB_UNKNOWN",
    ],
    [
      "a job on a topic of events",
      messageWith({ id: newId(), topic: "lab.a.b", type: MessageType.JOB }, JobSchema, {}),
      "TOPIC_INVALID",
    ],
  ])("%s", async (_name, message, code) => {
    const client = await TestClient.connect(bus.url);
    client.send(message);
    const { op } = await client.op((one) => one.op.case === "error");
    expect(op.value).toMatchObject({ code, messageId: message.id });
    expect((await settle(client)).op.case).toBe("pong");
    await undisturbed();
    client.close();
  });
});

describe("bytes that are not a message end their connection, and no other", () => {
  const op = (value: Uint8Array): Uint8Array => {
    const message = opMessage(newId(), 1n, { case: "ping", value: {} });
    message.payload = { $typeName: "google.protobuf.Any", typeUrl: "type.googleapis.com/arqon.v1.Op", value };
    return encodeMessage(message);
  };
  const field = (number: number, bytes: number[]): Buffer =>
    Buffer.from([(number << 3) | 2, bytes.length, ...bytes]);
  test.each<[string, Uint8Array]>([
    ["a truncated field", Buffer.from([0x0a, 0x05, 0x41])],
    ["a length beyond the end", Buffer.from([0x1a, 0xff, 0xff, 0xff, 0x7f])],
    ["a varint without an end", Buffer.alloc(40, 0xff)],
    ["field number 0", Buffer.from([0x00, 0x01])],
    ["a group", Buffer.from([0x0b, 0x0c])],
    ["a topic that is not UTF-8", field(3, [0x6c, 0xff, 0xfe])],
    ["a schema that is not UTF-8", field(11, [0xff])],
    ["a payload whose type is not UTF-8", field(8, [0x0a, 0x01, 0xff])],
    ["a payload that is cut", field(8, [0x0a, 0x05, 0x61])],
    ["a trace that is not UTF-8", field(6, [0x0a, 0x01, 0x61, 0x12, 0x01, 0xff])],
    ["a topic with half a surrogate", field(3, [0xed, 0xa0, 0x80])],
    ["an operation that is cut", op(Uint8Array.of(0x22, 0x05, 1))],
    ["an operation with a filter that is not UTF-8", op(Uint8Array.of(0x22, 0x04, 0x12, 0x02, 0xff, 0xfe))],
    [
      "an operation of another type",
      encodeMessage(
        messageWith(
          { id: newId(), topic: "sys.session.ping", type: MessageType.CONTROL },
          ErrorInfoSchema,
          {},
        ),
      ),
    ],
    [
      "an operation without a payload",
      Buffer.concat([field(3, [...Buffer.from("sys.session.ping")]), Buffer.from([0x48, 0x07])]),
    ],
  ])("%s", async (_name, bytes) => {
    const client = await TestClient.connect(bus.url);
    client.socket.send(bytes);
    const { op: last } = await client.op((one) => one.op.case === "error");
    expect(last.value).toMatchObject({ code: "WIRE_MALFORMED" });
    expect(await client.closed()).toBe(4501);
    await undisturbed();
  });
});

describe("whatever is sent", () => {
  test("is answered from the catalogue or closed with a code of the table; the neighbour never notices", async () => {
    const near = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .tuple(
          fc.nat(400),
          fc.nat(255),
          fc.constantFrom("lab.a.b", "sys.session.subscribe", "lab.jobs", "lab.results"),
        )
        .map(([at, byte, topic]) => {
          const control = topic.startsWith("sys.");
          const message = control
            ? opMessage(newId(), 5n, { case: "subscribe", value: { subscription: 3, filter: "lab.>" } })
            : messageWith(
                {
                  id: newId(),
                  topic,
                  type:
                    topic === "lab.jobs"
                      ? MessageType.JOB
                      : topic === "lab.results"
                        ? MessageType.JOB_RESULT
                        : MessageType.EVENT,
                  durability: Durability.LOGGED,
                },
                JobSchema,
                { capsule: { schema: "test.v1" } },
              );
          const bytes = encodeMessage(message);
          bytes[at % bytes.length] = byte;
          return bytes;
        }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(near, { minLength: 1, maxLength: 12 }), async (sent) => {
        const client = await TestClient.connect(bus.url);
        for (const bytes of sent) client.socket.send(bytes);
        const code = await Promise.race([
          client.ask({ case: "ping", value: {} }).then(
            () => undefined,
            () => client.closeCode,
          ),
          new Promise<number>((done) => setTimeout(done, 20_000, -1)),
        ]);
        if (code !== undefined) expect([1002, 1009, 4501, 4502]).toContain(code);
        for (const message of client.messages) {
          if (message.topic !== "sys.session.error") continue;
          const { op } = payloadOf(message, OpSchema);
          const answer = op.case === "error" ? op.value.code : "";
          expect(Object.keys(ERRORS)).toContain(answer);
          expect(answer).not.toBe("INTERNAL");
        }
        client.close();
      }),
      { numRuns: 300, interruptAfterTimeLimit: 4_000, markInterruptAsFailure: false, endOnFailure: true },
    );
    await undisturbed();
    expect(faults).toEqual([]);
  });
});
