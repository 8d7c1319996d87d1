/** Writes a publication's envelope by hand: the same bytes as the general encoder, without its objects. */
import { ArqonError, utf8 } from "@arqon/core/base";
import {
  BytesValueSchema,
  create,
  type DescMessage,
  requireTopic,
  StringValueSchema,
  toBinary,
} from "@arqon/core/wire";
import { json, type Payload, TypedPayload } from "./payload.ts";
import { varintBytes, writeVarint } from "./varint.ts";

/** The fields a publisher chooses. */
export interface Outgoing {
  /** 36 characters. */
  readonly id: string;
  readonly topic: string;
  /** Number of a MessageType. */
  readonly type: number;
  /** Number of a Durability. */
  readonly durability: number;
  readonly schema?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly trace?: Readonly<Record<string, string>> | undefined;
}

/** Names kept as bytes. */
const KEPT = 1_024;
const topics = new Map<string, Uint8Array>();
const typeUrls = new Map<string, Uint8Array>();
const encoder = new TextEncoder();
let room = new Uint8Array(4_096);

function remembered(
  table: Map<string, Uint8Array>,
  name: string,
  bytesOf: (name: string) => Uint8Array,
): Uint8Array {
  let bytes = table.get(name);
  if (!bytes) {
    bytes = bytesOf(name);
    if (table.size >= KEPT) table.clear();
    table.set(name, bytes);
  }
  return bytes;
}

const topicBytes = (topic: string): Uint8Array => utf8(requireTopic(topic));
const typeUrlBytes = (typeName: string): Uint8Array => utf8(`type.googleapis.com/${typeName}`);

function field(at: number, tag: number, bytes: Uint8Array): number {
  room[at] = tag;
  const to = writeVarint(room, at + 1, bytes.length);
  room.set(bytes, to);
  return to + bytes.length;
}

/**
 * The bytes of a message. They are valid until the next call: send or copy them first.
 * @throws ArqonError `TOPIC_INVALID`, and `JSON_INVALID` for what JSON cannot hold, such as undefined or NaN.
 */
export function encodeOutgoing(out: Outgoing, payload: Payload): Uint8Array<ArrayBuffer> {
  const topic = remembered(topics, out.topic, topicBytes);
  const replyTo = out.replyTo ? remembered(topics, out.replyTo, topicBytes) : undefined;
  const schema = out.schema ? utf8(out.schema) : undefined;
  const trace = out.trace ? traceBytes(out.trace) : undefined;
  let typeName: string = BytesValueSchema.typeName;
  let content: Uint8Array;
  /** Whether `content` stands in field 1 of the payload's message, rather than being it. */
  let wrapped = true;
  if (payload instanceof Uint8Array) content = payload;
  else if (typeof payload === "string") {
    if (!payload.isWellFormed()) throw new ArqonError("JSON_INVALID", "the text has a lone surrogate");
    typeName = StringValueSchema.typeName;
    content = encoder.encode(payload);
  } else {
    const { schema: kind, value } = (
      payload instanceof TypedPayload ? payload : json(payload)
    ) as TypedPayload<DescMessage>;
    typeName = kind.typeName;
    content = toBinary(kind, create(kind, value));
    wrapped = false;
  }
  const typeUrl = remembered(typeUrls, typeName, typeUrlBytes);
  const { length } = content;
  const valueBytes = wrapped && length > 0 ? 1 + varintBytes(length) + length : length;
  const anyBytes =
    1 +
    varintBytes(typeUrl.length) +
    typeUrl.length +
    (valueBytes > 0 ? 1 + varintBytes(valueBytes) + valueBytes : 0);
  const around = 80 + 2 * 258 + (schema ? schema.length + 6 : 0) + (trace ? trace.length : 0);
  if (room.length < around + anyBytes) room = new Uint8Array(2 * (around + anyBytes));
  room[0] = 0x0a;
  room[1] = out.id.length;
  for (let i = 0; i < out.id.length; i++) room[2 + i] = out.id.charCodeAt(i);
  let at = field(2 + out.id.length, 0x1a, topic);
  if (trace) {
    room.set(trace, at);
    at += trace.length;
  }
  room[at] = 0x42;
  at = writeVarint(room, at + 1, anyBytes);
  at = field(at, 0x0a, typeUrl);
  if (valueBytes > 0) {
    room[at] = 0x12;
    at = writeVarint(room, at + 1, valueBytes);
    if (wrapped) at = field(at, 0x0a, content);
    else {
      room.set(content, at);
      at += length;
    }
  }
  if (out.type !== 0) {
    room[at++] = 0x48;
    at = writeVarint(room, at, out.type);
  }
  if (schema) at = field(at, 0x5a, schema);
  if (out.durability !== 0) {
    room[at++] = 0x70;
    at = writeVarint(room, at, out.durability);
  }
  if (replyTo) {
    room[at++] = 0x82;
    at = field(at, 0x01, replyTo);
  }
  // A memory above 1 MiB is for this one message.
  const bytes = new Uint8Array(room.buffer, 0, at);
  if (room.length > 1_048_576) room = new Uint8Array(4_096);
  return bytes;
}

function traceBytes(trace: Readonly<Record<string, string>>): Uint8Array | undefined {
  const parts: number[] = [];
  for (const [key, value] of Object.entries(trace)) {
    const entry = [key, value].flatMap((text, i) => {
      const bytes = utf8(text);
      const length = new Uint8Array(5);
      return [0x0a + 8 * i, ...length.subarray(0, writeVarint(length, 0, bytes.length)), ...bytes];
    });
    const length = new Uint8Array(5);
    parts.push(0x32, ...length.subarray(0, writeVarint(length, 0, entry.length)), ...entry);
  }
  return parts.length > 0 ? Uint8Array.from(parts) : undefined;
}
