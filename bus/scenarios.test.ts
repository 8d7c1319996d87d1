import { Durability, MessageType } from "@arqon/core/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Bus } from "./front.ts";
import { TestClient, testBus, textOf } from "./testing.ts";

let bus: Bus;
beforeEach(async () => {
  bus = await testBus();
});
afterEach(async () => {
  await bus.close();
});

describe("publish and subscribe", () => {
  test("a message reaches every subscriber once, stamped, however many of its filters match", async () => {
    const a = await TestClient.connect(bus.url);
    const b = await TestClient.connect(bus.url, "other");
    expect((await b.subscribe(1, "lab.*.read")).op.case).toBe("done");
    await b.subscribe(2, "lab.>");
    const id = a.publish("lab.sensor.read", "hello");
    const message = await b.on("lab.sensor.read");
    expect(message.id).toBe(id);
    expect(textOf(message)).toBe("hello");
    expect(message.producerId).toBe("lab");
    expect(message.realityId).toBe("main");
    expect(message.sequence).toBeGreaterThan(0n);
    a.publish("lab.sensor.stop", "end");
    await b.on("lab.sensor.stop");
    expect(b.messages).toEqual([]);
  });

  test("a durable message is acknowledged, and its repetition is a duplicate with the same sequence", async () => {
    const a = await TestClient.connect(bus.url);
    const id = a.publish("lab.sensor.read", "kept", { durability: Durability.SYNCED });
    const first = await a.op((op) => op.op.case === "publishAck");
    a.publish("lab.sensor.read", "kept", { durability: Durability.SYNCED, id });
    const second = await a.op((op) => op.op.case === "publishAck");
    expect(first.op.value).toMatchObject({ messageId: id, duplicate: false, durability: Durability.SYNCED });
    expect(second.op.value).toMatchObject({ messageId: id, duplicate: true });
    const page = await a.ask({ case: "historyGet", value: { filter: "lab.>" } });
    expect(page.op.case).toBe("historyPage");
    if (page.op.case === "historyPage") expect(page.op.value.messages).toHaveLength(1);
  });

  test("members of a queue group share messages in turn", async () => {
    const a = await TestClient.connect(bus.url);
    const members = await Promise.all([1, 2].map(() => TestClient.connect(bus.url)));
    for (const member of members) await member.subscribe(7, "lab.work.do", "group");
    for (let i = 0; i < 4; i++) a.publish("lab.work.do", String(i));
    for (const member of members) {
      for (let i = 0; i < 2; i++) expect((await member.on("lab.work.do")).subscription).toBe(7);
      expect(member.messages).toEqual([]);
    }
  });

  test("a request is answered in the inbox of its connection, and a request nobody serves says so", async () => {
    const a = await TestClient.connect(bus.url);
    await a.subscribe(1, `inbox.${a.connectionId}.>`);
    const replyTo = `inbox.${a.connectionId}.1`;
    a.publish("sys.registry.list", "", { replyTo });
    expect((await a.on(replyTo)).type).toBe(MessageType.EVENT);
    a.publish("lab.nobody.home", "", { replyTo });
    expect((await a.op((op) => op.op.case === "error")).op.value).toMatchObject({ code: "NO_RESPONDER" });
  });
});
