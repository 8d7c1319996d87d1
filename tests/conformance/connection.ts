/** Scenarios of a connection that breaks. */
import type { JsonObject } from "@arqon/core/base";
import { beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "./driver.ts";
import type { FragileWire } from "./proxy.ts";
import { receive, receiveAll, type World } from "./world.ts";

/** Runs for each SDK; what breaks is in front of it, and what it must not miss happens behind its back. */
export function describeConnection(world: () => World, agent: () => Agent): void {
  describe("a connection that breaks", () => {
    let proxy: FragileWire & { url: string };
    let fragile: string;
    let steady: string;
    beforeAll(async () => {
      proxy = await world().proxy();
      fragile = await world().connect(agent(), "alice", { url: proxy.url });
      steady = await world().connect(agent(), "bob");
    });
    const publish = (topic: string, value: number): Promise<JsonObject> =>
      agent().call<JsonObject>("publish", {
        client: steady,
        topic,
        payload: { json: value },
        durability: "logged",
      });
    const values = (messages: readonly { payload: object }[]): unknown[] =>
      messages.map(({ payload }) => (payload as { json: unknown }).json);
    /** Whether the client has noticed: the proxy has seen it come back. */
    const back = async (count: number): Promise<void> => {
      await expect.poll(() => proxy.count, { timeout: 30_000 }).toBeGreaterThan(count);
      await agent().call("flush", { client: fragile });
    };

    test("subscriptions are there again, with their groups", async () => {
      const topic = `${world().name("lab")}.sensor.read`;
      const [plain, grouped] = [world().name("sub"), world().name("sub")];
      await agent().call("subscribe", { client: fragile, sub: plain, filter: topic });
      await agent().call("subscribe", { client: fragile, sub: grouped, filter: topic, queueGroup: "g" });
      await publish(topic, 1);
      for (const sub of [plain, grouped]) expect(values(await receive(agent(), sub, 1))).toEqual([1]);
      const { count } = proxy;
      proxy.cut();
      await back(count);
      await publish(topic, 2);
      for (const sub of [plain, grouped]) expect(values(await receive(agent(), sub, 1))).toEqual([2]);
    });

    test("a subscription from a sequence misses nothing and repeats nothing", async () => {
      const topic = `${world().name("lab")}.sensor.read`;
      const first = (await publish(topic, 0)) as unknown as { sequence: number };
      for (let i = 1; i < 10; i++) await publish(topic, i);
      const sub = world().name("sub");
      await agent().call("subscribe", { client: fragile, sub, filter: topic, fromSequence: first.sequence });
      for (let i = 10; i < 20; i++) await publish(topic, i);
      const { count } = proxy;
      proxy.refuse(true);
      proxy.cut();
      for (let i = 20; i < 30; i++) await publish(topic, i);
      proxy.refuse(false);
      await back(count);
      for (let i = 30; i < 40; i++) await publish(topic, i);
      expect(values(await receive(agent(), sub, 40))).toEqual(Array.from({ length: 40 }, (_, i) => i));
      expect(await receiveAll(agent(), fragile, sub)).toEqual([]);
    });

    test("what was not acknowledged is sent again, and kept once", async () => {
      const topic = `${world().name("lab")}.sensor.read`;
      const { count } = proxy;
      const sending = Array.from({ length: 50 }, (_, i) =>
        agent().call<JsonObject>("publish", {
          client: fragile,
          topic,
          payload: { json: i },
          durability: "logged",
        }),
      );
      proxy.cut();
      await back(count);
      const acks = (await Promise.all(sending)) as unknown as { sequence: number }[];
      const { messages } = await agent().call("history", { client: steady, filter: topic });
      const kept = (messages as unknown as { payload: object; sequence: number }[]).toSorted(
        (a, b) => Number(values([a])[0]) - Number(values([b])[0]),
      );
      expect(values(kept)).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(kept.map(({ sequence }) => sequence)).toEqual(acks.map(({ sequence }) => sequence));
    });

    test("a result is waited for across the break", async () => {
      const topic = `${world().name("work")}.jobs`;
      const operator = world().name("operator");
      await agent().call("operate", { client: steady, operator, topic, behaviour: { kind: "gate" } });
      const job = { client: fragile, topic, schema: "lab.work.job.v1", program: "p" };
      const { jobId = "" } = await agent().call("submit", job);
      const result = agent().call("result", { client: fragile, jobId, timeoutMs: 30_000 });
      await agent().call("flush", { client: fragile });
      const { count } = proxy;
      proxy.cut();
      await back(count);
      await agent().call("release", { operator });
      expect(await result).toMatchObject({ status: "SUCCEEDED", attempt: 1 });
    });

    test("an operator that comes back is given its job again, as another attempt", async () => {
      const topic = `${world().name("work")}.jobs`;
      const operator = world().name("operator");
      await agent().call("operate", { client: fragile, operator, topic, behaviour: { kind: "gate" } });
      const job = { client: steady, topic, schema: "lab.work.job.v1", program: "p" };
      const { jobId = "" } = await agent().call("submit", job);
      const attempts = async (): Promise<number[]> => {
        const { jobs } = await agent().call<{ jobs: { attempt: number }[] }>("operated", { operator });
        return jobs.map(({ attempt }) => attempt);
      };
      await expect.poll(attempts, { timeout: 30_000 }).toEqual([1]);
      proxy.cut();
      await expect.poll(attempts, { timeout: 30_000 }).toEqual([1, 2]);
      await agent().call("release", { operator });
      const state = await agent().call("result", { client: steady, jobId, timeoutMs: 30_000 });
      expect(state).toMatchObject({ status: "SUCCEEDED", attempt: 2 });
      await agent().call("drain", { operator });
    });
  });
}
