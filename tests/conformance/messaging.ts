/** Scenarios of messages: what one client publishes, and what another sees of it. */
import { createHash } from "node:crypto";
import type { JsonObject } from "@arqon/core/base";
import { beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "./driver.ts";
import { receive, receiveAll, type World } from "./world.ts";

const base64 = (bytes: number): string =>
  Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => i % 251)).toString("base64");

/** Runs with every pair of SDKs, one publishing and one receiving. */
export function describeMessaging(world: () => World, near: () => Agent, far: () => Agent): void {
  describe("messages", () => {
    let alice: string;
    let bob: string;
    beforeAll(async () => {
      alice = await world().connect(near(), "alice");
      bob = await world().connect(far(), "bob");
    });

    const subscribe = async (filter: string, more: object = {}): Promise<string> => {
      const sub = world().name("sub");
      await far().call("subscribe", { client: bob, sub, filter, ...more });
      return sub;
    };
    const publish = (topic: string, more: object = {}): Promise<{ id: string; sequence: number }> =>
      near().call("publish", {
        client: alice,
        topic,
        payload: { text: "x" },
        durability: "logged",
        ...more,
      }) as never;

    test("the envelope arrives with the fields the proto names, stamped by the bus", async () => {
      const topic = `${world().name("lab")}.sensor.read`;
      const sub = await subscribe(topic);
      const id = world().newId();
      const trace = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
      const before = Date.now() * 1000;
      const published = await publish(topic, {
        id,
        trace,
        schema: "lab.reading.v1",
        replyTo: "lab.reply.here",
        payload: { json: { celsius: 4.25, tags: ["a", null, true], n: -1e-7 } },
        durability: "synced",
      });
      const [message] = await receive(far(), sub, 1);
      expect(message).toEqual({
        id,
        topic,
        trace,
        sequence: published.sequence,
        producer: "alice",
        reality: "main",
        timestampUs: expect.any(Number),
        type: "EVENT",
        schema: "lab.reading.v1",
        durability: "SYNCED",
        replyTo: "lab.reply.here",
        payload: { json: { celsius: 4.25, tags: ["a", null, true], n: -1e-7 } },
      });
      expect(Math.abs((message?.timestampUs ?? 0) - before)).toBeLessThan(60_000_000);
    });

    test.each([
      ["text", { text: "grüße 漢字 🧪 \u0000 end" }],
      ["empty text", { text: "" }],
      ["JSON with every kind of value", { json: { "ключ 🔑": [0, -1, 1.5, "ß", false, null, {}, []] } }],
      ["JSON null", { json: null }],
      ["JSON text", { json: "a string" }],
      ["no bytes", { base64: "" }],
      ["bytes", { base64: base64(256) }],
      ["500 KB", { base64: base64(500_000) }],
    ])("a payload of %s arrives as it was", async (_, payload) => {
      const topic = `${world().name("lab")}.payload.sent`;
      const sub = await subscribe(topic);
      for (const durability of ["ephemeral", "logged"]) await publish(topic, { payload, durability });
      const received = (await receive(far(), sub, 2)).map((message) => message.payload);
      const digest = (value: unknown): string =>
        createHash("sha256").update(JSON.stringify(value)).digest("hex");
      expect(received.map(digest)).toEqual([digest(payload), digest(payload)]);
    });

    test("wildcards match whole tokens, and each subscription that matches gets a message once", async () => {
      const lab = world().name("lab");
      const filters = [`${lab}.>`, `${lab}.*.read`, `${lab}.a.read`, `*.a.read`, `${lab}.a.*.deep`];
      const subs = await Promise.all(filters.map((filter) => subscribe(filter)));
      for (const topic of ["a.read", "b.read", "a.write", "a.b.deep"]) await publish(`${lab}.${topic}`);
      await near().call("flush", { client: alice });
      const seen = await Promise.all(subs.map((sub) => receiveAll(far(), bob, sub)));
      const topics = seen.map((messages) => messages.map(({ topic }) => topic.slice(lab.length + 1)));
      expect(topics).toEqual([
        ["a.read", "b.read", "a.write", "a.b.deep"],
        ["a.read", "b.read"],
        ["a.read"],
        ["a.read"],
        ["a.b.deep"],
      ]);
    });

    test("members of a queue group share the messages, each goes to exactly one", async () => {
      const topic = `${world().name("lab")}.work.item`;
      const carol = await world().connect(near(), "bob");
      const one = await subscribe(topic, { queueGroup: "crew" });
      const two = world().name("sub");
      await near().call("subscribe", { client: carol, sub: two, filter: topic, queueGroup: "crew" });
      const all = await subscribe(topic);
      for (let i = 0; i < 20; i++) await publish(topic, { payload: { json: i } });
      await near().call("flush", { client: alice });
      const shared = [...(await receiveAll(far(), bob, one)), ...(await receiveAll(near(), carol, two))];
      expect(shared.map(({ payload }) => payload["json"]).sort((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 20 }, (_, i) => i),
      );
      expect(await receiveAll(far(), bob, all)).toHaveLength(20);
      await near().call("close", { client: carol });
    });

    test("after unsubscribing nothing arrives any more", async () => {
      const topic = `${world().name("lab")}.sensor.read`;
      const gone = await subscribe(topic);
      const stays = await subscribe(topic);
      await far().call("unsubscribe", { sub: gone });
      await publish(topic);
      expect(await receive(far(), stays, 1)).toHaveLength(1);
      expect(await receive(far(), gone, 1, 100)).toHaveLength(0);
    });

    test("an acknowledged id is kept once, and its repetition is told so", async () => {
      const topic = `${world().name("lab")}.once.only`;
      const sub = await subscribe(topic);
      const id = world().newId();
      const first = await publish(topic, { id });
      const again = await publish(topic, { id });
      expect(again).toEqual({ ...first, duplicate: true });
      expect(first).toMatchObject({ id, duplicate: false });
      expect(await receiveAll(far(), bob, sub)).toHaveLength(1);
    });

    test("sequences rise strictly, for all publishers of a Reality together", async () => {
      const topic = `${world().name("lab")}.count.up`;
      const sub = await subscribe(topic);
      const publishBob = (): Promise<JsonObject> =>
        far().call<JsonObject>("publish", {
          client: bob,
          topic,
          payload: { text: "y" },
          durability: "synced",
        });
      const acks = await Promise.all(
        Array.from({ length: 40 }, (_, i) => (i % 2 ? publish(topic) : publishBob())),
      );
      const seen = (await receive(far(), sub, 40)).map(({ sequence }) => sequence);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(new Set(seen)).toEqual(
        new Set(acks.map((ack) => (ack as unknown as { sequence: number }).sequence)),
      );
    });

    test("a request gets its reply, an error included, and learns when nobody serves", async () => {
      const topic = `${world().name("lab")}.echo.ask`;
      const request = (where: string): Promise<JsonObject> =>
        near().call<JsonObject>("request", {
          client: alice,
          topic: where,
          payload: { json: { q: 1 } },
          timeoutMs: 30_000,
        });
      await far().call("respond", { client: bob, responder: world().name("sub"), topic, mode: "echo" });
      expect(await Promise.all([request(topic), request(topic)])).toEqual(
        Array.from({ length: 2 }, () => ({ payload: { json: { q: 1 } } })),
      );
      const failing = `${world().name("lab")}.fail.ask`;
      const responder = world().name("sub");
      await far().call("respond", {
        client: bob,
        responder,
        topic: failing,
        mode: "fail",
        queueGroup: "one",
      });
      await expect(request(failing)).rejects.toMatchObject({
        code: "CAPABILITY_REFUSED",
        message: expect.stringContaining("refused as told"),
      });
      await expect(request(`${world().name("lab")}.nobody.home`)).rejects.toMatchObject({
        code: "NO_RESPONDER",
      });
    });

    test("history pages by sequence and by time, in order, without a hole", async () => {
      const lab = world().name("lab");
      const acks: { sequence: number }[] = [];
      for (let i = 0; i < 25; i++) acks.push(await publish(`${lab}.log.line`, { payload: { json: i } }));
      await publish(`${lab}.other.line`);
      const read = async (more: object): Promise<unknown[]> => {
        const args = { client: bob, filter: `${lab}.log.*`, pageSize: 4, ...more };
        const { messages } = await far().call("history", args);
        return (messages as { payload: { json: number } }[]).map(({ payload }) => payload.json);
      };
      const range = (from: number, to: number): number[] =>
        Array.from({ length: to - from }, (_, i) => from + i);
      expect(await read({})).toEqual(range(0, 25));
      const at = (i: number): number => acks[i]?.sequence ?? 0;
      expect(await read({ fromSequence: at(5), toSequence: at(20) })).toEqual(range(5, 21));
      expect(await read({ fromSequence: at(5), max: 6 })).toEqual(range(5, 11));
      const { messages } = await far().call("history", { client: bob, filter: `${lab}.log.*` });
      const times = (messages as { timestampUs: number }[]).map(({ timestampUs }) => timestampUs);
      const [fromUs = 0, toUs = 0] = [times[3], times[17]];
      expect(await read({ fromUs, toUs })).toEqual(
        range(0, 25).filter((i) => (times[i] ?? 0) >= fromUs && (times[i] ?? 0) < toUs),
      );
    });

    test("refusals carry the code of the catalogue, and others do not notice", async () => {
      const topic = `${world().name("lab")}.sensor.read`;
      const sub = await subscribe(topic);
      const guest = await world().connect(near(), "guest");
      const asGuest = { client: guest, payload: { text: "x" }, durability: "logged" };
      const codes = async (attempt: Promise<unknown>): Promise<string> =>
        attempt.then(() => "no error").catch((thrown) => thrown.code);
      expect(await codes(publish("two.tokens"))).toBe("TOPIC_INVALID");
      expect(await codes(publish("lab.*.read"))).toBe("TOPIC_INVALID");
      expect(await codes(publish(topic, { id: "not-a-uuid" }))).toBe("UUID_INVALID");
      expect(await codes(publish(topic, { payload: { base64: base64(1_500_000) } }))).toBe("WIRE_TOO_LARGE");
      expect(await codes(near().call("publish", { ...asGuest, topic }))).toBe("PERMISSION_DENIED");
      for (const filter of [topic, ">", "inbox.>"]) {
        const denied = near().call("subscribe", { client: guest, sub: world().name("sub"), filter });
        expect(await codes(denied)).toBe("PERMISSION_DENIED");
      }
      const badFilter = { client: guest, sub: world().name("sub"), filter: "guest.>.read" };
      expect(await codes(near().call("subscribe", badFilter))).toBe("TOPIC_INVALID");
      expect(await codes(near().call("history", { client: guest, filter: ">" }))).toBe("PERMISSION_DENIED");
      expect(await codes(near().call("publish", { ...asGuest, topic: "guest.may.speak" }))).toBe("no error");
      await publish(topic);
      expect(await receiveAll(far(), bob, sub)).toHaveLength(1);
    });

    test("a wrong key is refused at the door", async () => {
      const apiKey = "key-nobody";
      const attempt = near().call("connect", {
        client: world().name("client"),
        url: world().bus.url,
        apiKey,
      });
      await expect(attempt).rejects.toMatchObject({ code: "AUTH_REQUIRED" });
    });

    test("Realities do not see each other", async () => {
      const topic = `${world().name("lab")}.sensor.read`;
      const elsewhere = await world().connect(near(), "alice", { reality: world().name("other") });
      const sub = await subscribe(topic);
      await near().call("publish", {
        client: elsewhere,
        topic,
        payload: { text: "x" },
        durability: "logged",
      });
      expect(await receiveAll(far(), bob, sub)).toEqual([]);
    });
  });
}
