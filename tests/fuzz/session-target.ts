/** A whole bus in memory that is sent anything; a witness beside it must never notice. */
import { AccessTable, type Bus, hashApiKey, startBus } from "@arqon/bus";
import { faultEngine } from "@arqon/bus/engine";
import { createRandom, ManualTime, utf8 } from "@arqon/core/base";
import { encodeMessage, opMessage } from "@arqon/core/wire";
import { VirtualNet, type VirtualStream } from "../chaos/virtual-net.ts";
import { type Bytes, clientFrame } from "./bytes.ts";

const ALL = ["can_publish:>", "can_subscribe:>", "can_execute:>"];
const BINARY = "arqonbus.v1.proto";
const JSON_TEXT = "arqonbus.v1.json";
/** Inputs of one connection. */
const INPUTS = 24;

/** A bus and its witness. */
export class Victim {
  readonly #time = new ManualTime();
  readonly #net: VirtualNet;
  readonly #plainPath: boolean;
  #bus: Bus | undefined;
  #witness: VirtualStream | undefined;
  #pongs = 0;
  #asked = 0;

  constructor(seed: number, plainPath: boolean) {
    this.#net = new VirtualNet(this.#time, createRandom(BigInt(seed)), () => this.#time.monotonicMs(), 1);
    this.#plainPath = plainPath;
  }

  async start(): Promise<void> {
    const random = createRandom(7n);
    const starting = startBus({
      engine: faultEngine(1, this.#time, { late: 0, maxDelayMs: 0 }),
      net: this.#net,
      clock: this.#time,
      timer: this.#time,
      defer: (call) => void this.#time.after(0, call),
      entropy: (bytes) => Uint8Array.from({ length: bytes }, () => random.nextInt(256)),
      access: new AccessTable([
        {
          principal: { id: "user", tenant: "t", trusted: false, capabilities: ALL },
          keyHashes: [hashApiKey("key-user")],
        },
      ]),
      realities: ["main"],
      plainPath: this.#plainPath,
      limits: { shield: { heartbeatMs: 1e9, outboundBytes: 262_144 }, jobs: { maxUnfinished: 64 } },
    });
    await this.#settle();
    this.#bus = await starting;
    this.#witness = this.#connect(BINARY, (chunk) => {
      // Pongs are the only binary frames that begin like this after the welcome.
      if (chunk.length > 0) this.#pongs++;
    });
    await this.#settle();
  }

  /** One connection's worth of input. */
  async take(bytes: Bytes): Promise<number> {
    const { random } = bytes;
    const isJson = random.nextInt(6) === 0;
    let isOver = false;
    const stream = this.#connect(
      isJson ? JSON_TEXT : BINARY,
      () => {},
      random.nextInt(20) === 0 ? bytes : undefined,
    );
    stream.handler = {
      data: () => {},
      drain: () => {},
      closed: () => {
        isOver = true;
      },
    };
    let sent = 0;
    for (; sent < INPUTS && !isOver; sent++) {
      stream.write([isJson ? jsonInput(bytes) : binaryInput(bytes)]);
      if (random.nextInt(4) === 0) await this.#settle();
    }
    await this.#settle();
    stream.cut();
    if (random.nextInt(16) === 0) await this.#ask();
    return sent;
  }

  /** @throws Error when the witness gets no answer. */
  async #ask(): Promise<void> {
    const before = this.#pongs;
    this.#witness?.write([frameOf(encodeMessage(opMessage(this.#id(), 1n, { case: "ping", value: {} })), 2)]);
    await this.#settle();
    if (this.#pongs === before) throw new Error("the witness got no answer");
  }

  #id(): string {
    return `01980000-7a3b-7c11-9f01-${(this.#asked++).toString(16).padStart(12, "0")}`;
  }

  #connect(protocol: string, data: (chunk: Uint8Array) => void, spoil?: Bytes): VirtualStream {
    const stream = this.#net.connect();
    if (stream === undefined) throw new Error("nobody listens");
    stream.handler = { data, drain: () => {}, closed: () => {} };
    const request = utf8(
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    stream.write([spoil ? spoil.spoiled(request) : request]);
    const features = ["packing", "ack-ranges"].filter(
      (_, i) => ((spoil?.random.nextInt(4) ?? 0) >> i) % 2 === 1,
    );
    const hello = { versionMin: 1, versionMax: 1, apiKey: "key-user", features };
    if (protocol === JSON_TEXT)
      stream.write([
        frameOf(
          utf8(
            JSON.stringify({
              id: this.#id(),
              topic: "sys.session.op",
              type: "MESSAGE_TYPE_CONTROL",
              payload: { "@type": "type.googleapis.com/arqon.v1.Op", corr: "1", hello },
            }),
          ),
          1,
        ),
      ]);
    else
      stream.write([frameOf(encodeMessage(opMessage(this.#id(), 1n, { case: "hello", value: hello })), 2)]);
    return stream;
  }

  async #settle(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      this.#time.advance(8);
      await null;
      await new Promise<void>((done) => setImmediate(done));
    }
  }

  async stop(): Promise<void> {
    const closing = this.#bus?.close();
    for (let i = 0; i < 500; i++) await this.#settle();
    await Promise.race([closing, null]);
  }
}

function frameOf(payload: Uint8Array, opcode: number): Uint8Array {
  const head =
    payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 255];
  return Uint8Array.from([0x80 | opcode, ...head, 0, 0, 0, 0, ...payload]);
}

function binaryInput(bytes: Bytes): Uint8Array {
  const { random } = bytes;
  const choice = random.nextInt(20);
  if (choice === 0) return bytes.noise(1 + random.nextInt(200));
  if (choice === 1) return clientFrame(bytes, bytes.message(), true);
  const message = choice < 8 ? bytes.message() : bytes.op();
  return clientFrame(bytes, choice % 4 === 0 ? bytes.spoiled(message) : message, false);
}

function jsonInput(bytes: Bytes): Uint8Array {
  const { random } = bytes;
  const fields: Record<string, unknown> = {
    id: bytes.id(),
    topic: random.nextInt(3) === 0 ? bytes.topic() : "lab.a.b",
    type: bytes.one<unknown>(["MESSAGE_TYPE_EVENT", "MESSAGE_TYPE_JOB", 1, 77, "x", null]),
    payload: bytes.one<unknown>([
      { "@type": "type.googleapis.com/google.protobuf.StringValue", value: "x" },
      { "@type": "type.googleapis.com/nobody.Knows" },
      { "@type": "type.googleapis.com/arqon.v1.Op", corr: "2", ping: {} },
      {
        "@type": "type.googleapis.com/arqon.v1.Op",
        corr: "3",
        historyGet: { filter: bytes.topic(), limit: bytes.edge() },
      },
      "x",
      null,
      [],
    ]),
  };
  if (random.nextInt(4) === 0)
    fields[bytes.one(["sequence", "traceContext", "__proto__", "nobody"])] = bytes.one<unknown>([
      1,
      "1",
      {},
      { a: 1 },
    ]);
  const text = utf8(JSON.stringify(fields));
  return frameOf(
    random.nextInt(2) === 0 ? text : bytes.spoiled(text).slice(0, 60_000),
    random.nextInt(12) === 0 ? 2 : 1,
  );
}
