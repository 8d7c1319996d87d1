import { encodeMessage, JobSchema, MessageType, messageWith } from "@arqon/core/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Bus } from "./front.ts";
import { JSON_SUBPROTOCOL } from "./shield/index.ts";
import { newId, TestClient, testBus } from "./testing.ts";

let bus: Bus;
beforeEach(async () => {
  bus = await testBus();
});
afterEach(() => bus.close());

type Message = { [name: string]: unknown };
interface Answer {
  readonly corr?: string;
  readonly welcome?: Message;
  readonly done?: Message;
  readonly error?: Message;
  readonly publishAck?: Message;
  readonly historyPage?: Message;
}

/** What a page in a browser would write: a WebSocket, JSON and nothing of ours. */
class Page {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  closeCode: number | undefined;
  #corr = 0;
  #waiting: (() => void)[] = [];

  private constructor() {
    this.socket = new WebSocket(bus.url, [JSON_SUBPROTOCOL], { perMessageDeflate: false });
    this.socket.on("message", (data, isBinary) => {
      expect(isBinary).toBe(false);
      this.messages.push(JSON.parse(data.toString()));
      this.#wake();
    });
    this.socket.on("close", (code) => {
      this.closeCode = code;
      this.#wake();
    });
    this.socket.on("error", () => {});
  }

  static async connect(hello: Message = {}): Promise<Page> {
    const page = new Page();
    await new Promise((done) => page.socket.once("open", done));
    const { welcome } = await page.ask("hello", {
      versionMin: 1,
      versionMax: 1,
      apiKey: "key-lab",
      ...hello,
    });
    expect(welcome).toMatchObject({ version: 1, principal: "lab", reality: "main" });
    return page;
  }

  send(message: Message): void {
    this.socket.send(JSON.stringify({ id: newId(), ...message }));
  }

  async ask(verb: string, value: Message): Promise<Answer> {
    const corr = String(++this.#corr);
    this.send({
      topic: `sys.session.${verb}`,
      type: "MESSAGE_TYPE_CONTROL",
      payload: { "@type": "type.googleapis.com/arqon.v1.Op", corr, [verb]: value },
    });
    return this.op((op) => op.corr === corr);
  }

  publish(topic: string, value: unknown, more: Message = {}): void {
    this.send({
      topic,
      type: "MESSAGE_TYPE_EVENT",
      payload: { "@type": "type.googleapis.com/google.protobuf.Value", value },
      ...more,
    });
  }

  async next(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.messages.findIndex(fits);
      if (at >= 0) return this.messages.splice(at, 1)[0] as Message;
      if (this.closeCode !== undefined) throw new Error(`closed with ${this.closeCode}`);
      await new Promise<void>((done) => this.#waiting.push(done));
    }
  }

  async op(fits: (op: Answer) => boolean): Promise<Answer> {
    const message = await this.next(
      ({ topic, payload }) => String(topic).startsWith("sys.session.") && fits(payload as Answer),
    );
    return message["payload"] as Answer;
  }

  async closed(): Promise<number> {
    while (this.closeCode === undefined) await new Promise<void>((done) => this.#waiting.push(done));
    return this.closeCode;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call();
  }
}

describe("a page that speaks JSON", () => {
  test("exchanges messages with itself, with another page and with a binary client", async () => {
    const page = await Page.connect();
    const other = await Page.connect();
    const binary = await TestClient.connect(bus.url);
    for (const one of [page, other])
      expect((await one.ask("subscribe", { subscription: 1, filter: "lab.>" })).done).toEqual({});
    await binary.subscribe(1, "lab.>");
    const value = { ψ: [1, null, "⟩", true], deep: { a: { b: {} } } };
    page.publish("lab.sensor.read", value, { traceContext: { traceparent: "00-1-2-03" } });
    for (const one of [page, other])
      expect(await one.next(({ topic }) => topic === "lab.sensor.read")).toMatchObject({
        sequence: "1",
        producerId: "lab",
        realityId: "main",
        traceContext: { traceparent: "00-1-2-03" },
        payload: { value },
      });
    expect((await binary.on("lab.sensor.read")).payload?.typeUrl).toContain("google.protobuf.Value");
    binary.publish("lab.sensor.text", "plain ⟩ text");
    for (const one of [page, other])
      expect((await one.next(({ topic }) => topic === "lab.sensor.text"))["payload"]).toEqual({
        "@type": "type.googleapis.com/google.protobuf.StringValue",
        value: "plain ⟩ text",
      });
    page.publish("lab.sensor.done", "x");
    expect(await binary.on("lab.sensor.done")).toBeDefined();
  });

  test("is acknowledged, reads history as JSON, and serves a job", async () => {
    const page = await Page.connect();
    page.publish("lab.sensor.read", 1, { durability: "DURABILITY_SYNCED" });
    const { publishAck } = await page.op((op) => op.publishAck !== undefined);
    expect(publishAck).toMatchObject({ sequence: "1", durability: "DURABILITY_SYNCED" });
    const { historyPage } = await page.ask("historyGet", { filter: "lab.>" });
    const stored = (historyPage as unknown as { messages: string[] }).messages.map((text) =>
      JSON.parse(Buffer.from(text, "base64").toString()),
    );
    expect(stored).toMatchObject([{ topic: "lab.sensor.read", sequence: "1", payload: { value: 1 } }]);
    await page.ask("subscribe", { subscription: 7, filter: "lab.jobs", queueGroup: "g", maxInFlight: 1 });
    const lab = await TestClient.connect(bus.url);
    const id = newId();
    lab.send(
      messageWith({ id, topic: "lab.jobs", type: MessageType.JOB }, JobSchema, {
        capsule: { schema: "test.v1", program: Buffer.from("program") },
      }),
    );
    const job = await page.next((message) => message["id"] === id);
    expect(job).toMatchObject({ subscription: 7, attempt: 1, payload: { capsule: { schema: "test.v1" } } });
    page.send({
      topic: "lab.results",
      type: "MESSAGE_TYPE_JOB_RESULT",
      payload: {
        "@type": "type.googleapis.com/arqon.v1.JobResult",
        jobId: id,
        attempt: 1,
        status: "JOB_STATUS_SUCCEEDED",
      },
    });
    await page.op((op) => op.publishAck !== undefined);
  });

  test("is given a payload that JSON cannot say as base64, and may send such a one", async () => {
    const page = await Page.connect();
    const binary = await TestClient.connect(bus.url);
    await page.ask("subscribe", { subscription: 1, filter: "lab.>" });
    await binary.subscribe(1, "lab.>");
    const foreign = { "@type": "type.googleapis.com/lab.Private", value: "AQID" };
    page.send({ topic: "lab.a.foreign", type: "MESSAGE_TYPE_EVENT", payload: foreign });
    expect([...((await binary.on("lab.a.foreign")).payload?.value ?? [])]).toEqual([1, 2, 3]);
    expect((await page.next(({ topic }) => topic === "lab.a.foreign"))["payload"]).toEqual(foreign);
    // A payload that claims to be a text and is not.
    const id = binary.publish("lab.a.broken", "", {});
    await page.next((message) => message["id"] === id);
    const broken = messageWith(
      { id: newId(), topic: "lab.a.broken", type: MessageType.EVENT },
      JobSchema,
      {},
    );
    broken.payload = {
      $typeName: "google.protobuf.Any",
      typeUrl: "type.googleapis.com/google.protobuf.StringValue",
      value: Uint8Array.of(0x0a, 9, 1),
    };
    binary.send(broken);
    expect((await page.next(({ topic }) => topic === "lab.a.broken"))["payload"]).toMatchObject({
      value: "CgkB",
    });
  });

  test("is told of a message that is none, which neither its author nor other readers notice", async () => {
    const page = await Page.connect();
    const binary = await TestClient.connect(bus.url);
    await page.ask("subscribe", { subscription: 1, filter: "lab.>" });
    const message = messageWith({ id: newId(), topic: "lab.a.b", type: MessageType.EVENT }, JobSchema, {});
    message.payload = { $typeName: "google.protobuf.Any", typeUrl: "XY", value: Uint8Array.of(1) };
    const bytes = Buffer.from(encodeMessage(message));
    // A type that is not UTF-8.
    bytes[bytes.indexOf("XY")] = 0xff;
    binary.socket.send(bytes);
    binary.publish("lab.a.b", "after");
    const { error } = await Promise.race([
      page.op((op) => op.error !== undefined),
      binary.op(({ op }) => op.case === "error").then(() => ({ error: { code: "WIRE_MALFORMED" } })),
    ]);
    expect(error).toMatchObject({ code: "WIRE_MALFORMED" });
  });

  test("is held to the same rules: stamped fields, ids, topics and permissions", async () => {
    const page = await Page.connect();
    const refused = async (message: Message): Promise<unknown> => {
      page.send({ topic: "lab.a.b", type: "MESSAGE_TYPE_EVENT", ...message });
      return (await page.op((op) => op["error"] !== undefined)).error?.["code"];
    };
    expect(await refused({ sequence: "5" })).toBe("WIRE_STAMPED_FIELD");
    expect(await refused({ subscription: 5 })).toBe("WIRE_STAMPED_FIELD");
    expect(await refused({ id: "nonsense" })).toBe("UUID_INVALID");
    expect(await refused({ topic: "lab.*.b" })).toBe("TOPIC_INVALID");
    expect(await refused({ topic: "sys.registry.changed" })).toBe("PERMISSION_DENIED");
    expect((await page.ask("subscribe", { subscription: 1, filter: "no filter" })).error).toMatchObject({
      code: "TOPIC_INVALID",
    });
    page.publish("lab.a.b", 1, { unheardOf: true, durability: "DURABILITY_LOGGED" });
    await page.op((op) => op.publishAck !== undefined);
  });

  test.each([
    ["a binary message", Buffer.from("{}"), 1003],
    ["a text that is not JSON", "{", 4501],
    ["a JSON that is not a message", "[1]", 4501],
    ["a member given twice", '{"id":"a","id":"b"}', 4501],
    ["a string where bytes belong", '{"vectorClock":"%"}', 4501],
    ["a payload without a type", '{"payload":{"value":1}}', 4501],
    ["brackets without an end", "[".repeat(1_000_000), 4501],
    ["objects in objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, 4501],
    [
      "a list that grows in binary",
      `{"payload":{"@type":"type.googleapis.com/google.protobuf.Value","value":[${"1,".repeat(400_000)}1]}}`,
      1009,
    ],
    ["a text over the limit", `{"id":"${"x".repeat(1_048_576)}"}`, 1009],
  ])("%s closes with its code, and the neighbour does not notice", async (_name, sent, code) => {
    const neighbour = await Page.connect();
    await neighbour.ask("subscribe", { subscription: 1, filter: "lab.>" });
    const page = await Page.connect();
    page.socket.send(sent);
    expect(await page.closed()).toBe(code);
    neighbour.publish("lab.a.b", 1);
    await neighbour.next(({ topic }) => topic === "lab.a.b");
  });

  test("may grant credit, which counts the bytes of its text", async () => {
    const page = await Page.connect({ features: ["credit"], receiveMessages: 10, receiveBytes: "1000" });
    await page.ask("subscribe", { subscription: 1, filter: "lab.>" });
    for (let i = 0; i < 6; i++) page.publish("lab.a.b", "x".repeat(100));
    await page.ask("ping", {});
    const first = page.messages.splice(0).filter(({ topic }) => topic === "lab.a.b");
    expect(first.reduce((sum, one) => sum + JSON.stringify(one).length, 0)).toBeLessThanOrEqual(1_000);
    expect(first.length).toBeGreaterThan(0);
    page.send({
      topic: "sys.session.credit",
      type: "MESSAGE_TYPE_CONTROL",
      payload: { "@type": "type.googleapis.com/arqon.v1.Op", credit: { bytes: "100000" } },
    });
    await page.ask("ping", {});
    expect(first.length + page.messages.filter(({ topic }) => topic === "lab.a.b").length).toBe(6);
  });

  test("that reads slowly loses messages by count, like any other", async () => {
    await bus.close();
    bus = await testBus({ limits: { shield: { outboundBytes: 1_000_000 } } });
    const page = await Page.connect();
    await page.ask("subscribe", { subscription: 1, filter: "lab.>" });
    const publisher = await TestClient.connect(bus.url);
    page.socket.pause();
    const count = 12_000;
    for (let i = 0; i < count; i++) {
      publisher.publish("lab.a.b", "x".repeat(1_000));
      if (i % 500 === 0) await publisher.ask({ case: "ping", value: {} });
    }
    await publisher.ask({ case: "ping", value: {} });
    page.socket.resume();
    const notice = await page.next(({ dropped }) => dropped !== undefined);
    await page.ask("ping", {});
    const received = page.messages.filter(({ topic }) => topic === "lab.a.b").length;
    expect(Number(notice["dropped"]) + received).toBe(count);
  });
});
