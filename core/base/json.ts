/** JSON values, and their one canonical text (RFC 8785). */
import canonicalize from "canonicalize";
import { fromUtf8, utf8 } from "./bytes.ts";
import { ArqonError } from "./errors.ts";

/** Anything JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

function check(value: unknown, path: string, depth: number): void {
  if (depth > 128) throw new ArqonError("JSON_INVALID", `${path} is nested more than 128 deep`);
  if (value === null || typeof value === "boolean") return;
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new ArqonError("JSON_INVALID", `${path} has a lone surrogate`);
    return;
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value))
      throw new ArqonError("JSON_INVALID", `${path} is ${value}, which JSON cannot hold`);
    return;
  }
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      check(item, `${path}/${i}`, depth + 1);
    });
    return;
  }
  if (
    typeof value === "object" &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
  ) {
    for (const [key, item] of Object.entries(value)) {
      if (!key.isWellFormed())
        throw new ArqonError("JSON_INVALID", `${path} has a key with a lone surrogate`);
      check(item, `${path}/${key}`, depth + 1);
    }
    return;
  }
  throw new ArqonError("JSON_INVALID", `${path || "value"} is ${typeof value}, which JSON cannot hold`);
}

/**
 * The canonical text of a value: keys sorted, no spaces, numbers as ECMAScript writes them.
 * @throws ArqonError `JSON_INVALID` for undefined, NaN, infinities, BigInt, lone surrogates and class instances.
 */
export function canonicalJson(value: Json): string {
  check(value, "", 0);
  return canonicalize(value) as string;
}

/** The canonical text as UTF-8 followed by one line feed: the form of every JSON file in a bundle. */
export function canonicalJsonFile(value: Json): Uint8Array<ArrayBuffer> {
  return utf8(`${canonicalJson(value)}\n`);
}

/** Parses JSON. @throws ArqonError `JSON_INVALID`, naming `what`. */
export function parseJson(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", `${what}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Parses UTF-8 bytes that must be canonical JSON, with or without the final line feed of a file.
 * Duplicate keys and rounded integers are found because the bytes then differ from their canonical form.
 * @throws ArqonError `JSON_INVALID`, naming `what`.
 */
export function parseCanonicalJson(bytes: Uint8Array, what: string): Json {
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", `${what} is not UTF-8`, { cause });
  }
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  const value = parseJson(body, what);
  if (canonicalJson(value) !== body)
    throw new ArqonError("JSON_INVALID", `${what} is not canonical JSON (RFC 8785)`);
  return value;
}

/** Narrows to an object. @throws ArqonError `JSON_INVALID`, naming `what`. */
export function jsonObject(value: Json | undefined, what: string): JsonObject {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new ArqonError("JSON_INVALID", `${what} must be a JSON object`);
  return value as JsonObject;
}
