import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createRandom, systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { type ArqonMessage, Durability, decodeMessage, filterMatches, LIMITS } from "@arqon/core/wire";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, faultEngine, nodeDisk, openSegmentEngine } from "./engine/index.ts";
import type { Bus } from "./front.ts";
import { TestClient, testBus } from "./testing.ts";

const MESSAGES = 400;
const START_US = 1_767_225_600_000_000;

interface Query {
  filter?: string;
  fromSequence?: bigint;
  toSequence?: bigint;
  fromUnixUs?: bigint;
  toUnixUs?: bigint;
  limit?: number;
}

/** What the bus said it keeps. */
interface Kept {
  readonly id: string;
  readonly topic: string;
  readonly sequence: bigint;
  timeUs: bigint;
}

/** The slow oracle: everything, looked at one by one. */
function wanted(all: readonly Kept[], query: Query): Kept[] {
  const { filter = ">", fromSequence = 0n, toSequence = 0n, fromUnixUs = 0n, toUnixUs = 0n } = query;
  return all.filter(
    ({ topic, sequence, timeUs }) =>
      filterMatches(filter, topic) &&
      sequence >= fromSequence &&
      (toSequence === 0n || sequence <= toSequence) &&
      timeUs >= fromUnixUs &&
      (toUnixUs === 0n || timeUs < toUnixUs),
  );
}

const filters = fc.constantFrom(
  ">",
  "lab.>",
  "lab.*.t1",
  "lab.a.*",
  "*.b.t2",
  "lab.a.t0",
  "*.*.*",
  "lab.a.t0.>",
  "nobody.was.here",
  "*.*.*.deep",
);

describe.each(["segments", "memory"])("history.get on %s", (kind) => {
  let bus: Bus;
  let engine: Engine;
  let client: TestClient;
  let root: string;
  const all: Kept[] = [];

  beforeAll(async () => {
    root = await fs.mkdtemp(path.join(os.tmpdir(), "arqon-history-"));
    engine =
      kind === "memory"
        ? faultEngine(1, systemTimer())
        : await openSegmentEngine({ disk: nodeDisk(root), timer: systemTimer(), entropy: systemEntropy });
    // Stands still, jumps ahead and goes back, as clocks do.
    const random = createRandom(3n);
    let nowUs = START_US;
    const clock = { nowUs: () => nowUs, monotonicMs: () => systemClock.monotonicMs() };
    bus = await testBus({ engine, clock });
    client = await TestClient.connect(bus.url);
    for (let i = 0; i < MESSAGES; i++) {
      if (random.nextInt(3) === 0) nowUs += random.nextInt(2_000) - 500;
      const deep = random.nextInt(10) === 0 ? ".deep" : "";
      const topic = `lab.${"ab"[random.nextInt(2)]}.t${random.nextInt(3)}${deep}`;
      // What is not kept uses numbers too.
      if (random.nextInt(4) === 0) client.publish(topic, "gone", { durability: Durability.EPHEMERAL });
      const id = client.publish(topic, "x".repeat(random.nextInt(6_000)), { durability: Durability.LOGGED });
      const { op } = await client.op(({ op }) => op.case === "publishAck" && op.value.messageId === id);
      if (op.case === "publishAck") all.push({ id, topic, sequence: op.value.sequence, timeUs: 0n });
    }
    const stamped = await read({});
    for (const [i, message] of stamped.entries()) (all[i] as Kept).timeUs = message.timestampUnixUs;
  });

  afterAll(async () => {
    client.close();
    await bus.close();
    await engine.close();
    await fs.rm(root, { recursive: true, force: true });
  });

  /** All pages of a query. */
  async function read(query: Query): Promise<ArqonMessage[]> {
    const messages: ArqonMessage[] = [];
    let from = query.fromSequence ?? 0n;
    for (;;) {
      const value = { filter: ">", ...query, fromSequence: from };
      const { op } = await client.ask({ case: "historyGet", value });
      if (op.case !== "historyPage") throw new Error(`answered by ${op.case}`);
      const page = op.value.messages.map((bytes) => decodeMessage(bytes));
      expect(page.length).toBeLessThanOrEqual(Math.min(query.limit || Number.POSITIVE_INFINITY, 1_000));
      const bytes = op.value.messages.reduce((sum, one) => sum + one.length, 0);
      if (page.length > 1) expect(bytes).toBeLessThanOrEqual(LIMITS.historyPageBytes);
      messages.push(...page);
      const next = op.value.nextSequence;
      if (next === 0n) return messages;
      expect(next).toBeGreaterThan(page.at(-1)?.sequence ?? from);
      from = next;
    }
  }

  const ids = (messages: readonly { readonly id: string }[]): string[] => messages.map(({ id }) => id);

  test("everything that was acknowledged is there once, in order, with numbers left out between", async () => {
    expect(ids(await read({}))).toEqual(ids(all));
    expect(all.some(({ sequence }, i) => i > 0 && sequence > (all[i - 1] as Kept).sequence + 1n)).toBe(true);
    expect(all.some(({ timeUs }, i) => i > 0 && timeUs === (all[i - 1] as Kept).timeUs)).toBe(true);
  });

  test("any range, filter and page size gives what an oracle gives", async () => {
    // Bounds lie on messages, beside them, and far out.
    const sequence = fc.oneof(
      fc.constant(0n),
      fc.tuple(fc.nat(MESSAGES - 1), fc.integer({ min: -1, max: 1 })).map(([i, by]) => {
        const near = (all[i] as Kept).sequence + BigInt(by);
        return near > 0n ? near : 0n;
      }),
      fc.constantFrom(2n ** 53n - 1n, 2n ** 60n, 2n ** 64n - 1n),
    );
    const time = fc.oneof(
      fc.constant(0n),
      fc
        .tuple(fc.nat(MESSAGES - 1), fc.integer({ min: -1, max: 1 }))
        .map(([i, by]) => (all[i] as Kept).timeUs + BigInt(by)),
      fc.constantFrom(1n, 2n ** 53n, 2n ** 64n - 1n),
    );
    const query = fc.record(
      {
        filter: filters,
        fromSequence: sequence,
        toSequence: sequence,
        fromUnixUs: time,
        toUnixUs: time,
        limit: fc.constantFrom(1, 2, 7, 50, 399, 400, 401, 1_000, 5_000),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(query, async (one) => {
        expect(ids(await read(one))).toEqual(ids(wanted(all, one)));
      }),
      { numRuns: 150 },
    );
  });

  test("ends are as the protocol says: sequences inclusive, the later time exclusive", async () => {
    const [a, b] = [all[100], all[200]] as [Kept, Kept];
    const bySequence = await read({ fromSequence: a.sequence, toSequence: b.sequence });
    expect([bySequence[0]?.id, bySequence.at(-1)?.id]).toEqual([a.id, b.id]);
    const byTime = await read({ fromUnixUs: a.timeUs, toUnixUs: b.timeUs });
    expect(byTime[0]?.timestampUnixUs).toBe(a.timeUs);
    expect((byTime.at(-1)?.timestampUnixUs ?? 0n) < b.timeUs).toBe(true);
    expect(await read({ fromUnixUs: a.timeUs, toUnixUs: a.timeUs })).toEqual([]);
    expect(await read({ fromSequence: b.sequence, toSequence: a.sequence })).toEqual([]);
  });
});
