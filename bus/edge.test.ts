import { connect as connectTcp, type Socket } from "node:net";
import { ManualTime, systemClock } from "@arqon/core/base";
import {
  Durability,
  encodeMessage,
  fromJson,
  MessageType,
  messageWith,
  SUBPROTOCOL,
  ValueSchema,
} from "@arqon/core/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type AccessTable, type AuditRecord, type Bus, hashApiKey } from "./front.ts";
import { newId, TestClient, testAccess, testBus } from "./testing.ts";

let bus: Bus;
let access: AccessTable;
let audit: AuditRecord[];
beforeEach(async () => {
  access = testAccess();
  audit = [];
  bus = await testBus({
    access,
    audit: (record) => {
      audit.push(record);
    },
    limits: { shield: { outboundBytes: 1_000_000 } },
  });
});
afterEach(() => bus.close());

/** The status line a refused upgrade was answered with. */
function refusedWith(
  headers: Record<string, string>,
  protocol: string | undefined = SUBPROTOCOL,
): Promise<number> {
  return new Promise((done) => {
    const socket = new WebSocket(bus.url, protocol, { headers });
    socket.on("unexpected-response", (_request, response) => done(response.statusCode ?? 0));
    socket.on("error", () => {});
    socket.on("open", () => done(101));
  });
}

describe("before hello", () => {
  test("health and readiness are answered on the same port", async () => {
    const http = bus.url.replace("ws:", "http:");
    expect(await (await fetch(`${http}/healthz`)).json()).toEqual({ status: "alive" });
    expect(await (await fetch(`${http}/readyz`)).json()).toEqual({ status: "ready" });
    expect((await fetch(`${http}/other`)).status).toBe(426);
    expect((await fetch(`${http}/healthz`, { method: "POST" })).status).toBe(405);
  });

  test("a page from another origin is refused and audited; one of this machine is not", async () => {
    expect(await refusedWith({ Origin: "https://evil.example" })).toBe(403);
    expect(await refusedWith({ Origin: "null" })).toBe(403);
    expect(await refusedWith({ Origin: "http://localhost:5173" })).toBe(101);
    expect(audit.map((record) => record.code)).toEqual(["ORIGIN_REFUSED", "ORIGIN_REFUSED"]);
  });

  test("a client without our subprotocol is refused", async () => {
    expect(await refusedWith({}, "other")).toBe(400);
  });

  test("a wrong key closes with 4502 and leaves an audit record without the key", async () => {
    const client = await TestClient.open(bus.url);
    const { op } = await client.ask({
      case: "hello",
      value: { versionMin: 1, versionMax: 1, apiKey: "secret-guess", reality: "main" },
    });
    expect(op.value).toMatchObject({ code: "AUTH_REQUIRED" });
    expect(await client.closed()).toBe(4502);
    expect(audit[0]).toMatchObject({ code: "AUTH_REQUIRED", principal: "" });
    expect(JSON.stringify(audit)).not.toContain("secret-guess");
  });

  test("the key may come as a bearer token", async () => {
    const client = await TestClient.open(bus.url, { Authorization: "Bearer key-lab" });
    const { op } = await client.ask({
      case: "hello",
      value: { versionMin: 1, versionMax: 3, reality: "main" },
    });
    expect(op.value).toMatchObject({ principal: "lab", version: 1 });
  });

  test("another protocol version, another first message and silence each close with 4501", async () => {
    const newer = await TestClient.open(bus.url);
    newer.request({ case: "hello", value: { versionMin: 2, versionMax: 3, apiKey: "key-lab" } });
    expect(await newer.closed()).toBe(4501);
    const early = await TestClient.open(bus.url);
    early.publish("lab.sensor.read", "x");
    expect(await early.closed()).toBe(4501);
    const time = new ManualTime(systemClock.nowUs());
    const own = await testBus({ timer: time, clock: time });
    const silent = await TestClient.open(own.url);
    time.advance(5_000);
    expect(await silent.closed()).toBe(4501);
    await own.close();
  });

  test("a frame of more than 8 KiB before hello closes with 1009", async () => {
    const client = await TestClient.open(bus.url);
    client.socket.send(Buffer.alloc(8_193));
    expect(await client.closed()).toBe(1009);
  });
});

describe("bad input", () => {
  test("each closes with its code, and other clients do not notice", async () => {
    const other = await TestClient.connect(bus.url, "other");
    await other.subscribe(1, "lab.>");
    const big = await TestClient.connect(bus.url);
    big.socket.send(Buffer.alloc(1_048_577));
    expect(await big.closed()).toBe(1009);
    const garbage = await TestClient.connect(bus.url);
    garbage.socket.send(Buffer.from([0x0a, 0xff, 0x01]));
    expect(await garbage.closed()).toBe(4501);
    const text = await TestClient.connect(bus.url);
    text.socket.send("text");
    expect(await text.closed()).toBe(1003);
    const unmasked = await TestClient.connect(bus.url);
    (unmasked.socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0x82, 1, 0]));
    expect(await unmasked.closed()).toBe(1002);
    other.publish("lab.sensor.read", "still here");
    await other.on("lab.sensor.read");
  });

  test("a stamped field, a bad id, a bad topic and a missing capability are refused by name", async () => {
    const client = await TestClient.connect(bus.url, "guest");
    const code = async (): Promise<unknown> =>
      ((await client.op((op) => op.op.case === "error")).op.value as { code: string }).code;
    client.publish("guest.a.b", "x", { sequence: 5n });
    expect(await code()).toBe("WIRE_STAMPED_FIELD");
    client.publish("guest.a.b", "x", { id: "nonsense" });
    expect(await code()).toBe("UUID_INVALID");
    client.publish("guest.a.*", "x");
    expect(await code()).toBe("TOPIC_INVALID");
    client.publish("lab.a.b", "x");
    expect(await code()).toBe("PERMISSION_DENIED");
    client.publish("sys.registry.changed", "x");
    expect(await code()).toBe("PERMISSION_DENIED");
    expect((await client.subscribe(1, "lab.>")).op.value).toMatchObject({ code: "PERMISSION_DENIED" });
    expect((await client.subscribe(1, ">")).op.value).toMatchObject({ code: "PERMISSION_DENIED" });
    expect((await client.subscribe(1, "inbox.someone.>")).op.value).toMatchObject({
      code: "PERMISSION_DENIED",
    });
    const history = await client.ask({ case: "historyGet", value: { filter: "lab.>" } });
    expect(history.op.value).toMatchObject({ code: "PERMISSION_DENIED" });
    expect((await client.subscribe(1, "guest.>")).op.case).toBe("done");
  });

  test("the upgrade and a frame may come byte by byte", async () => {
    const socket = connectTcp(bus.port, "127.0.0.1");
    const head =
      `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`;
    const ping = Buffer.from([0x89, 0x82, 1, 2, 3, 4, 0x68 ^ 1, 0x69 ^ 2]);
    socket.setNoDelay(true);
    for (const byte of Buffer.concat([Buffer.from(head), ping])) {
      socket.write(Buffer.from([byte]));
      await new Promise((done) => setImmediate(done));
    }
    let got = Buffer.alloc(0);
    for await (const chunk of socket) {
      got = Buffer.concat([got, chunk as Buffer]);
      if (got.includes(Buffer.from([0x8a, 2, 0x68, 0x69]))) break;
    }
    expect(got.toString("latin1")).toContain("101 Switching Protocols");
    socket.destroy();
  });
});

describe("slow readers", () => {
  test("one that stalls loses ephemeral messages by count and does not hold up the others", async () => {
    const publisher = await TestClient.connect(bus.url);
    const stalled = await TestClient.connect(bus.url, "other");
    const good = await TestClient.connect(bus.url);
    await stalled.subscribe(1, "lab.flood.data");
    await good.subscribe(1, "lab.flood.data");
    stalled.socket.pause();
    const count = 30_000;
    const text = "x".repeat(1_000);
    for (let i = 0; i < count; i++) {
      publisher.publish("lab.flood.data", text);
      // As fast as the good one reads; the test's one thread serves all three.
      if (i % 200 === 0)
        for (let read = 0; read < Math.min(200, i + 1); read++) await good.on("lab.flood.data");
    }
    expect(bus.stats().dropped).toBeGreaterThan(0);
    stalled.socket.resume();
    let received = 0;
    const notice = await stalled.next((message) => {
      if (message.topic === "lab.flood.data") received++;
      return message.type === MessageType.CONTROL && message.dropped > 0n;
    });
    await stalled.ask({ case: "ping", value: {} });
    received = stalled.messages.filter((message) => message.topic === "lab.flood.data").length;
    expect(Number(notice.dropped) + received).toBe(count);
    const sequences = stalled.messages.map((message) => message.sequence).filter((sequence) => sequence > 0n);
    for (let i = 1; i < sequences.length; i++)
      expect((sequences[i] as bigint) > (sequences[i - 1] as bigint)).toBe(true);
  });

  test("where the law says so, one that stalls is closed with 4001, and others miss nothing", async () => {
    access.put({
      principal: {
        id: "maker",
        tenant: "t",
        trusted: true,
        capabilities: ["can_publish:>", "can_subscribe:>"],
      },
      keyHashes: [hashApiKey("key-maker")],
    });
    const maker = await TestClient.connect(bus.url, "maker");
    await maker.subscribe(1, `inbox.${maker.connectionId}.>`);
    maker.send(
      messageWith(
        {
          id: newId(),
          topic: "sys.reality.create",
          type: MessageType.EVENT,
          replyTo: `inbox.${maker.connectionId}.1`,
        },
        ValueSchema,
        fromJson(ValueSchema, { name: "strict", laws: { slowConsumer: "disconnect" } }),
      ),
    );
    await maker.on(`inbox.${maker.connectionId}.1`);
    const publisher = await TestClient.connect(bus.url, "lab", { reality: "strict" });
    const stalled = await TestClient.connect(bus.url, "other", { reality: "strict" });
    await stalled.subscribe(1, "lab.flood.data");
    const healthy = await TestClient.connect(bus.url, "lab", { reality: "strict" });
    await healthy.subscribe(1, "lab.flood.data");
    stalled.socket.pause();
    const text = "x".repeat(60_000);
    for (let i = 0; i < 200; i++) {
      publisher.publish("lab.flood.data", text, { durability: Durability.LOGGED });
      await healthy.on("lab.flood.data");
    }
    stalled.socket.resume();
    expect([1006, 4001]).toContain(await stalled.closed());
    expect(audit.some((record) => record.code === "SLOW_CONSUMER")).toBe(true);
    expect(healthy.messages).toEqual([]);
  });
});

describe("changes while connected", () => {
  test("a principal that is removed is sent away at once", async () => {
    const client = await TestClient.connect(bus.url, "guest");
    access.remove("guest");
    expect(await client.closed()).toBe(4502);
  });

  test("a connection whose key is taken away is sent away at once, one made with another key is not", async () => {
    const principal = { id: "guest", tenant: "t", trusted: false, capabilities: ["can_publish:guest.>"] };
    access.put({ principal, keyHashes: [hashApiKey("key-guest"), hashApiKey("second")] });
    const first = await TestClient.connect(bus.url, "guest");
    const second = await TestClient.connect(bus.url, "guest", { apiKey: "second" });
    access.put({ principal, keyHashes: [hashApiKey("second")] });
    expect(await first.closed()).toBe(4502);
    expect((await second.ask({ case: "ping", value: {} })).op.case).toBe("pong");
  });

  test("capabilities that are taken away stop publications and subscriptions at once", async () => {
    const client = await TestClient.connect(bus.url, "guest");
    const lab = await TestClient.connect(bus.url);
    await client.subscribe(1, "guest.>");
    client.publish("guest.a.b", "1");
    await client.on("guest.a.b");
    access.put({
      principal: { id: "guest", tenant: "t", trusted: false, capabilities: ["can_subscribe:guest.other.>"] },
      keyHashes: [hashApiKey("key-guest")],
    });
    await client.op((op) => op.op.case === "error");
    client.publish("guest.a.b", "2");
    expect((await client.op((op) => op.op.case === "error")).op.value).toMatchObject({
      code: "PERMISSION_DENIED",
    });
    lab.publish("guest.a.b", "3");
    await lab.ask({ case: "ping", value: {} });
    await client.ask({ case: "ping", value: {} });
    expect(client.messages).toEqual([]);
  });

  test("a server that closes says so, with 1001", async () => {
    const client = await TestClient.connect(bus.url);
    const closing = bus.close();
    await client.op((op) => op.op.case === "goAway");
    expect(await client.closed()).toBe(1001);
    await closing;
  });

  test("a connection that is silent for 2.5 heartbeats is closed with 4002", async () => {
    const time = new ManualTime();
    const own = await testBus({
      timer: time,
      clock: { nowUs: () => systemClock.nowUs(), monotonicMs: () => time.monotonicMs() },
    });
    const client = await TestClient.connect(own.url);
    let pings = 0;
    client.socket.on("ping", () => pings++);
    client.socket.pause();
    for (let i = 0; i < 100; i++) time.advance(500);
    client.socket.resume();
    expect(await client.closed()).toBe(4002);
    expect(pings).toBeGreaterThanOrEqual(2);
    await own.close();
  });

  test("a publisher over its rate is refused, and may go on later", async () => {
    const own = await testBus({ limits: { shield: { messagesPerS: 20 } } });
    const client = await TestClient.connect(own.url);
    for (let i = 0; i < 300; i++) client.publish("lab.a.b", "x");
    expect((await client.op((op) => op.op.case === "error")).op.value).toMatchObject({
      code: "RATE_LIMITED",
      retryable: true,
    });
    await own.close();
  });

  test("the registry lists operators with their backends and tells of changes", async () => {
    const watcher = await TestClient.connect(bus.url);
    await watcher.subscribe(1, "sys.registry.changed");
    await watcher.subscribe(2, `inbox.${watcher.connectionId}.>`);
    const operator = await TestClient.connect(bus.url, "sealer", {
      sam: {
        operatorId: "op",
        backends: [{ id: "sim", backendClass: "simulator", maxQubits: 20, healthy: true }],
      },
    });
    await watcher.on("sys.registry.changed");
    const replyTo = `inbox.${watcher.connectionId}.1`;
    watcher.publish("sys.registry.list", "", { replyTo });
    const listed = Buffer.from(encodeMessage(await watcher.on(replyTo))).toString("latin1");
    expect(listed).toContain("simulator");
    operator.close();
    await watcher.on("sys.registry.changed");
  });
});
