/** The JSON subprotocol: canonical ProtoJSON of the same ArqonMessages, one in each text message. */
import {
  ArqonError,
  fromBase64,
  fromUtf8,
  type Json,
  type JsonObject,
  parseJson,
  toBase64,
  utf8,
} from "@arqon/core/base";
import {
  type ArqonMessage,
  ArqonMessageSchema,
  anyPack,
  decodeMessage,
  encodeMessage,
  file_arqon_v1_error,
  file_arqon_v1_job,
  file_arqon_v1_message,
  file_arqon_v1_op,
  file_arqon_v1_sam,
  fromJson,
  OpSchema,
  payloadOf,
  toJson,
} from "@arqon/core/wire";
import { createRegistry, fromJsonString, type JsonValue } from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";

/** WebSocket subprotocol of messages as ProtoJSON. */
export const JSON_SUBPROTOCOL = "arqonbus.v1.json";

/** Objects and arrays inside one another in one message; the decoder allows a hundred messages in one another. */
const MAX_DEPTH = 200;

/** The payloads that have a JSON form of their own. */
const registry = createRegistry(
  file_arqon_v1_error,
  file_arqon_v1_job,
  file_arqon_v1_message,
  file_arqon_v1_op,
  file_arqon_v1_sam,
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
);
const options = { registry, ignoreUnknownFields: true };

/**
 * The bytes of a message from its JSON text.
 * @throws ArqonError `WIRE_MALFORMED` when it is not the ProtoJSON of an ArqonMessage.
 */
export function messageFromJson(text: Uint8Array): Uint8Array {
  checkDepth(text);
  const json = fromUtf8(text);
  try {
    return encodeMessage(fromJsonString(ArqonMessageSchema, json, options));
  } catch (thrown) {
    const message = withForeignPayload(json);
    if (message) return encodeMessage(message);
    throw malformed((thrown as Error).message, thrown);
  }
}

/**
 * The JSON text of a message. A payload of a type the bus does not know, or that has no JSON form, such as a NaN, is
 * `{"@type": its type, "value": its bytes in base64}`.
 */
export function jsonFromMessage(bytes: Uint8Array): Uint8Array {
  const message = decodeMessage(bytes);
  if (message.topic === "sys.session.history_page") pagesAsJson(message);
  try {
    return utf8(JSON.stringify(toJson(ArqonMessageSchema, message, options)));
  } catch {
    const { payload, ...rest } = message;
    const json = toJson(ArqonMessageSchema, rest) as JsonObject;
    const foreign = { "@type": payload?.typeUrl ?? "", value: toBase64(payload?.value ?? new Uint8Array(0)) };
    return utf8(JSON.stringify({ ...json, payload: foreign }));
  }
}

/** A message whose payload is of a type the bus does not know, in the form {@link jsonFromMessage} gives it. */
function withForeignPayload(json: string): ArqonMessage | undefined {
  try {
    const { payload, ...rest } = parseJson(json, "a message") as { [name: string]: Json };
    const { "@type": typeUrl, value, ...more } = payload as { [name: string]: Json };
    if (typeof typeUrl !== "string" || typeof value !== "string" || Object.keys(more).length > 0)
      return undefined;
    if (registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf("/") + 1))) return undefined;
    const message = fromJson(ArqonMessageSchema, rest as JsonValue, options);
    message.payload = { $typeName: "google.protobuf.Any", typeUrl, value: fromBase64(value) };
    return message;
  } catch {
    return undefined;
  }
}

/** A page of history holds messages as they were delivered: to this client, as JSON. */
function pagesAsJson(message: ArqonMessage): void {
  const op = payloadOf(message, OpSchema);
  if (op.op.case !== "historyPage") return;
  op.op.value.messages = op.op.value.messages.map(jsonFromMessage);
  message.payload = anyPack(OpSchema, op);
}

/** Depth is checked before anything is built. */
function checkDepth(text: Uint8Array): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    if (quoted) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MAX_DEPTH) throw malformed(`more than ${MAX_DEPTH} levels at byte ${at}`);
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
}

const malformed = (why: string, cause?: unknown): ArqonError =>
  new ArqonError("WIRE_MALFORMED", `not the JSON of an ArqonMessage: ${why.slice(0, 300)}`, { cause });
