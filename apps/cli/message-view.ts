/** Messages for people and for programs. */
import type { Json, JsonObject } from "@arqon/core/base";
import { type DescMessage, JobResultSchema, JobSchema, toJson } from "@arqon/core/wire";
import type { Message } from "@arqon/sdk";

/** Types shown with their fields; others as base64 of their bytes. */
const KNOWN: readonly DescMessage[] = [JobSchema, JobResultSchema];

/** A message as JSON; what is absent is left out. */
export function messageJson(message: Message): JsonObject {
  const { sequence, topic, producer, id, type, durability, schema, replyTo, form } = message;
  return {
    sequence,
    time: utc(message.timestampUs),
    topic,
    producer,
    id,
    type,
    durability,
    ...(schema && { schema }),
    ...(replyTo && { replyTo }),
    form,
    payload: payloadOf(message),
  };
}

/** A message in one line: sequence, UTC time, topic, producer, payload. */
export function messageLine(message: Message): string {
  const { sequence, topic, producer, timestampUs, form } = message;
  const payload = payloadOf(message);
  const text = form === "text" ? String(payload) : JSON.stringify(payload);
  return `${sequence}  ${utc(timestampUs)}  ${topic}  ${producer}  ${text}`;
}

/** e.g. "2026-08-01T12:00:00.000001Z". */
function utc(unixUs: number): string {
  const ms = new Date(Math.floor(unixUs / 1000)).toISOString().slice(0, -1);
  return `${ms}${String(unixUs % 1000).padStart(3, "0")}Z`;
}

function payloadOf(message: Message): Json {
  const { typeUrl = "", value = new Uint8Array() } = message.envelope.payload ?? {};
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  try {
    if (message.form === "json") return message.json();
    if (message.form === "text") return message.text();
    if (message.form === "bytes") return base64(message.bytes());
    if (message.form === "none") return null;
    const schema = KNOWN.find(({ typeName }) => typeName === name);
    if (schema) return { "@type": name, ...(toJson(schema, message.unpack(schema)) as JsonObject) };
  } catch {
    // Whoever published it did not check it: shown as what it is.
  }
  return { "@type": name, base64: base64(value) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
