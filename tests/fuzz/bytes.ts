/** Makes input: messages by their structure, then spoiled: bits, lengths, cuts, joins and repeats. */
import type { Random } from "@arqon/core/base";
import {
  anyPack,
  create,
  type Durability,
  encodeMessage,
  MessageType,
  messageWith,
  type OpInit,
  OpSchema,
  StringValueSchema,
} from "@arqon/core/wire";

/** Numbers at which something changes its size or its meaning. */
const EDGES = [
  0,
  1,
  2,
  15,
  16,
  125,
  126,
  127,
  128,
  255,
  256,
  4_095,
  4_096,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 32 - 1,
];
const TOKENS = [
  "a",
  "b",
  "lab",
  "jobs",
  "results",
  "*",
  ">",
  "",
  "..",
  "x".repeat(70),
  "é",
  "_-9",
  "sys",
  "session",
];
const ID = "01980000-7a3b-7c11-9f00-";

/** Input of one seed. */
export class Bytes {
  readonly random: Random;
  /** Inputs that were made before; some are spoiled again. */
  readonly #corpus: Uint8Array[] = [];
  #made = 0;

  constructor(random: Random) {
    this.random = random;
  }

  one<T>(list: readonly T[]): T {
    return list[this.random.nextInt(list.length)] as T;
  }

  edge(): number {
    return this.random.nextInt(3) === 0 ? this.random.nextInt(300) : this.one(EDGES);
  }

  id(): string {
    return ID + (this.#made++ % 0xffff_ffff).toString(16).padStart(12, "0");
  }

  topic(): string {
    return Array.from({ length: 1 + this.random.nextInt(5) }, () => this.one(TOKENS)).join(".");
  }

  noise(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.random.nextU32();
    return bytes;
  }

  /** A message of a client, sound more often than not. */
  message(): Uint8Array {
    const { random } = this;
    const topic =
      random.nextInt(3) === 0 ? this.topic() : this.one(["lab.a.b", "lab.b.a", "lab.jobs", "inbox.x.1"]);
    return encodeMessage(
      messageWith(
        {
          id: random.nextInt(8) === 0 ? this.one(["", "no", ID]) : this.id(),
          topic,
          type: random.nextInt(9) as MessageType,
          durability: random.nextInt(5) as Durability,
          replyTo: random.nextInt(6) === 0 ? this.topic() : "",
          schema: random.nextInt(6) === 0 ? "x.v1" : "",
        },
        StringValueSchema,
        { value: "x".repeat(random.nextInt(60)) },
      ),
    );
  }

  /** An operation of a client: subscriptions, queries of history, jobs, and answers no client may give. */
  op(): Uint8Array {
    const { random } = this;
    const big = (): bigint => BigInt(this.edge());
    const ops: readonly (() => OpInit)[] = [
      () => ({ case: "ping", value: { sentUnixUs: big() } }),
      () => ({
        case: "subscribe",
        value: {
          subscription: this.edge() % 2 ** 32,
          filter: this.topic(),
          queueGroup: this.one(["", "g"]),
          maxInFlight: this.edge() % 2 ** 32,
        },
      }),
      () => ({ case: "unsubscribe", value: { subscription: this.edge() % 2 ** 32 } }),
      () => ({
        case: "historyGet",
        value: {
          filter: this.one([this.topic(), ">", "lab.>"]),
          fromSequence: big(),
          toSequence: big(),
          fromUnixUs: big(),
          toUnixUs: big(),
          limit: this.edge() % 2 ** 32,
        },
      }),
      () => ({
        case: "jobGet",
        value: { jobId: this.one(["", this.id(), "x"]), watch: random.nextInt(2) === 0 },
      }),
      () => ({
        case: "jobExtend",
        value: {
          jobId: this.id(),
          attempt: this.edge() % 2 ** 32,
          progress: this.one([0, -1, 2, Number.NaN]),
        },
      }),
      () => ({ case: "jobRelease", value: { jobId: this.id(), attempt: 1, delayMs: this.edge() % 2 ** 32 } }),
      () => ({ case: "jobCancel", value: { jobId: this.id(), reason: this.topic() } }),
      () => ({ case: "credit", value: { messages: this.edge() % 2 ** 32, bytes: big() } }),
      () => ({
        case: "hello",
        value: {
          versionMin: this.edge() % 2 ** 32,
          versionMax: this.edge() % 2 ** 32,
          apiKey: this.topic(),
          reality: this.topic(),
        },
      }),
      () => ({ case: "publishAck", value: { messageId: this.id(), sequence: big() } }),
    ];
    const op = create(OpSchema, { corr: big(), op: this.one(ops)() });
    return encodeMessage({
      ...messageWith(
        { id: this.id(), topic: "sys.session.op", type: MessageType.CONTROL },
        StringValueSchema,
        {},
      ),
      payload: anyPack(OpSchema, op),
    });
  }

  /** The input, or a spoiled copy of it. */
  spoiled(bytes: Uint8Array): Uint8Array {
    const { random } = this;
    if (random.nextInt(4) === 0) return bytes;
    let out = Uint8Array.from(
      this.#corpus.length > 0 && random.nextInt(6) === 0 ? this.one(this.#corpus) : bytes,
    );
    for (let i = 1 + random.nextInt(3); i > 0 && out.length > 0; i--) {
      const at = random.nextInt(out.length);
      const choice = random.nextInt(6);
      if (choice === 0) out[at] = (out[at] as number) ^ (1 << random.nextInt(8));
      else if (choice === 1) out[at] = this.one([0, 0x7f, 0x80, 0xff]);
      else if (choice === 2) out = out.slice(0, at);
      else if (choice === 3)
        out = Uint8Array.from([
          ...out.subarray(0, at),
          ...this.noise(1 + random.nextInt(9)),
          ...out.subarray(at),
        ]);
      else if (choice === 4)
        out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(random.nextInt(out.length))]);
      else out.copyWithin(at, random.nextInt(out.length));
    }
    if (out.length < 4_096) this.#corpus[random.nextInt(256) % (this.#corpus.length + 1)] = out;
    return out;
  }
}

/** A frame of a client. @param spoil  sets reserved bits, lengths and masks that must be refused. */
export function clientFrame(bytes: Bytes, payload: Uint8Array, spoil: boolean): Uint8Array {
  const { random } = bytes;
  let first = 0x80 | (spoil ? random.nextInt(16) : 2);
  if (spoil && random.nextInt(4) === 0) first ^= 1 << (4 + random.nextInt(4));
  const isMasked = !(spoil && random.nextInt(8) === 0);
  const { length } = payload;
  const head =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 255]
        : [127, 0, 0, 0, 0, (length >>> 24) & 255, (length >> 16) & 255, (length >> 8) & 255, length & 255];
  if (spoil && random.nextInt(8) === 0) head[0] = random.nextInt(128);
  head[0] = (head[0] as number) | (isMasked ? 0x80 : 0);
  const key = isMasked ? [...bytes.noise(4)] : [];
  const out = new Uint8Array(1 + head.length + key.length + length);
  out.set([first, ...head, ...key]);
  const at = 1 + head.length + key.length;
  for (let i = 0; i < length; i++)
    out[at + i] = (payload[i] as number) ^ (isMasked ? (key[i & 3] as number) : 0);
  return out;
}

/** A message behind its length, as on TCP. */
export function record(message: Uint8Array): Uint8Array {
  const head: number[] = [];
  let rest = message.length;
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128);
  return Uint8Array.from([...head, rest, ...message]);
}
