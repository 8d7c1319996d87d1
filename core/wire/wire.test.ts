import { anyPack, BytesValueSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArqonError, concatBytes } from "../base/index.ts";
import {
  ArqonMessageSchema,
  create,
  Durability,
  decodeMessage,
  encodeMessage,
  errorFromInfo,
  errorInfo,
  filterCovers,
  filterMatches,
  HelloSchema,
  MessageType,
  OpSchema,
  opMessage,
  payloadOf,
  requireFilter,
  requireTopic,
  scanEnvelope,
  stampDelivery,
  TopicTrie,
} from "./index.ts";

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (thrown) {
    return ArqonError.from(thrown).code;
  }
  return "none";
};

const token = fc.constantFrom("a", "b", "lab", "x-1", "jobs");
const topic = fc.array(token, { minLength: 3, maxLength: 6 }).map((tokens) => tokens.join("."));
const filter = fc
  .tuple(fc.array(fc.oneof(token, fc.constant("*")), { minLength: 1, maxLength: 6 }), fc.boolean())
  .map(([tokens, rest]) => [...tokens, ...(rest ? [">"] : [])].join("."));

describe("topics", () => {
  test("topics of the seeds are accepted", () => {
    for (const name of [
      "nvm.jobs",
      "helios.results",
      "pacf.streams",
      "input.audio",
      "bowlnet.stream.audio",
      "backend.sim-1.jobs",
      "nvm.jobs.dlq",
    ])
      expect(requireTopic(name)).toBe(name);
  });

  test("what breaks the grammar is refused by name", () => {
    for (const name of [
      "",
      "a",
      "a.b",
      "a..b",
      ".a.b",
      "a.b.",
      "a.*.c",
      "a.b.>",
      "a b.c.d",
      "ä.b.c",
      "x".repeat(300),
      Array(17).fill("a").join("."),
      `${"t".repeat(65)}.b.c`,
    ])
      expect(
        codeOf(() => requireTopic(name)),
        name,
      ).toBe("TOPIC_INVALID");
    for (const name of ["", ">.a", "a.>.b", "a..b", "a.b*"])
      expect(
        codeOf(() => requireFilter(name)),
        name,
      ).toBe("TOPIC_INVALID");
  });

  test("wildcards match as in NATS", () => {
    expect(filterMatches("a.*.c", "a.b.c")).toBe(true);
    expect(filterMatches("a.*", "a.b.c")).toBe(false);
    expect(filterMatches("a.>", "a.b.c")).toBe(true);
    expect(filterMatches("a.b.c.>", "a.b.c")).toBe(false);
    expect(filterMatches(">", "a.b.c")).toBe(true);
  });

  test("the trie finds exactly what the filters say, also after removals", () => {
    fc.assert(
      fc.property(
        fc.array(filter, { maxLength: 30 }),
        fc.array(topic, { minLength: 1, maxLength: 10 }),
        fc.nat(),
        (filters, topics, drop) => {
          const trie = new TopicTrie<string>();
          for (const f of filters) trie.add(f, f);
          const kept = new Set(filters);
          for (const f of filters.filter((_, i) => (i + drop) % 3 === 0)) {
            expect(trie.delete(f, f)).toBe(kept.has(f));
            kept.delete(f);
          }
          expect(trie.size).toBe(kept.size);
          for (const t of topics)
            expect([...trie.match(t)].sort()).toEqual([...kept].filter((f) => filterMatches(f, t)).sort());
        },
      ),
    );
  });

  test("a filter covers another only if it matches all its topics", () => {
    fc.assert(
      fc.property(filter, filter, topic, (outer, inner, t) => {
        if (filterCovers(outer, inner) && filterMatches(inner, t)) expect(filterMatches(outer, t)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(filterCovers("a.>", "a.*.c")).toBe(true);
    expect(filterCovers("a.*", "a.>")).toBe(false);
    expect(filterCovers(">", ">")).toBe(true);
  });
});

const message = fc
  .record({
    id: fc.uuid(),
    topic,
    type: fc.constantFrom(MessageType.EVENT, MessageType.JOB, MessageType.CONTROL),
    durability: fc.constantFrom(Durability.UNSPECIFIED, Durability.LOGGED, Durability.SYNCED),
    schema: fc.string({ maxLength: 20 }),
    replyTo: fc.constantFrom("", "inbox.c1.1"),
    body: fc.uint8Array({ maxLength: 500 }),
  })
  .map(({ body, ...init }) =>
    create(ArqonMessageSchema, {
      ...init,
      payload: anyPack(BytesValueSchema, create(BytesValueSchema, { value: body })),
    }),
  );

describe("envelopes", () => {
  test("the scanner reads what the decoder reads", () => {
    fc.assert(
      fc.property(message, (m) => {
        const header = scanEnvelope(encodeMessage(m));
        expect(header).toEqual({
          id: m.id,
          topic: m.topic,
          type: m.type,
          durability: m.durability,
          replyTo: m.replyTo,
        });
      }),
    );
  });

  test("what a delivery is stamped with is what a decoder sees, whatever was there before", () => {
    fc.assert(
      fc.property(message, fc.nat(1000), fc.maxSafeNat(), (m, attempt, leaseUntilUnixUs) => {
        const bytes = encodeMessage({ ...m, attempt: 7, subscription: 8 });
        const seen = decodeMessage(stampDelivery(bytes, { subscription: 7, attempt, leaseUntilUnixUs }));
        expect([seen.subscription, seen.attempt]).toEqual([7, attempt]);
        expect(seen.leaseUntilUnixUs).toBe(BigInt(leaseUntilUnixUs));
        expect(seen.topic).toBe(m.topic);
      }),
    );
  });

  test("a client that sets a stamped field is refused by its name", () => {
    const forged = encodeMessage(create(ArqonMessageSchema, { id: "x", topic: "a.b.c", producerId: "root" }));
    expect(() => scanEnvelope(forged)).toThrow("producer_id");
    expect(codeOf(() => scanEnvelope(encodeMessage(create(ArqonMessageSchema, { sequence: 1n }))))).toBe(
      "WIRE_STAMPED_FIELD",
    );
  });

  test("arbitrary bytes are either scanned or refused, never worse, and what is scanned decodes the same", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), message, fc.nat(), (noise, m, at) => {
        const bytes = encodeMessage(m);
        const cut = bytes.subarray(0, at % (bytes.length + 1));
        for (const input of [noise, cut, concatBytes(cut, noise)]) {
          const code = codeOf(() => scanEnvelope(input));
          expect(["none", "WIRE_MALFORMED", "WIRE_STAMPED_FIELD", "WIRE_TOO_LARGE"]).toContain(code);
          if (code !== "none") continue;
          const header = scanEnvelope(input);
          if (codeOf(() => decodeMessage(input)) === "none")
            expect(header.topic).toBe(decodeMessage(input).topic);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("operations travel as control messages on sys.session topics", () => {
    const sent = opMessage("id", 3n, { case: "historyGet", value: { filter: "a.>" } as never });
    expect(sent.topic).toBe("sys.session.history_get");
    const op = payloadOf(decodeMessage(encodeMessage(sent)), OpSchema);
    expect(op.corr).toBe(3n);
    expect(op.op.case).toBe("historyGet");
    expect(codeOf(() => payloadOf(sent, HelloSchema))).toBe("WIRE_MALFORMED");
  });

  test("errors cross the wire with code, message and remedy; unknown codes are kept in the message", () => {
    const error = new ArqonError("PERMISSION_DENIED", "ada may not publish a.b.c");
    const back = errorFromInfo(errorInfo(error, "m1"));
    expect([back.code, back.message, back.remedy]).toEqual([error.code, error.message, error.remedy]);
    expect(errorFromInfo({ ...errorInfo(error), code: "FROM_THE_FUTURE" }).message).toContain(
      "FROM_THE_FUTURE",
    );
  });
});
