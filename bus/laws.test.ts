import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemEntropy, systemTimer } from "@arqon/core/base";
import {
  Durability,
  decodeMessage,
  decodeVectorClock,
  ErrorInfoSchema,
  fromJson,
  MessageType,
  messageWith,
  payloadOf,
  toJson,
  ValueSchema,
} from "@arqon/core/wire";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { nodeDisk, openSegmentEngine } from "./engine/index.ts";
import { type AccessTable, type Bus, hashApiKey } from "./front.ts";
import { partitionOf } from "./spine/causal-clock.ts";
import { readLaws } from "./spine/index.ts";
import { firstKept } from "./spine/retention.ts";
import { newId, TestClient, testAccess, testBus } from "./testing.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function access(): AccessTable {
  const table = testAccess();
  table.put({
    principal: {
      id: "maker",
      tenant: "t",
      trusted: false,
      capabilities: ["can_publish:>", "can_publish:sys.reality.>", "can_subscribe:>"],
    },
    keyHashes: [hashApiKey("key-maker")],
  });
  return table;
}

async function open(options: Parameters<typeof testBus>[0] = {}): Promise<Bus> {
  const bus = await testBus({ access: access(), ...options });
  ends.push(() => bus.close());
  return bus;
}

/** Asks a service of the bus; its answer, or the code of its refusal. */
async function ask(client: TestClient, topic: string, value: unknown): Promise<unknown> {
  const inbox = `inbox.${client.connectionId}`;
  await client.subscribe(900, `${inbox}.>`).catch(() => undefined);
  const replyTo = `${inbox}.${newId()}`;
  const id = newId();
  client.send(
    messageWith(
      { id, topic, type: MessageType.EVENT, replyTo },
      ValueSchema,
      fromJson(ValueSchema, value as never),
    ),
  );
  const reply = await client.next(
    (message) => message.topic === replyTo || message.topic === "sys.session.error",
  );
  if (reply.topic !== replyTo) return "refused";
  if (reply.payload?.typeUrl.endsWith("ErrorInfo")) return payloadOf(reply, ErrorInfoSchema).code;
  return toJson(ValueSchema, payloadOf(reply, ValueSchema));
}

const LAWS = {
  ordering: "partitioned(4)",
  durability: "logged",
  retention: { maxAgeMs: 0, maxBytes: 0, maxMessages: 20 },
  slowConsumer: "disconnect",
};

describe("the laws of a Reality", () => {
  test("are declared by those who may, listed, and do not change", async () => {
    const bus = await open();
    const maker = await TestClient.connect(bus.url, "maker");
    const made = await ask(maker, "sys.reality.create", { name: "lab1", laws: LAWS });
    expect(made).toMatchObject({ name: "lab1", laws: LAWS, madeBy: "maker" });
    expect(await ask(maker, "sys.reality.create", { name: "lab1", laws: LAWS })).toEqual(made);
    expect(await ask(maker, "sys.reality.create", { name: "lab1" })).toBe("REALITY_CONFLICT");
    expect(await ask(maker, "sys.reality.create", { name: "lab2", laws: { colour: 1 } })).toBe(
      "LAWS_INVALID",
    );
    expect(await ask(maker, "sys.reality.create", { name: "../x" })).toBe("TOPIC_INVALID");
    expect(await ask(maker, "sys.reality.get", { name: "lab1" })).toEqual(made);
    expect(await ask(maker, "sys.reality.get", { name: "none" })).toBe("REALITY_UNKNOWN");
    const { realities } = (await ask(maker, "sys.reality.list", {})) as { realities: { name: string }[] };
    expect(realities.map(({ name }) => name)).toEqual(["lab1", "main"]);
  });

  test("a capability for everything is not one for making Realities", async () => {
    const bus = await open();
    const lab = await TestClient.connect(bus.url, "lab");
    expect(await ask(lab, "sys.reality.create", { name: "mine" })).toBe("refused");
    const stranger = await TestClient.open(bus.url);
    const hello = { versionMin: 1, versionMax: 1, client: "test", apiKey: "key-lab", reality: "mine" };
    const { op } = await stranger.ask({ case: "hello", value: hello });
    expect(op.case === "error" && op.value.code).toBe("REALITY_UNKNOWN");
    await TestClient.connect(bus.url, "maker", { reality: "mine" });
    await TestClient.connect(bus.url, "lab", { reality: "mine" });
  });

  test("outlive the server, and messages that say nothing are as durable as they want", async () => {
    const root = await mkdtemp(join(tmpdir(), "arqon-laws-"));
    ends.push(() => rm(root, { recursive: true }));
    const start = async () => {
      const engine = await openSegmentEngine({
        disk: nodeDisk(root),
        timer: systemTimer(),
        entropy: systemEntropy,
        segmentBytes: 2_000,
      });
      ends.push(() => engine.close());
      return { engine, bus: await open({ engine }) };
    };
    const first = await start();
    await ask(await TestClient.connect(first.bus.url, "maker"), "sys.reality.create", {
      name: "lab1",
      laws: LAWS,
    });
    const lab = await TestClient.connect(first.bus.url, "lab", { reality: "lab1" });
    for (let i = 0; i < 100; i++) {
      const id = lab.publish("lab.data.event", "x".repeat(200));
      const { op } = await lab.op(({ op }) => op.case === "publishAck" && op.value.messageId === id);
      expect(op.case === "publishAck" && op.value.durability).toBe(Durability.LOGGED);
    }
    await first.bus.close();
    await first.engine.close();
    const second = await start();
    const again = await TestClient.connect(second.bus.url, "lab", { reality: "lab1" });
    const { op } = await again.ask({ case: "historyGet", value: { filter: ">" } });
    if (op.case !== "historyPage") throw new Error(`no page but ${op.case}`);
    // Whole segments go until no more than twenty messages are left.
    expect(op.value.messages.length).toBeLessThanOrEqual(20);
    expect(op.value.messages.length).toBeGreaterThan(10);
    const firstKeptMessage = decodeMessage(op.value.messages[0] as Uint8Array);
    const { dot } = decodeVectorClock(firstKeptMessage.vectorClock);
    expect(dot).toEqual({
      actor: partitionOf("lab.data.event", 4),
      counter: Number(firstKeptMessage.sequence),
    });
    const below = await again.ask({ case: "historyGet", value: { filter: ">", fromSequence: 1n } });
    expect(below.op.case === "error" && below.op.value.code).toBe("HISTORY_TRIMMED");
    expect(below.op.case === "error" && below.op.value.message).toContain(`${firstKeptMessage.sequence} to`);
  });
});

test("laws are read strictly, and what is left out has its default", () => {
  expect(readLaws({})).toEqual({
    ordering: "total",
    durability: "ephemeral",
    retention: { maxAgeMs: 0, maxBytes: 0, maxMessages: 0 },
    slowConsumer: "drop_oldest",
  });
  for (const wrong of [
    null,
    [],
    "total",
    { ordering: "partitioned(0)" },
    { ordering: "partitioned(65)" },
    { ordering: "partitioned(4" },
    { durability: "forever" },
    { retention: { maxAgeMs: -1 } },
    { retention: { maxBytes: 1.5 } },
    { retention: { days: 1 } },
    { retention: 5 },
    { slowConsumer: "wait" },
  ])
    expect(() => readLaws(wrong as never)).toThrow(expect.objectContaining({ code: "LAWS_INVALID" }));
});

test("retention keeps as much as it says, whole segments, the newest, and what unfinished jobs need", () => {
  const segment = fc.record({
    records: fc.integer({ min: 1, max: 9 }),
    bytes: fc.nat(99),
    ageMs: fc.nat(99),
  });
  const bounds = fc.record({ maxAgeMs: fc.nat(99), maxBytes: fc.nat(300), maxMessages: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 12 }), bounds, fc.nat(120), (given, law, unfinished) => {
      let next = 1;
      let latestUnixUs = 0;
      const segments = given.map(({ records, bytes, ageMs }) => {
        latestUnixUs = Math.max(latestUnixUs, 1_000_000 - ageMs * 1000);
        next += records;
        return { firstSequence: next - records, lastSequence: next - 1, records, bytes, latestUnixUs };
      });
      const kept = firstKept(segments, law, 1_000_000, unfinished || Number.POSITIVE_INFINITY);
      const gone = segments.filter(({ lastSequence }) => lastSequence < kept);
      const rest = segments.filter(({ lastSequence }) => lastSequence >= kept);
      expect(segments.length === 0 || rest.length > 0).toBe(true);
      if (unfinished > 0) expect(gone.every(({ lastSequence }) => lastSequence < unfinished)).toBe(true);
      const sum = (of: typeof segments, what: "bytes" | "records") =>
        of.reduce((all, one) => all + one[what], 0);
      // The youngest that is gone was too old, or one too many.
      const last = gone.at(-1);
      if (last === undefined) return;
      const isOld = law.maxAgeMs > 0 && 1_000_000 - last.latestUnixUs > law.maxAgeMs * 1000;
      const isMuch =
        (law.maxBytes > 0 && sum([last, ...rest], "bytes") > law.maxBytes) ||
        (law.maxMessages > 0 && sum([last, ...rest], "records") > law.maxMessages);
      expect(isOld || isMuch).toBe(true);
    }),
  );
});
