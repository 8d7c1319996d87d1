import { connect, type Socket } from "node:net";
import { ManualTime, systemClock } from "@arqon/core/base";
import { SUBPROTOCOL } from "@arqon/core/wire";
import { expect, test } from "vitest";
import type { Bus } from "./front.ts";
import { TestClient, testBus, textOf } from "./testing.ts";

const HEAD =
  "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`;

function tcp(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  socket.on("error", () => {});
  return socket;
}

/** Answers of the bus over plain HTTP, with nobody reading them. */
function unread(port: number, path: string): Socket {
  const socket = tcp(port);
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

/** A client sees its socket closed before the bus has heard of it. */
const allGone = (bus: Bus) => expect.poll(() => bus.connections(), { timeout: 20_000 }).toBe(0);

test("ten hostile clients beside a healthy one: it misses nothing, in order, and memory stays bounded", async () => {
  const bus = await testBus({ limits: { shield: { outboundBytes: 1_000_000, helloTimeoutMs: 2_000 } } });
  const healthy = await TestClient.connect(bus.url, "other");
  await healthy.subscribe(1, "healthy.>");
  let going = true;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };
  const turn = () => new Promise((done) => setImmediate(done));
  const client = () => TestClient.connect(bus.url);
  const stalled = await client();
  await stalled.subscribe(1, ">");
  stalled.socket.pause();
  const flooder = await client();
  const asker = await client();
  await asker.subscribe(1, `inbox.${asker.connectionId}.>`);
  const reader = await client();
  await reader.subscribe(1, "flood.>");
  reader.socket.pause();
  const rude: (() => Promise<void>)[] = [
    async () => {
      for (let i = 0; i < 50; i++) flooder.publish("flood.a.b", "x".repeat(1_000));
    },
    async () => {
      const replyTo = `inbox.${asker.connectionId}.1`;
      for (let i = 0; i < 20; i++) asker.publish("sys.doctor.get", "", { replyTo });
    },
    async () => void keep(tcp(bus.port)).write("GET / HT"),
    async () => void keep(tcp(bus.port)).end(Buffer.alloc(9_000, 0x41)),
    async () => void keep(tcp(bus.port)).write(`${HEAD}\x81\x05hello`),
    async () => {
      const socket = keep(tcp(bus.port));
      socket.write(HEAD);
      socket.write(
        Buffer.concat(Array.from({ length: 500 }, () => Buffer.from([0x02, 0x81, 0, 0, 0, 0, 1]))),
      );
    },
    async () =>
      void keep(tcp(bus.port)).end(
        Buffer.concat([Buffer.from(HEAD), Buffer.from([0x82, 0xff, 127, 255, 255, 255])]),
      ),
    async () => {
      const big = await client();
      big.socket.send(Buffer.alloc(1_048_576, 1));
    },
    async () => void keep(unread(bus.port, "/metrics")),
    async () => {
      const gone = await client();
      await gone.subscribe(1, "healthy.>");
      gone.socket.terminate();
    },
  ];
  const swarm = rude.map(async (act) => {
    for (let i = 0; going && i < 400; i++) {
      await act().catch(() => {});
      await turn();
    }
  });
  const before = process.memoryUsage.rss();
  const count = 80;
  for (let i = 0; i < count; i++) {
    healthy.publish("healthy.a.b", String(i));
    expect(textOf(await healthy.on("healthy.a.b"))).toBe(String(i));
  }
  going = false;
  await Promise.all(swarm);
  // However quick the healthy one was and however much the network holds.
  while (bus.stats().dropped === 0) {
    flooder.publish("flood.a.b", "x".repeat(100_000));
    await turn();
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(400_000_000);
  expect(healthy.messages).toEqual([]);
  expect(healthy.closeCode).toBeUndefined();
  expect(bus.stats().dropped).toBeGreaterThan(0);
  for (const socket of sockets) socket.destroy();
  await bus.close();
});

test("who speaks slowly before hello is sent away by the clock, whatever it dribbles", async () => {
  const time = new ManualTime();
  const bus = await testBus({
    timer: time,
    clock: { nowUs: () => systemClock.nowUs(), monotonicMs: () => time.monotonicMs() },
  });
  const loris = tcp(bus.port);
  const gone = new Promise<void>((done) => loris.once("close", () => done()));
  await expect.poll(() => bus.connections(), { timeout: 20_000 }).toBe(1);
  loris.resume();
  let written = 0;
  let isGone = false;
  void gone.then(() => {
    isGone = true;
  });
  while (!isGone) {
    if (written < HEAD.length - 1) loris.write(HEAD.charAt(written++));
    await new Promise((done) => setTimeout(done, 1));
    time.advance(100);
  }
  expect(written).toBeGreaterThan(40);
  await allGone(bus);
  await bus.close();
});

test("a page that nobody reads is let go of", async () => {
  const time = new ManualTime();
  const bus = await testBus({
    timer: time,
    clock: { nowUs: () => systemClock.nowUs(), monotonicMs: () => time.monotonicMs() },
  });
  const sockets = Array.from({ length: 20 }, () => unread(bus.port, "/metrics"));
  await expect.poll(() => bus.connections(), { timeout: 20_000 }).toBe(20);
  const later = (): number => {
    time.advance(1_000);
    return bus.connections();
  };
  await expect.poll(later, { timeout: 20_000 }).toBe(0);
  for (const socket of sockets) socket.destroy();
  await bus.close();
});
