/** The kernel against the plain path: two buses, the same bytes in, and every byte out the same. `ARQON_BATCHES` sets how many. */
import { createRandom, ManualTime, type Random } from "@arqon/core/base";
import { encodeMessage, type OpInit, opMessage } from "@arqon/core/wire";
import { expect, test } from "vitest";
import { faultEngine } from "./engine/index.ts";
import { AccessTable, type Bus, hashApiKey, type Net, startBus } from "./front.ts";
import { Hostile } from "./kernel-fuzz.ts";
import type { ByteStream, StreamHandler } from "./shield/net.ts";

const BATCHES = Number(process.env["ARQON_BATCHES"] ?? 4_000);
/** One seed per so many batches. */
const ROUND = 500;
const ID = "01980000-7a3b-7c11-9f00-00000000000";
const CAPABILITIES = ["can_publish:lab.>", "can_publish:guest.>", "can_subscribe:>", "can_execute:>"];

/** A connection without a network. What was not taken is only read when it is drained. */
class Wire implements ByteStream {
  handler: StreamHandler = { data: () => {}, drain: () => {}, closed: () => {} };
  readonly #out: Buffer[] = [];
  #held: readonly Uint8Array[] = [];
  stalled = false;
  ended = false;

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.stalled) {
      this.#held = [...this.#held, ...chunks];
      return false;
    }
    for (const chunk of chunks) this.#out.push(Buffer.from(chunk));
    return true;
  }

  drain(): void {
    this.stalled = false;
    if (this.#held.length === 0) return;
    for (const chunk of this.#held) this.#out.push(Buffer.from(chunk));
    this.#held = [];
    this.handler.drain();
  }

  /** What was written since it was asked last. */
  take(): Buffer {
    return Buffer.concat(this.#out.splice(0));
  }

  pause(): void {}
  resume(): void {}
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.ended = true;
  }
}

/** One bus with its connections. */
class Side {
  readonly time = new ManualTime();
  readonly access = new AccessTable([
    {
      principal: { id: "lab", tenant: "t", trusted: false, capabilities: CAPABILITIES },
      keyHashes: [hashApiKey("key")],
    },
  ]);
  readonly wires: Wire[] = [];
  readonly #turns: (() => void)[] = [];
  readonly #bus: Promise<Bus>;
  /** Of the listeners for WebSockets and for records. */
  readonly #accept: ((stream: ByteStream) => void)[] = [];

  constructor(seed: number, isPlain: boolean, isLimited: boolean) {
    const net: Net = {
      listen: async (_host, _port, accept) => {
        this.#accept.push(accept);
        return { port: 1, close: async () => {} };
      },
    };
    const random = createRandom(BigInt(seed));
    this.#bus = startBus({
      engine: faultEngine(seed, this.time, { maxDelayMs: 0, late: 0 }),
      net,
      clock: this.time,
      timer: this.time,
      entropy: (bytes) => Uint8Array.from({ length: bytes }, () => random.nextInt(256)),
      access: this.access,
      defer: (call) => this.#turns.push(call),
      limits: { shield: isLimited ? (seed % 8 === 3 ? { messagesPerS: 20 } : { bytesPerS: 2_000 }) : {} },
      plainPath: isPlain,
      tcp: { port: 1 },
    });
  }

  async settle(rounds = 2): Promise<void> {
    await this.#bus;
    for (let i = 0; i < rounds; i++) {
      for (const call of this.#turns.splice(0)) call();
      await new Promise<void>((done) => setImmediate(done));
    }
    this.turn();
  }

  /** What the Reality counted. */
  async counted(): Promise<{ published: number; delivered: number }> {
    const [main] = (await this.#bus).stats().realities;
    return { published: main?.published ?? 0, delivered: main?.delivered ?? 0 };
  }

  turn(): void {
    for (const call of this.#turns.splice(0)) call();
  }

  /** A connection that said hello; takes the place of an earlier one. */
  async connect(place: number, form: Form = "frames"): Promise<void> {
    const wire = new Wire();
    this.wires[place]?.handler.closed();
    this.wires[place] = wire;
    this.#accept[form === "records" ? 1 : 0]?.(wire);
    const features = form === "packed" ? ["packing"] : [];
    const hello: OpInit = {
      case: "hello",
      value: { versionMin: 1, versionMax: 1, apiKey: "key", reality: "main", features },
    };
    if (form === "records") {
      const bytes = Buffer.from(encodeMessage(opMessage(`${ID}${place}`, 1n, hello)));
      wire.handler.data(Buffer.concat([Buffer.from([bytes.length]), bytes]));
      await this.settle(6);
      return;
    }
    wire.handler.data(
      Buffer.from(
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: arqonbus.v1.proto\r\n\r\n",
      ),
    );
    this.ask(place, hello);
    await this.settle(6);
  }

  ask(place: number, op: OpInit): void {
    const payload = Buffer.from(encodeMessage(opMessage(`${ID}${place}`, 1n, op)));
    const head =
      payload.length < 126
        ? [0x82, 0x80 | payload.length]
        : [0x82, 0xfe, payload.length >> 8, payload.length & 255];
    this.wires[place]?.handler.data(Buffer.from([...head, 0, 0, 0, 0, ...payload]));
  }
}

/** How the publisher speaks. */
type Form = "frames" | "records" | "packed";

const FILTERS = ["lab.sensor.*", "lab.>", "*.open.topic", "lab.sensor.read", "guest.>"];
const PUBLISHER = 0;

/** What changes while messages flow, the same on both sides. Returns whether it takes a while. */
function change(sides: readonly Side[], random: Random, numbers: { next: number }): boolean {
  const reader = 1 + random.nextInt(3);
  const what = random.nextInt(8);
  const filter = FILTERS[random.nextInt(FILTERS.length)] as string;
  const number = what < 3 ? numbers.next++ : 1 + random.nextInt(numbers.next);
  const group = random.nextInt(6) === 0 ? "team" : "";
  const mayPublish = random.nextInt(2) === 0;
  for (const side of sides) {
    if (what < 3)
      side.ask(reader, {
        case: "subscribe",
        value: { subscription: number, filter, queueGroup: group, maxInFlight: 0 },
      });
    else if (what < 5) side.ask(reader, { case: "unsubscribe", value: { subscription: number } });
    else if (what === 5) (side.wires[reader] as Wire).stalled = true;
    else if (what === 6) (side.wires[reader] as Wire).drain();
    else
      side.access.put({
        principal: {
          id: "lab",
          tenant: "t",
          trusted: false,
          capabilities: mayPublish ? CAPABILITIES : CAPABILITIES.slice(1),
        },
        keyHashes: [hashApiKey("key")],
      });
  }
  return what < 5;
}

async function round(seed: number, batches: number): Promise<number> {
  const random = createRandom(BigInt(seed));
  const isLimited = seed % 4 === 3;
  const form = (["frames", "records", "packed"] as const)[seed % 3] as Form;
  const sides = [new Side(seed, false, isLimited), new Side(seed, true, isLimited)] as const;
  const hostile = new Hostile(random);
  const makers: Record<Form, () => Buffer> = {
    frames: () => hostile.frame(hostile.envelope()),
    records: () => hostile.record(hostile.envelope()),
    packed: () => hostile.packed(),
  };
  const numbers = { next: 1 };
  for (const side of sides) {
    await side.settle();
    for (let place = 0; place < 4; place++) await side.connect(place, place === PUBLISHER ? form : "frames");
  }
  let rest = Buffer.alloc(0);
  for (let i = 0; i < batches; i++) {
    if (random.nextInt(12) === 0 && change(sides, random, numbers))
      for (const side of sides) await side.settle();
    const batch = hostile.batch(rest, () => makers[form]());
    rest = Buffer.from(batch.rest);
    for (const side of sides) {
      side.wires[PUBLISHER]?.handler.data(Buffer.from(batch.chunk));
      side.turn();
    }
    // What was logged is acknowledged now, not in the middle of something else.
    for (const side of sides) await side.settle(3);
    const [ours, oracle] = sides;
    for (let place = 0; place < 4; place++) {
      const made = ours.wires[place]?.take() as Buffer;
      const expected = oracle.wires[place]?.take() as Buffer;
      if (!made.equals(expected))
        expect({ seed, i, place, made: text(made) }).toEqual({ seed, i, place, made: text(expected) });
    }
    if (random.nextInt(10) === 0) for (const side of sides) side.time.advance(100);
    for (let place = 0; place < 4; place++) {
      if (!ours.wires[place]?.ended && !oracle.wires[place]?.ended) continue;
      for (const side of sides) await side.connect(place, place === PUBLISHER ? form : "frames");
      if (place === PUBLISHER) rest = Buffer.alloc(0);
    }
  }
  const [ours, oracle] = await Promise.all(sides.map((side) => side.counted()));
  expect(ours).toEqual(oracle);
  return ours?.delivered ?? 0;
}

const text = (bytes: Buffer): string => bytes.toString("latin1");

test(
  `${BATCHES} random and hostile batches give the same bytes with the kernel and without`,
  async () => {
    let delivered = 0;
    for (let done = 0; done < BATCHES; done += ROUND)
      delivered += await round(1 + done / ROUND, Math.min(ROUND, BATCHES - done));
    // Otherwise nothing was compared.
    expect(delivered).toBeGreaterThan(BATCHES);
  },
  Math.max(60_000, BATCHES * 5),
);
