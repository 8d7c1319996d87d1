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
} from "@arqon/core/wire";

/** What the load can speak; "relay" is the bus's envelope without its operations. */
export type Protocol = "arqon" | "relay" | "nats-ws" | "nats-tcp";

const TOPIC = "sim.world1.entity.42";
const FILTER = "sim.*.entity.>";
/** The last twelve digits are replaced by the index of each message. */
const ID = "01980000-7a3b-7c11-9f00-0123456789ab";
const PAYLOAD = Buffer.alloc(
  1_024,
  Uint8Array.from({ length: 251 }, (_, i) => i),
);
PAYLOAD.write("PAYLOAD!");

/** Key or token that every server but the relay asks for. */
export const KEY = "bench";

/** Writes the files the load reads. @param kept  publications are kept in a log or stream and acknowledged. */
export function writeScript(folder: string, protocol: Protocol, kept?: "logged" | "synced"): void {
  const files = protocol.startsWith("nats") ? natsScript(kept !== undefined) : busScript(protocol, kept);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, `${name}.bin`), bytes);
}

function busScript(protocol: Protocol, kept?: "logged" | "synced"): Record<string, Uint8Array> {
  const op = (init: OpInit): Uint8Array => encodeMessage(opMessage(ID, 1n, init));
  const durability = { logged: Durability.LOGGED, synced: Durability.SYNCED, none: Durability.EPHEMERAL };
  const header = {
    id: ID,
    topic: TOPIC,
    type: MessageType.EVENT,
    schema: "arqonbus.sim.entity.v1",
    durability: durability[kept ?? "none"],
  };
  const publish = encodeMessage(messageWith(header, BytesValueSchema, { value: PAYLOAD }));
  if (protocol === "relay") return { publish };
  const hello = {
    versionMin: 1,
    versionMax: 1,
    reality: "bench",
    client: "bench",
    apiKey: KEY,
    features: ["ack-ranges"],
  };
  return {
    publish,
    hello: op({ case: "hello", value: hello }),
    subscribe: op({ case: "subscribe", value: { subscription: 1, filter: FILTER } }),
  };
}

function natsScript(kept: boolean): Record<string, Uint8Array> {
  const options = { verbose: false, pedantic: false, lang: "c", version: "1", protocol: 1, auth_token: KEY };
  const stream = JSON.stringify({
    name: "BENCH",
    subjects: ["sim.>"],
    storage: "file",
    num_replicas: 1,
    retention: "limits",
    discard: "old",
  });
  return {
    hello: Buffer.from(`CONNECT ${JSON.stringify(options)}\r\nPING\r\n`),
    subscribe: Buffer.from(`SUB ${FILTER} 1\r\nPING\r\n`),
    stream: Buffer.from(
      `SUB _INBOX.bench.* 1\r\nPUB $JS.API.STREAM.CREATE.BENCH _INBOX.bench.created ${stream.length}\r\n${stream}\r\n`,
    ),
    publish: Buffer.concat([
      Buffer.from(`PUB ${TOPIC} ${kept ? "_INBOX.bench.acks " : ""}${PAYLOAD.length}\r\n`),
      PAYLOAD,
      Buffer.from("\r\n"),
    ]),
  };
}
