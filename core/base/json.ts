/** JSON values, and their one canonical text (RFC 8785). */
import canonicalize from "canonicalize";
import { fromUtf8, utf8 } from "./bytes.ts";
import { ArqonError } from "./errors.ts";
import { hasNonNumber, repeatsKey } from "./json-ambiguous.ts";

/** Anything JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

const MOST_DEEP = 128;

function refuse(path: readonly (string | number)[], what: string): never {
  throw new ArqonError("JSON_INVALID", `${path.length > 0 ? `/${path.join("/")}` : "value"} ${what}`);
}

/** Stands for a value that `JSON.stringify` would not write with its keys in their canonical order. */
const UNORDERED = Symbol("unordered");

/** Keys that the language puts before all others, and the one that is not a key like others. */
const INDEX = /^(?:\d{1,10}|__proto__)$/;

/** Whether it is a leaf that JSON can hold: most of a document, so nothing is made of it. */
function isSoundLeaf(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      return value.isWellFormed();
    case "number":
      return Number.isFinite(value);
    case "boolean":
      return true;
  }
  return value === null;
}

/**
 * Checks a value and gives one that `JSON.stringify` writes canonically: the same where its keys stand in order, otherwise
 * a copy; `UNORDERED` where the language puts keys first that look like an index.
 */
function ordered(value: unknown, path: (string | number)[]): unknown {
  if (path.length > MOST_DEEP) refuse(path, `is nested more than ${MOST_DEEP} deep`);
  if (isSoundLeaf(value)) return value;
  if (Array.isArray(value)) return orderedArray(value, path);
  if (typeof value === "object" && value !== null) return orderedObject(value, path);
  if (typeof value === "string") refuse(path, "has a lone surrogate");
  return refuse(path, `is ${typeof value === "number" ? value : typeof value}, which JSON cannot hold`);
}

/** As {@link ordered}, of what is in another value. */
function orderedWithin(value: unknown, at: string | number, path: (string | number)[]): unknown {
  if (path.length < MOST_DEEP && isSoundLeaf(value)) return value;
  path.push(at);
  const item = ordered(value, path);
  path.pop();
  return item;
}

function orderedArray(items: readonly unknown[], path: (string | number)[]): unknown {
  let copy: unknown[] | undefined;
  let whole = true;
  for (let i = 0; i < items.length; i++) {
    const item = orderedWithin(items[i], i, path);
    if (item === UNORDERED) whole = false;
    else if (item !== items[i]) {
      copy ??= items.slice();
      copy[i] = item;
    }
  }
  return whole ? (copy ?? items) : UNORDERED;
}

function orderedObject(value: object, path: (string | number)[]): unknown {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    refuse(path, "is an object of a class, which JSON cannot hold");
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object);
  let inOrder = true;
  let whole = true;
  let changed: unknown[] | undefined;
  let before = "";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (!key.isWellFormed()) refuse(path, "has a key with a lone surrogate");
    if (key < before) inOrder = false;
    before = key;
    const item = orderedWithin(object[key], key, path);
    if (item === UNORDERED) whole = false;
    else if (item !== object[key]) {
      changed ??= keys.map((name) => object[name]);
      changed[i] = item;
    }
  }
  if (!whole) return UNORDERED;
  if (inOrder && !changed) return object;
  if (keys.some((key) => INDEX.test(key))) return UNORDERED;
  const copy: Record<string, unknown> = {};
  if (changed) {
    const order = keys.map((key, i) => [key, i] as const).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, i] of order) copy[key] = changed[i];
  } else for (const key of keys.sort()) copy[key] = object[key];
  return copy;
}

/**
 * Whether `JSON.stringify` certainly writes a value canonically, but for lone surrogates: nothing in it that JSON cannot
 * hold, and all keys in order, as in most values. False says nothing.
 */
function isOrdered(value: unknown, depth: number): boolean {
  if (typeof value !== "object") return isSoundOrText(value);
  if (value === null) return true;
  if (depth === MOST_DEEP) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isOrdered(value[i], depth + 1)) return false;
    return true;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  let before = "";
  // The fastest way through an object; what is inherited is not written, and at most out of order.
  for (const key in value) {
    if (!isOrdered((value as Record<string, unknown>)[key], depth + 1) || key < before) return false;
    before = key;
  }
  return true;
}

const isSoundOrText = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);

/**
 * The canonical text of a value: keys sorted, no spaces, numbers as ECMAScript writes them.
 * @throws ArqonError `JSON_INVALID` for undefined, NaN, infinities, BigInt, lone surrogates and class instances.
 */
export function canonicalJson(value: Json): string {
  if (isOrdered(value, 0)) {
    const text = JSON.stringify(value);
    // So it writes a lone surrogate; a text may hold the same letters.
    if (!text.includes("\\ud")) return text;
  }
  const written = ordered(value, []);
  return written === UNORDERED ? (canonicalize(value) as string) : JSON.stringify(written);
}

/** The canonical text as UTF-8 followed by one line feed: the form of every JSON file in a bundle. */
export function canonicalJsonFile(value: Json): Uint8Array<ArrayBuffer> {
  return utf8(`${canonicalJson(value)}\n`);
}

/**
 * Parses JSON that anyone wrote.
 * @throws ArqonError `JSON_INVALID`; `JSON_AMBIGUOUS` for an object with a key given twice, of which readers take another one.
 */
export function parseJson(text: string, what: string): Json {
  const value = parsed(text, what);
  if (repeatsKey(text)) throw repeated(what);
  return value;
}

const repeated = (what: string): ArqonError =>
  new ArqonError("JSON_AMBIGUOUS", `${what} has an object with a key given twice`);

function parsed(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    // The runtime quotes the text as it is; a message is one line.
    const why = (cause as Error).message.replace(/\p{Cc}/gu, (control) =>
      JSON.stringify(control).slice(1, -1),
    );
    throw new ArqonError("JSON_INVALID", `${what}: ${why}`, { cause });
  }
}

/**
 * Parses UTF-8 bytes that must be canonical JSON, with or without the final line feed of a file.
 * Duplicate keys and rounded integers are found because the bytes then differ from their canonical form.
 * @throws ArqonError `LIMIT_EXCEEDED` beyond 500 MiB or 16,777,216 values, `JSON_AMBIGUOUS` for NaN, infinities and duplicate
 *   keys, else `JSON_INVALID`, naming `what`.
 */
export function parseCanonicalJson(bytes: Uint8Array, what: string): Json {
  requireParsable(bytes, what);
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", `${what} is not UTF-8`, { cause });
  }
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  let value: Json;
  try {
    value = parsed(body, what);
  } catch (cause) {
    if (!hasNonNumber(body)) throw cause;
    throw new ArqonError("JSON_AMBIGUOUS", `${what} has a number that JSON cannot hold`, { cause });
  }
  if (canonicalJson(value) === body) return value;
  if (repeatsKey(body)) throw repeated(what);
  throw new ArqonError("JSON_INVALID", `${what} is not canonical JSON (RFC 8785)`);
}

/** Most bytes of a JSON text: about what the runtime can have in a string. */
const MOST_BYTES = 500 * 2 ** 20;
/** Most values in it: each takes far more memory than the byte or two it may be written in. */
const MOST_VALUES = 2 ** 24;
/** A comma, an opening bracket and an opening brace: before every value but the first stands one. */
const BEFORE_VALUES = [0x2c, 0x5b, 0x7b];

/** @throws ArqonError `LIMIT_EXCEEDED` for what would take more memory to parse than there may be. */
function requireParsable(bytes: Uint8Array, what: string): void {
  if (bytes.length <= MOST_VALUES) return;
  if (bytes.length > MOST_BYTES)
    throw new ArqonError("LIMIT_EXCEEDED", `${what} has ${bytes.length} bytes, limit ${MOST_BYTES}`);
  let values = 1;
  for (const mark of BEFORE_VALUES)
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1))
      if (++values > MOST_VALUES)
        throw new ArqonError("LIMIT_EXCEEDED", `${what} has more than ${MOST_VALUES} values`);
}

/** Narrows to an object. @throws ArqonError `JSON_INVALID`, naming `what`. */
export function jsonObject(value: Json | undefined, what: string): JsonObject {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new ArqonError("JSON_INVALID", `${what} must be a JSON object`);
  return value as JsonObject;
}
