/** Messages behind their lengths: on bare TCP, and packed into WebSocket messages. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  type ArqonMessage,
  decodeMessage,
  encodeMessage,
  MessageType,
  messageWith,
  type OpInit,
  OpSchema,
  opMessage,
  payloadOf,
  StringValueSchema,
} from "@arqon/core/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Bus } from "./front.ts";
import { newId, TestClient, testBus, textOf } from "./testing.ts";

const hello = (features: string[] = []): OpInit => ({
  case: "hello",
  value: { versionMin: 1, versionMax: 1, apiKey: "key-lab", reality: "main", features },
});

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest >>= 7) out.push((rest & 127) | 128);
  out.push(rest);
  return out;
}

const record = (message: ArqonMessage): Buffer => {
  const bytes = encodeMessage(message);
  return Buffer.concat([Buffer.from(varint(bytes.length)), bytes]);
};

const event = (topic: string, value: string): ArqonMessage =>
  messageWith({ id: newId(), topic, type: MessageType.EVENT }, StringValueSchema, { value });

/** Cuts a stream of records; returns what is not complete yet. */
function cut(bytes: Buffer, each: (message: ArqonMessage) => void): Buffer {
  let at = 0;
  for (;;) {
    let length = 0;
    let from = at;
    for (let shift = 0; ; shift += 7) {
      if (from >= bytes.length) return bytes.subarray(at);
      const byte = bytes[from++] as number;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (from + length > bytes.length) return bytes.subarray(at);
    each(decodeMessage(bytes.subarray(from, from + length)));
    at = from + length;
  }
}

/** A client of bare TCP. */
class TcpClient {
  readonly socket: Socket;
  readonly messages: ArqonMessage[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #wake = (): void => {};
  isClosed = false;

  constructor(url: string) {
    const { port, hostname } = new URL(url);
    this.socket = connect({ port: Number(port), host: hostname });
    this.socket.on("data", (chunk: Buffer) => {
      this.#rest = cut(Buffer.concat([this.#rest, chunk]), (message) => this.messages.push(message));
      this.#wake();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  static async ready(url: string): Promise<TcpClient> {
    const client = new TcpClient(url);
    client.op(hello());
    await client.until((message) => message.topic === "sys.session.welcome");
    return client;
  }

  op(op: OpInit): void {
    this.socket.write(record(opMessage(newId(), 1n, op)));
  }

  async until(fits: (message: ArqonMessage) => boolean): Promise<ArqonMessage> {
    for (;;) {
      const found = this.messages.find(fits);
      if (found) return found;
      if (this.isClosed) throw new Error("closed");
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, "close");
  }
}

for (const plainPath of [false, true])
  describe(plainPath ? "without the kernel" : "with the kernel", () => {
    let bus: Bus;
    beforeEach(async () => {
      bus = await testBus({ tcp: { port: 0 }, plainPath });
    });
    afterEach(() => bus.close());
    const tcpUrl = (): string => bus.tcpUrl as string;

    test("TCP and WebSocket clients are on one bus", async () => {
      const tcp = await TcpClient.ready(tcpUrl());
      tcp.op({ case: "subscribe", value: { subscription: 1, filter: "lab.>" } });
      await tcp.until((message) => message.topic === "sys.session.done");
      const ws = await TestClient.connect(bus.url);
      await ws.subscribe(1, "lab.>");
      for (let i = 0; i < 200; i++) {
        ws.publish("lab.from.ws", `ws ${i}`);
        tcp.socket.write(record(event("lab.from.tcp", `tcp ${i}`)));
      }
      const last = { ws: "ws 199", tcp: "tcp 199" };
      for (const [name, text] of Object.entries(last))
        await tcp.until((message) => message.topic === `lab.from.${name}` && textOf(message) === text);
      for (const name of ["ws", "tcp"]) {
        const texts = tcp.messages.filter(({ topic }) => topic === `lab.from.${name}`).map(textOf);
        expect(texts).toEqual(Array.from({ length: 200 }, (_, i) => `${name} ${i}`));
        for (let i = 0; i < 200; i++) expect(textOf(await ws.on(`lab.from.${name}`))).toBe(`${name} ${i}`);
      }
      const sequences = tcp.messages
        .filter(({ topic }) => topic.startsWith("lab."))
        .map((one) => one.sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => Number(a - b)));
      tcp.socket.destroy();
      ws.close();
    });

    test("records cut anywhere are put together", async () => {
      const tcp = await TcpClient.ready(tcpUrl());
      tcp.op({ case: "subscribe", value: { subscription: 1, filter: "lab.>" } });
      const texts = ["", "a", "b".repeat(127), "c".repeat(20_000), "d".repeat(300_000)];
      const bytes = Buffer.concat(texts.map((text) => record(event("lab.cut.anywhere", text))));
      for (let at = 0, step = 1; at < bytes.length; at += step, step = step < 5_000 ? step + 3 : 40_000) {
        tcp.socket.write(bytes.subarray(at, at + step));
        if (step < 600) await new Promise((done) => setImmediate(done));
      }
      await tcp.until((message) => message.topic === "lab.cut.anywhere" && textOf(message).startsWith("d"));
      expect(tcp.messages.filter(({ topic }) => topic === "lab.cut.anywhere").map(textOf)).toEqual(texts);
      tcp.socket.destroy();
    });

    test.each([
      ["another first message", record(event("lab.a.b", "x")), "WIRE_MALFORMED"],
      [
        "another first operation",
        record(opMessage(newId(), 1n, { case: "ping", value: {} })),
        "WIRE_PROTOCOL",
      ],
      ["a length beyond the limit", Buffer.from([0xff, 0xff, 0x7f]), "WIRE_TOO_LARGE"],
      ["a length without end", Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80]), "WIRE_PROTOCOL"],
      ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n\r\n".repeat(20)), "WIRE_MALFORMED"],
    ])("%s ends a TCP connection with its code", async (_what, bytes, code) => {
      const tcp = new TcpClient(tcpUrl());
      tcp.socket.write(bytes);
      await tcp.closed();
      const [said] = tcp.messages.map((message) => payloadOf(message, OpSchema).op);
      expect(said).toMatchObject({ case: "error", value: { code } });
    });

    test("packed messages travel both ways, beside clients that do not pack", async () => {
      const packer = await TestClient.open(bus.url);
      const welcome = await packer.ask(hello(["packing"]));
      expect(welcome.op).toMatchObject({ case: "welcome", value: { features: ["packing"] } });
      packer.socket.removeAllListeners("message");
      let frames = 0;
      const got: string[] = [];
      const all = Promise.withResolvers<void>();
      packer.socket.on("message", (data) => {
        frames++;
        const rest = cut(data as Buffer, (message) => {
          if (message.topic === "lab.packed.text") got.push(textOf(message));
        });
        expect(rest.length).toBe(0);
        if (got.length === 500) all.resolve();
      });
      const plain = await TestClient.connect(bus.url);
      await plain.subscribe(1, "lab.>");
      const subscribe = opMessage(newId(), 0n, {
        case: "subscribe",
        value: { subscription: 1, filter: "lab.>" },
      });
      const texts = Array.from({ length: 500 }, (_, i) => `${i} ${"x".repeat(i % 300)}`);
      packer.socket.send(
        Buffer.concat([record(subscribe), ...texts.map((text) => record(event("lab.packed.text", text)))]),
      );
      await all.promise;
      expect(got).toEqual(texts);
      // One for every chunk that was read, and how many there are is the network's business.
      expect(frames).toBeLessThan(100);
      for (const text of texts) expect(textOf(await plain.on("lab.packed.text"))).toBe(text);
      packer.close();
      plain.close();
    });

    test("a packed message that ends within a message closes with 1002", async () => {
      const packer = await TestClient.open(bus.url);
      await packer.ask(hello(["packing"]));
      packer.socket.removeAllListeners("message");
      packer.socket.send(record(event("lab.a.b", "x")).subarray(0, -1));
      expect(await packer.closed()).toBe(1002);
    });
  });
