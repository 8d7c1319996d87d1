/** One client that loses its connection again and again under load: nothing is missed, nothing comes twice. */
import type { JsonObject } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import type { Agent } from "./driver.ts";
import { receive, type World } from "./world.ts";

/** Reconnects of one run; `ARQON_RECONNECTS=1000` is what must hold before a release. */
export const RECONNECTS: number = Number(process.env["ARQON_RECONNECTS"] ?? 10);
/** Publications on their way at any time, of each publisher. */
const WINDOW = 20;

/** Publishes numbers with a window until told to stop. Resolves with how many there were. */
async function pump(
  agent: Agent,
  client: string,
  topic: string,
  by: string,
  stop: AbortSignal,
): Promise<number> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (!stop.aborted) {
      const payload = { json: { by, i: next++ } };
      await agent.call("publish", { client, topic, payload, durability: next % 10 ? "logged" : "synced" });
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, one));
  return next;
}

/** Runs for each SDK. */
export function describeReconnect(world: () => World, agent: () => Agent): void {
  describe("a connection that breaks again and again", () => {
    test(`after ${RECONNECTS} reconnects under load every message came once and in order`, {
      timeout: 180_000 + 5_000 * RECONNECTS,
    }, async () => {
      const proxy = await world().proxy();
      const options = { reconnectMs: [2, 20] };
      const fragile = await world().connect(agent(), "alice", { ...options, url: proxy.url });
      const steady = await world().connect(agent(), "bob", options);
      const topic = `${world().name("lab")}.sensor.read`;
      const sub = world().name("sub");
      await agent().call("subscribe", { client: fragile, sub, filter: topic, fromSequence: 0 });
      const stop = new AbortController();
      const pumps = [
        pump(agent(), steady, topic, "steady", stop.signal),
        pump(agent(), fragile, topic, "fragile", stop.signal),
      ];
      const seen: JsonObject[] = [];
      const sequences: number[] = [];
      const take = async (count: number, timeoutMs: number): Promise<number> => {
        const messages = await receive(agent(), sub, count, timeoutMs);
        for (const { payload, sequence } of messages) {
          seen.push((payload as { json: JsonObject }).json);
          sequences.push(sequence);
        }
        return messages.length;
      };
      const first = proxy.count;
      // Sometimes in the middle of the handshake, sometimes while history is read, sometimes later.
      for (let cut = 0; proxy.count - first < RECONNECTS; cut++) {
        const { count } = proxy;
        proxy.cut();
        await expect.poll(() => proxy.count, { timeout: 30_000, interval: 1 }).toBeGreaterThan(count);
        await take(10_000, (cut * 7) % 40);
      }
      stop.abort();
      const published = (await Promise.all(pumps)).reduce((a, b) => a + b);
      while (seen.length < published && (await take(1_000, 30_000)) > 0);
      await agent().call("flush", { client: fragile });
      await take(1_000, 200);
      expect(seen.length).toBe(published);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
      expect(new Set(sequences).size).toBe(published);
      for (const by of ["steady", "fragile"]) {
        const numbers = seen.filter((each) => each["by"] === by).map(({ i }) => Number(i));
        expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from(numbers, (_, i) => i));
      }
      console.info(
        `${agent().name}: ${proxy.count - first} reconnects, ${published} messages, none missed, none twice`,
      );
      for (const client of [fragile, steady]) await agent().call("close", { client });
    });
  });
}
