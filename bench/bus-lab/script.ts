/** What the C load says to each kind of server: the bytes of its handshake and of one publication. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BytesValueSchema,
  Durability,
  encodeMessage,
  MessageType,
  messageWith,
  type OpInit,
  opMessage,
  ValueSchema,
} from "@arqon/core/wire";
import { jsonFromMessage } from "../../bus/shield/json-messages.ts";

/** What the load can speak; "relay" and "ws" are relays, with the bus's envelope without its operations. */
export type Protocol =
  | "arqon"
  | "arqon-packed"
  | "arqon-tcp"
  | "arqon-json"
  | "relay"
  | "ws"
  | "nats-ws"
  | "nats-tcp"
  | "redis"
  | "mosquitto-ws"
  | "socket.io";

/** What is said, beside the protocol. */
export interface ScriptTraits {
  /** Publications are kept in a log or stream and acknowledged. */
  readonly kept?: "logged" | "synced";
  /** 1,024 when left out; at least 16. */
  readonly payloadBytes?: number;
  /** Topics have numbers: one for each publisher and its reader ("pairs"), or one publisher goes through them ("topics"). */
  readonly numbered?: "pairs" | "topics";
  /** Readers name the one topic, without wildcards. */
  readonly exact?: boolean;
  /** Messages belong to a trace. */
  readonly traced?: boolean;
  /** Both sides send no more than the other granted. */
  readonly credit?: boolean;
  readonly reality?: string;
  /** Subscriptions of each connection that stands by. */
  readonly standing?: number;
}

/** Key, token or password that every server but a relay asks for. */
export const KEY = "bench";

/** The last twelve digits are replaced by the index of each message. */
const ID = "01980000-7a3b-7c11-9f00-0123456789ab";
const CREDIT = { messages: 1_024, bytes: 4n << 20n };

type Files = Record<string, Uint8Array | string | undefined>;

/** Writes the files the load reads. */
export function writeScript(folder: string, protocol: Protocol, traits: ScriptTraits): void {
  const write = { arqon: busScript, nats: natsScript, redis: redisScript, mosquitto: mqttScript };
  const family = protocol.split("-")[0] as keyof typeof write;
  const files =
    protocol === "socket.io" ? socketIoScript(traits) : (write[family] ?? busScript)(traits, protocol);
  for (const [name, bytes] of Object.entries(files))
    if (bytes !== undefined) writeFileSync(join(folder, `${name}.bin`), bytes);
}

const topicOf = ({ numbered }: ScriptTraits): string => `sim.world1.entity.${numbered ? "t000000" : "42"}`;

function filterOf(traits: ScriptTraits): string {
  if (traits.exact) return topicOf(traits);
  return traits.numbered === "pairs" ? "sim.*.entity.t000000" : "sim.*.entity.>";
}

/** A filter that begins as the topics do, and matches none of them. */
const STANDING = "sim.*.entity.t000000.more.>";

function payloadOf({ payloadBytes = 1_024 }: ScriptTraits): Buffer {
  const payload = Buffer.alloc(
    payloadBytes,
    Uint8Array.from({ length: 251 }, (_, i) => i),
  );
  payload.write("PAYLOAD!");
  return payload;
}

function busScript(traits: ScriptTraits, protocol: Protocol): Files {
  const isJson = protocol === "arqon-json";
  const form = isJson ? jsonFromMessage : (bytes: Uint8Array): Uint8Array => bytes;
  const op = (init: OpInit, corr = 1n): Uint8Array => form(encodeMessage(opMessage(ID, corr, init)));
  const durability = { logged: Durability.LOGGED, synced: Durability.SYNCED, none: Durability.EPHEMERAL };
  const header = {
    id: ID,
    topic: topicOf(traits),
    type: MessageType.EVENT,
    schema: "arqonbus.sim.entity.v1",
    durability: durability[traits.kept ?? "none"],
    ...(traits.traced && {
      traceContext: { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
    }),
  };
  const text = `PAYLOAD!${"0".repeat(16)}`.padEnd(traits.payloadBytes ?? 1_024, "x");
  const message = isJson
    ? messageWith(header, ValueSchema, { kind: { case: "stringValue", value: text } })
    : messageWith(header, BytesValueSchema, { value: payloadOf(traits) });
  const publish = form(encodeMessage(message));
  if (!protocol.startsWith("arqon")) return { publish };
  const hello = {
    versionMin: 1,
    versionMax: 1,
    reality: traits.reality ?? "bench",
    client: "bench",
    apiKey: KEY,
    features: [
      "ack-ranges",
      ...(protocol === "arqon-packed" ? ["packing"] : []),
      ...(traits.credit ? ["credit"] : []),
    ],
    ...(traits.credit && { receiveMessages: 8 * CREDIT.messages, receiveBytes: 8n * CREDIT.bytes }),
  };
  const subscribe = (subscription: number, filter: string): Uint8Array =>
    op({ case: "subscribe", value: { subscription, filter } });
  return {
    publish,
    hello: op({ case: "hello", value: hello }),
    welcome: "sys.session.welcome",
    subscribe: subscribe(1, filterOf(traits)),
    watch: subscribe(1, "sim.>"),
    done: "sys.session.done",
    credit: traits.credit ? op({ case: "credit", value: CREDIT }, 0n) : undefined,
    bystanders: listed(traits.standing, (i) => subscribe(i + 1, STANDING)),
  };
}

/** Requests, each behind its length. */
function listed(count: number | undefined, request: (i: number) => Uint8Array): Uint8Array | undefined {
  if (!count) return undefined;
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => {
      const bytes = request(i);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );
}

function natsScript(traits: ScriptTraits): Files {
  const options = { verbose: false, pedantic: false, lang: "c", version: "1", protocol: 1, auth_token: KEY };
  const stream = JSON.stringify({
    name: "BENCH",
    subjects: ["sim.>"],
    storage: "file",
    num_replicas: 1,
    retention: "limits",
    discard: "old",
  });
  const payload = payloadOf(traits);
  const inbox = traits.kept ? "_INBOX.bench.acks " : "";
  return {
    hello: `CONNECT ${JSON.stringify(options)}\r\nPING\r\n`,
    welcome: "PONG",
    subscribe: `SUB ${filterOf(traits)} 1\r\nPING\r\n`,
    watch: "SUB sim.> 1\r\nPING\r\n",
    done: "PONG",
    bystanders: listed(traits.standing, (i) => Buffer.from(`SUB ${STANDING} ${i + 1}\r\nPING\r\n`)),
    stream: `SUB _INBOX.bench.* 1\r\nPUB $JS.API.STREAM.CREATE.BENCH _INBOX.bench.created ${stream.length}\r\n${stream}\r\n`,
    publish: Buffer.concat([
      Buffer.from(`PUB ${topicOf(traits)} ${inbox}${payload.length}\r\n`),
      payload,
      Buffer.from("\r\n"),
    ]),
  };
}

function redisScript(traits: ScriptTraits): Files {
  const command = (...words: (string | Uint8Array)[]): Buffer =>
    Buffer.concat([
      Buffer.from(`*${words.length}\r\n`),
      ...words.flatMap((word) => [
        Buffer.from(`$${word.length}\r\n`),
        Buffer.from(word),
        Buffer.from("\r\n"),
      ]),
    ]);
  return {
    hello: command("AUTH", KEY),
    welcome: "+OK\r\n",
    subscribe: command("PSUBSCRIBE", "sim.*.entity.*"),
    done: ":1\r\n",
    publish: command("PUBLISH", topicOf(traits), payloadOf(traits)),
  };
}

function mqttScript(traits: ScriptTraits): Files {
  const text = (value: string): number[] => [value.length >> 8, value.length & 255, ...Buffer.from(value)];
  const packet = (type: number, body: Iterable<number>): Buffer => {
    const bytes = Buffer.from([...body]);
    const length: number[] = [];
    for (let left = bytes.length; left > 0 || length.length === 0; left >>= 7)
      length.push((left & 127) | (left > 127 ? 128 : 0));
    return Buffer.concat([Buffer.from([type, ...length]), bytes]);
  };
  const topic = topicOf(traits).replaceAll(".", "/");
  return {
    // Version 3.1.1, name, password and a clean session; no keep-alive, the server chooses the client's id.
    hello: packet(0x10, [...text("MQTT"), 4, 0xc2, 0, 0, ...text(""), ...text(KEY), ...text(KEY)]),
    welcome: Buffer.from([0x20, 2, 0, 0]),
    subscribe: packet(0x82, [0, 1, ...text("sim/+/entity/#"), 0]),
    done: Buffer.from([0x90, 3, 0, 1, 0]),
    publish: packet(0x30, [...text(topic), ...payloadOf(traits)]),
  };
}

function socketIoScript(traits: ScriptTraits): Files {
  const topic = topicOf(traits);
  return {
    hello: `40${JSON.stringify({ token: KEY })}`,
    welcome: '40{"sid"',
    subscribe: `421${JSON.stringify(["subscribe", topic])}`,
    done: "431[]",
    // A text that says that one binary message follows, and then that one.
    prefix: `451-${JSON.stringify(["publish", topic, { _placeholder: true, num: 0 }])}`,
    publish: payloadOf(traits),
  };
}
