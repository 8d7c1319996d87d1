/** What a message can carry, and how it looks on the wire. */
import { ArqonError, canonicalJson, type Json } from "@arqon/core/base";
import {
  type ArqonMessage,
  BytesValueSchema,
  create,
  type DescMessage,
  fromJson,
  type MessageInit,
  type MessageInitShape,
  messageWith,
  payloadOf,
  StringValueSchema,
  toJson,
  ValueSchema,
} from "@arqon/core/wire";

/** A protobuf message with its type; made by {@link typed}. */
export class TypedPayload<D extends DescMessage = DescMessage> {
  readonly schema: D;
  readonly value: MessageInitShape<D>;

  constructor(schema: D, value: MessageInitShape<D>) {
    this.schema = schema;
    this.value = value;
  }
}

/** A payload that is a protobuf message of its own type. */
export function typed<D extends DescMessage>(schema: D, value: MessageInitShape<D>): TypedPayload<D> {
  return new TypedPayload(schema, value);
}

/** A payload that is JSON whatever it is; a bare string would otherwise travel as text. @throws ArqonError `JSON_INVALID` */
export function json(value: Json): TypedPayload<typeof ValueSchema> {
  // Called for what it refuses, by path: undefined, NaN, lone surrogates, class instances.
  canonicalJson(value);
  return new TypedPayload(ValueSchema, fromJson(ValueSchema, value as never));
}

/** Text and bytes travel as such, a {@link TypedPayload} as its own type, everything else as JSON. */
export type Payload = Json | Uint8Array | TypedPayload;

/** Forms of a payload; "none" is an absent one. */
export type PayloadForm = "json" | "text" | "bytes" | "typed" | "none";

/**
 * A message that carries `payload`.
 * @throws ArqonError `JSON_INVALID` for what JSON cannot hold, such as undefined or NaN.
 */
export function messageOf(init: MessageInit, payload: Payload): ArqonMessage {
  if (typeof payload === "string" && !payload.isWellFormed())
    throw new ArqonError("JSON_INVALID", "the text has a lone surrogate");
  if (typeof payload === "string") return messageWith(init, StringValueSchema, { value: payload });
  if (payload instanceof Uint8Array) return messageWith(init, BytesValueSchema, { value: payload });
  const { schema, value } = payload instanceof TypedPayload ? payload : (json(payload) as TypedPayload);
  return messageWith(init, schema, create(schema, value));
}

const FORMS: Readonly<Record<string, PayloadForm>> = {
  "type.googleapis.com/google.protobuf.Value": "json",
  "type.googleapis.com/google.protobuf.StringValue": "text",
  "type.googleapis.com/google.protobuf.BytesValue": "bytes",
};

/** In which form a message carries its payload. */
export function formOf(message: ArqonMessage): PayloadForm {
  const url = message.payload?.typeUrl;
  return url ? (FORMS[url] ?? "typed") : "none";
}

/** A JSON payload. @throws ArqonError `WIRE_MALFORMED` for another form. */
export function jsonOf(message: ArqonMessage): Json {
  return toJson(ValueSchema, payloadOf(message, ValueSchema)) as Json;
}

/** A text payload. @throws ArqonError `WIRE_MALFORMED` for another form. */
export function textOf(message: ArqonMessage): string {
  return payloadOf(message, StringValueSchema).value;
}

/** A bytes payload. @throws ArqonError `WIRE_MALFORMED` for another form. */
export function bytesOf(message: ArqonMessage): Uint8Array {
  return payloadOf(message, BytesValueSchema).value;
}
