/** JSON for people and programs. JavaScript moves keys such as "11" before "00": objects that hold any are sorted instead. */
import type { Json, JsonObject } from "@arqon/core/base";

/** Indented JSON. Keys stand in the order of the object, or sorted where JavaScript has no order of its own to keep. */
export function orderedJson(value: Json, indent = ""): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item: Json) => inner + orderedJson(item, inner))
    : keysOf(value as JsonObject).map(
        (key) => `${inner}${JSON.stringify(key)}: ${orderedJson((value as JsonObject)[key] as Json, inner)}`,
      );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return items.length === 0 ? `${open}${close}` : `${open}\n${items.join(",\n")}\n${indent}${close}`;
}

function keysOf(object: JsonObject): string[] {
  const keys = Object.keys(object);
  return keys.some((key) => /^(0|[1-9][0-9]*)$/.test(key)) ? keys.sort() : keys;
}
