import { systemTimer } from "@arqon/core/base";
import { Durability, JobSchema, MessageType, messageWith } from "@arqon/core/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { faultEngine } from "./engine/index.ts";
import type { Bus } from "./front.ts";
import { newId, TestClient, testBus, textOf } from "./testing.ts";

let bus: Bus;
beforeEach(async () => {
  bus = await testBus({ limits: { shield: { publishMessages: 20, outboundBytes: 1_000_000 } } });
});
afterEach(() => bus.close());

const settle = (client: TestClient) => client.ask({ case: "ping", value: { sentUnixUs: 0n } });
const credited = (messages: number, bytes = 1_000_000n) =>
  TestClient.connect(bus.url, "lab", {
    features: ["credit", "unheard-of"],
    receiveMessages: messages,
    receiveBytes: bytes,
  });
const grant = (client: TestClient, messages: number, bytes = 1_000_000n): void => {
  client.request({ case: "credit", value: { messages, bytes } });
};
/** Texts received on a topic so far, taken. */
async function texts(client: TestClient, topic = "lab.a.b"): Promise<string[]> {
  await settle(client);
  const found = client.messages.filter((message) => message.topic === topic);
  for (const message of found) client.messages.splice(client.messages.indexOf(message), 1);
  return found.map(textOf);
}

describe("a client that grants credit", () => {
  test("is told what was agreed, and what it may publish", async () => {
    const client = await TestClient.open(bus.url);
    const { op } = await client.ask({
      case: "hello",
      value: { versionMin: 1, versionMax: 1, apiKey: "key-lab", features: ["credit", "unheard-of"] },
    });
    expect(op.value).toMatchObject({ features: ["credit"], publishMessages: 20, publishBytes: 8_388_608n });
  });

  test("is delivered no more than it granted, in order, and nothing twice", async () => {
    const client = await credited(3);
    await client.subscribe(1, "lab.>");
    const publisher = await TestClient.connect(bus.url);
    for (let i = 0; i < 10; i++) publisher.publish("lab.a.b", String(i));
    await settle(publisher);
    expect(await texts(client)).toEqual(["0", "1", "2"]);
    grant(client, 2);
    expect(await texts(client)).toEqual(["3", "4"]);
    grant(client, 100);
    expect(await texts(client)).toEqual(["5", "6", "7", "8", "9"]);
    publisher.publish("lab.a.b", "10");
    await settle(publisher);
    expect(await texts(client)).toEqual(["10"]);
  });

  test("that grants nothing is answered all the same, and holds up nobody", async () => {
    const client = await credited(0, 0n);
    await client.subscribe(1, "lab.>");
    const other = await TestClient.connect(bus.url);
    await other.subscribe(1, "lab.>");
    client.publish("lab.a.b", "mine", { durability: Durability.LOGGED });
    await client.op(({ op }) => op.case === "publishAck");
    await other.on("lab.a.b");
    const { op } = await client.ask({ case: "historyGet", value: { filter: "lab.>" } });
    expect(op.case === "historyPage" && op.value.messages.length).toBe(1);
    expect(await texts(client)).toEqual([]);
    grant(client, 1);
    expect(await texts(client)).toEqual(["mine"]);
  });

  test("counts bytes too: what does not fit waits for more", async () => {
    const client = await credited(100, 500n);
    await client.subscribe(1, "lab.>");
    const publisher = await TestClient.connect(bus.url);
    for (const text of ["a", "b", "c", "d"]) publisher.publish("lab.a.b", text.repeat(200));
    await settle(publisher);
    const first = await texts(client);
    expect(first.length).toBe(1);
    grant(client, 0, 500n);
    expect((await texts(client)).length).toBeGreaterThanOrEqual(1);
    grant(client, 0, 10_000n);
    await settle(client);
    grant(client, 0, 18_446_744_073_709_551_615n);
    publisher.publish("lab.a.b", "z");
    await settle(publisher);
    expect((await texts(client)).at(-1)).toBe("z");
  });

  test("that falls behind loses the oldest ephemeral messages, and their exact count is told", async () => {
    const client = await credited(1);
    await client.subscribe(1, "lab.>");
    const publisher = await TestClient.connect(bus.url);
    const count = 3_000;
    for (let i = 0; i < count; i++) {
      publisher.publish("lab.a.b", `${i} ${"x".repeat(1_000)}`);
      if (i % 100 === 0) await settle(publisher);
    }
    await settle(publisher);
    const { dropped } = bus.stats();
    expect(dropped).toBeGreaterThan(1_000);
    grant(client, 100_000, 1_000_000_000n);
    const notice = await client.next((message) => message.dropped > 0n);
    const received = (await texts(client)).map((text) => Number(text.split(" ")[0]));
    expect(Number(notice.dropped)).toBe(dropped);
    expect(received.length + dropped).toBe(count);
    expect(received[0]).toBe(0);
    expect(received.slice(1)).toEqual(Array.from({ length: received.length - 1 }, (_, i) => dropped + 1 + i));
  });

  test("loses no logged message: they wait in the log, however many, until it grants more", async () => {
    const client = await credited(1);
    await client.subscribe(1, "lab.>");
    const publisher = await TestClient.connect(bus.url);
    const publish = async (text: string): Promise<void> => {
      publisher.publish("lab.a.b", text, { durability: Durability.LOGGED });
      await publisher.op(({ op }) => op.case === "publishAck");
    };
    for (let i = 0; i < 30; i++) await publish(String(i));
    grant(client, 1_000);
    for (let i = 0; i < 30; i++) expect(textOf(await client.on("lab.a.b"))).toBe(String(i));
    const stuck = await credited(0);
    await stuck.subscribe(1, "lab.>");
    for (let i = 0; i < 30; i++) await publish("x".repeat(60_000));
    expect(await texts(stuck)).toEqual([]);
    expect((await texts(client)).length).toBe(30);
    for (let i = 0; i < 30; i++) {
      grant(stuck, 1);
      expect(textOf(await stuck.on("lab.a.b"))).toBe("x".repeat(60_000));
    }
  });

  test("is given no shared work while something waits for its credit", async () => {
    const stuck = await credited(0);
    await stuck.subscribe(1, "lab.>", "g");
    await stuck.subscribe(2, "lab.a.b");
    const free = await TestClient.connect(bus.url);
    await free.subscribe(1, "lab.>", "g");
    const publisher = await TestClient.connect(bus.url);
    for (let i = 0; i < 10; i++) publisher.publish("lab.a.b", String(i));
    await settle(publisher);
    expect((await texts(free)).length).toBeGreaterThanOrEqual(9);
    const worker = await credited(0);
    await worker.subscribe(1, "other.jobs", "g", 1);
    const job = messageWith({ id: newId(), topic: "other.jobs", type: MessageType.JOB }, JobSchema, {
      capsule: { schema: "test.v1" },
    });
    publisher.send(job);
    await publisher.op(({ op }) => op.case === "publishAck");
    await settle(worker);
    grant(worker, 1);
    expect((await worker.next((message) => message.id === job.id)).attempt).toBe(1);
  });

  test("may send one Credit after the other without end", async () => {
    const client = await credited(0);
    for (let i = 0; i < 5_000; i++) grant(client, 4_294_967_295, 18_446_744_073_709_551_615n);
    await client.subscribe(1, "lab.>");
    client.publish("lab.a.b", "x");
    await client.on("lab.a.b");
  });
});

describe("a publisher with credit", () => {
  test("is granted what it used, from half of its window on", async () => {
    const client = await credited(100);
    const granted = () =>
      client
        .op(({ op }) => op.case === "credit")
        .then(({ op }) => (op.case === "credit" ? op.value : undefined));
    for (let i = 0; i < 9; i++) client.publish("lab.a.b", "x");
    await settle(client);
    expect(client.messages).toEqual([]);
    client.publish("lab.a.b", "x");
    expect(await granted()).toMatchObject({ messages: 10 });
    // What is refused was sent all the same.
    for (let i = 0; i < 10; i++) client.publish("not a topic", "x");
    expect(await granted()).toMatchObject({ messages: 10 });
  });

  test("that keeps to its window publishes without end; one that does not is slowed down and loses nothing", async () => {
    const reader = await TestClient.connect(bus.url);
    await reader.subscribe(1, "lab.>");
    const client = await credited(100);
    let left = 20;
    for (let i = 0; i < 500; i++) {
      if (left === 0) {
        const { op } = await client.op((answer) => answer.op.case === "credit");
        if (op.case === "credit") left += op.value.messages;
      }
      left--;
      client.publish("lab.a.b", String(i));
    }
    for (let i = 500; i < 1_000; i++) client.publish("lab.a.b", String(i));
    await settle(client);
    expect(await texts(reader)).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
  });

  test("is granted nothing while the log has to catch up", async () => {
    await bus.close();
    let release = (): void => {};
    const engine = faultEngine(1, systemTimer());
    const openLog = engine.openLog.bind(engine);
    engine.openLog = async (name) => {
      const log = await openLog(name);
      const append = log.append.bind(log);
      const held = new Promise<void>((done) => {
        release = done;
      });
      log.append = (...args) => held.then(() => append(...args));
      return log;
    };
    bus = await testBus({
      engine,
      limits: { shield: { publishMessages: 20 }, maxCommitBytes: 2_000 },
    });
    const client = await credited(100);
    for (let i = 0; i < 20; i++)
      client.publish("lab.a.b", "x".repeat(500), { durability: Durability.LOGGED });
    const other = await TestClient.connect(bus.url);
    for (let i = 0; i < 5; i++) await settle(other);
    expect(client.messages).toEqual([]);
    release();
    await client.op(({ op }) => op.case === "credit");
  });
});
