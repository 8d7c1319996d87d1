/** Changed parameters of a replay: a value at a place in the payloads of a topic. */
import { ArqonError, type Json, parseJson } from "@arqon/core/base";
import {
  type ArqonMessage,
  anyPack,
  filterMatches,
  fromJson,
  requireFilter,
  ValueSchema,
} from "@arqon/core/wire";
import { payloadJson } from "./output.ts";

/** One change. */
export interface Override {
  readonly filter: string;
  /** JSON Pointer (RFC 6901) of a value that is there; "" is the whole payload. */
  readonly pointer: string;
  readonly value: Json;
}

/** Reads `FILTER#POINTER=VALUE`, e.g. `lab.config.set#/rate=3.9`. @throws ArqonError `USAGE`, `TOPIC_INVALID` */
export function parseOverride(text: string): Override {
  const [, filter = "", pointer = "", value = ""] = /^([^#]+)#((?:\/[^=]*)?)=(.*)$/s.exec(text) ?? [];
  if (filter === "")
    throw new ArqonError("USAGE", `"${text}": expected FILTER#/POINTER=VALUE, e.g. lab.config.set#/rate=3.9`);
  return {
    filter: requireFilter(filter),
    pointer,
    value: parseJson(value, `the value of ${filter}#${pointer}`),
  };
}

/**
 * The message with what the overrides change, or the same one when they change nothing.
 * Only JSON payloads are changed, and only where the pointer leads to something.
 */
export function overridden(message: ArqonMessage, overrides: readonly Override[]): ArqonMessage {
  const fitting = overrides.filter(({ filter }) => filterMatches(filter, message.topic));
  if (fitting.length === 0 || !message.payload?.typeUrl.endsWith("/google.protobuf.Value")) return message;
  const before = payloadJson(message);
  const after = fitting.reduce<Json>(
    (json, { pointer, value }) => replaceAt(json, tokensOf(pointer), value),
    before,
  );
  if (after === before) return message;
  return { ...message, payload: anyPack(ValueSchema, fromJson(ValueSchema, after as never)) };
}

function tokensOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value with another one at a place; the same one, when the place is not there. */
function replaceAt(json: Json, [token, ...rest]: readonly string[], value: Json): Json {
  if (token === undefined) return value;
  if (json === null || typeof json !== "object") return json;
  const isPlace = Array.isArray(json) ? /^(0|[1-9][0-9]*)$/.test(token) : true;
  const fields = json as { readonly [key: string]: Json };
  if (!isPlace || !Object.hasOwn(fields, token)) return json;
  const before = fields[token] as Json;
  const after = replaceAt(before, rest, value);
  if (after === before) return json;
  if (Array.isArray(json)) return json.with(Number(token), after);
  return { ...fields, [token]: after };
}
