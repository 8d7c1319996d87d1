import { createRandom, systemClock, systemTimer, utf8 } from "@arqon/core/base";
import {
  type ArqonMessage,
  compareStamps,
  Durability,
  decodeMessage,
  decodeVectorClock,
  encodeVectorClock,
  hybridMs,
} from "@arqon/core/wire";
import { afterEach, describe, expect, test } from "vitest";
import { faultEngine } from "./engine/index.ts";
import type { Bus } from "./front.ts";
import { partitionOf } from "./spine/causal-clock.ts";
import { LawBook } from "./spine/law-book.ts";
import { DEFAULT_LAWS } from "./spine/laws.ts";
import { TestClient, testBus } from "./testing.ts";

const PARTITIONS = 4;
let bus: Bus | undefined;
afterEach(async () => {
  await bus?.close();
});

/** A bus with a Reality "parts" of four partitions. */
async function open(): Promise<Bus> {
  const engine = faultEngine(1, systemTimer());
  await new LawBook(engine.keys, systemClock).declare("parts", "test", {
    ...DEFAULT_LAWS,
    ordering: `partitioned(${PARTITIONS})`,
  });
  bus = await testBus({ engine });
  return bus;
}

async function kept(client: TestClient, filter = "lab.>"): Promise<ArqonMessage[]> {
  const { op } = await client.ask({ case: "historyGet", value: { filter } });
  return op.case === "historyPage" ? op.value.messages.map((bytes) => decodeMessage(bytes)) : [];
}

describe("a Reality of partial order", () => {
  test("stamps messages as the graph of who saw what says", async () => {
    const { url } = await open();
    const random = createRandom(7n);
    const clients = await Promise.all(
      Array.from({ length: 3 }, () => TestClient.connect(url, "lab", { reality: "parts" })),
    );
    /** What each message directly follows, by its id. */
    const parents = new Map<string, string[]>();
    const ownLast = new Map<TestClient, string>();
    const partLast = new Map<number, string>();
    const sent: ArqonMessage[] = [];
    for (let i = 0; i < 120; i++) {
      const client = clients[random.nextInt(3)] as TestClient;
      const topic = `lab.part.t${random.nextInt(9)}`;
      const seen = sent.length > 0 && random.nextInt(3) === 0 ? sent[random.nextInt(sent.length)] : undefined;
      const init = { durability: Durability.LOGGED, ...(seen && { seenClock: seen.vectorClock }) };
      const id = client.publish(topic, String(i), init);
      const { op } = await client.op(({ op }) => op.case === "publishAck" && op.value.messageId === id);
      expect(op.case).toBe("publishAck");
      const part = partitionOf(topic, PARTITIONS);
      parents.set(
        id,
        [seen?.id, ownLast.get(client), partLast.get(part)].filter((one) => one !== undefined),
      );
      ownLast.set(client, id);
      partLast.set(part, id);
      const [message] = (await kept(client, topic)).slice(-1);
      expect(message?.id).toBe(id);
      sent.push(message as ArqonMessage);
    }
    const ancestors = new Map(sent.map(({ id }) => [id, new Set<string>()]));
    for (const { id } of sent)
      for (const parent of parents.get(id) ?? [])
        for (const one of [parent, ...(ancestors.get(parent) ?? [])]) ancestors.get(id)?.add(one);
    const stamps = sent.map(({ vectorClock }) => decodeVectorClock(vectorClock));
    let concurrent = 0;
    for (const [a, left] of sent.entries())
      for (const [b, right] of sent.entries()) {
        const isBefore = ancestors.get(right.id)?.has(left.id);
        const isAfter = ancestors.get(left.id)?.has(right.id);
        const expected = a === b ? "equal" : isBefore ? "before" : isAfter ? "after" : "concurrent";
        const [x, y] = [stamps[a], stamps[b]];
        if (!x || !y) throw new TypeError("no stamp");
        expect(compareStamps(x, y)).toBe(expected);
        if (expected === "concurrent") concurrent++;
      }
    expect(concurrent).toBeGreaterThan(0);
    for (const [i, { timestampUnixUs }] of sent.entries()) {
      const { dot, time } = stamps[i] as (typeof stamps)[number];
      expect(dot.counter).toBe(Number(sent[i]?.sequence));
      expect(hybridMs(time) - Number(timestampUnixUs / 1000n)).toBeGreaterThanOrEqual(0);
      if (i > 0) expect(time > (stamps[i - 1]?.time ?? 0n)).toBe(true);
    }
    for (const client of clients) client.close();
  });

  test("takes over nothing that it did not give out", async () => {
    const { url } = await open();
    const client = await TestClient.connect(url, "lab", { reality: "parts" });
    const clock = (actor: number, counter: number): Uint8Array =>
      encodeVectorClock({ dot: { actor, counter }, entries: [], truncated: false, time: 0n });
    for (const seenClock of [clock(1, 2 ** 40), clock(PARTITIONS, 1), utf8("no clock")]) {
      const id = client.publish("lab.part.t", "x", { durability: Durability.LOGGED, seenClock });
      const { op } = await client.op(({ op }) => op.case === "error" && op.value.messageId === id);
      expect(op.case === "error" && op.value.code).toBe("WIRE_MALFORMED");
    }
    client.close();
  });

  test("where order is total there are no clocks", async () => {
    const { url } = await open();
    const client = await TestClient.connect(url);
    const id = client.publish("lab.part.t", "x", { durability: Durability.LOGGED });
    await client.op(({ op }) => op.case === "publishAck" && op.value.messageId === id);
    expect((await kept(client))[0]?.vectorClock).toHaveLength(0);
    client.close();
  });
});
