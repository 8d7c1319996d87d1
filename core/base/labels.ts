/** What people call a run: tags to find it by, and a note. Record, and part of no id. */
import { compareBytes, utf8 } from "./bytes.ts";
import { ArqonError } from "./errors.ts";
import { type Json, type JsonObject, jsonObject, parseCanonicalJson } from "./json.ts";

/** Limits of labels, in characters (code points) where they are of texts. */
export const LABEL_LIMITS = { tags: 32, tagCharacters: 64, noteCharacters: 4096 } as const;
/** Above the longest canonical text that keeps the limits. */
const MOST_CHARACTERS = 65_536;

/** Sorted by code point, each once; either may be empty, but not both. */
export interface Labels {
  readonly tags: readonly string[];
  readonly note: string;
}

/** What people give: tags in any order, some twice. */
export interface LabelsInit {
  /** Each 1 to 64 printable characters, without a comma, and with no space at its ends; at most 32. */
  readonly tags?: readonly string[] | undefined;
  /** At most 4,096 printable characters, line feeds and tabs; empty is none. */
  readonly note?: string | undefined;
}

// Control, format (bidirectional and zero-width), private and surrogate characters, and every space but the plain one.
const NOT_PRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const NOT_IN_NOTE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** At most twice as many units as characters: a long text is not walked. */
const isLonger = (text: string, most: number): boolean =>
  text.length > 2 * most || (text.length > most && [...text].length > most);

/**
 * One tag, composed (NFC).
 * @param what  names it in errors.
 * @throws ArqonError `USAGE` for a character that may not be, `LIMIT_EXCEEDED`.
 */
export function requireTag(given: string, what = "tag"): string {
  const most = LABEL_LIMITS.tagCharacters;
  // Some characters are composed of several: what is kept has the limit too.
  const tag = isLonger(given, most) ? given : given.normalize("NFC");
  if (isLonger(tag, most))
    throw new ArqonError("LIMIT_EXCEEDED", `${what} ${quoted(given)} is longer than ${most} characters`);
  if (tag === "") throw new ArqonError("USAGE", `${what} is empty`);
  if (tag.trim() !== tag) throw new ArqonError("USAGE", `${what} ${quoted(tag)} begins or ends with a space`);
  if (tag.includes(",")) throw new ArqonError("USAGE", `${what} ${quoted(tag)} has a comma; give two tags`);
  if (NOT_PRINTABLE.test(tag))
    throw new ArqonError("USAGE", `${what} ${quoted(tag)} has a character that does not print`);
  return tag;
}

/**
 * A note as it is given, or empty.
 * @throws ArqonError `USAGE` for a character that may not be, `LIMIT_EXCEEDED`.
 */
export function requireNote(note: string, what = "note"): string {
  const most = LABEL_LIMITS.noteCharacters;
  if (isLonger(note, most))
    throw new ArqonError("LIMIT_EXCEEDED", `${what}: ${note.length} characters, limit ${most}`);
  if (NOT_IN_NOTE.test(note))
    throw new ArqonError(
      "USAGE",
      `${what} has a character that does not print; line feeds and tabs are possible`,
    );
  if (note !== "" && note.trim() === "") throw new ArqonError("USAGE", `${what} is blank`);
  return note;
}

/** Sorted by code point, each once. */
export function sortTags(tags: Iterable<string>): string[] {
  return [...new Set(tags)].sort((a, b) => compareBytes(utf8(a), utf8(b)));
}

/** @throws ArqonError `LIMIT_EXCEEDED` for more than 32 tags. */
export function requireFewTags(tags: readonly string[], what = "tags"): void {
  if (tags.length > LABEL_LIMITS.tags)
    throw new ArqonError("LIMIT_EXCEEDED", `${what}: ${tags.length}, limit ${LABEL_LIMITS.tags}`);
}

/**
 * What people give, checked; `undefined` when they give nothing.
 * @throws ArqonError `USAGE`, `LIMIT_EXCEEDED`.
 */
export function labelsOf({ tags = [], note = "" }: LabelsInit): Labels | undefined {
  // A script without types may give anything.
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string"))
    throw new ArqonError("USAGE", "tags must be a list of texts");
  if (typeof note !== "string") throw new ArqonError("USAGE", "note must be a text");
  const sorted = sortTags(tags.map((tag, i) => requireTag(tag, `tags[${i}]`)));
  requireFewTags(sorted);
  requireNote(note);
  return sorted.length === 0 && note === "" ? undefined : { tags: sorted, note };
}

/** The JSON object of labels; what is empty is left out. */
export function labelsJson({ tags, note }: Labels): JsonObject {
  return { ...(note !== "" && { note }), ...(tags.length > 0 && { tags }) };
}

/**
 * Labels as they are kept: nothing empty, tags sorted and each once.
 * @param what  names the source in errors.
 * @throws ArqonError `JSON_INVALID` for another form, `USAGE`, `LIMIT_EXCEEDED`.
 */
export function readLabels(value: Json | undefined, what: string): Labels {
  const { note = "", tags = [], ...others } = jsonObject(value, what);
  const refuse = (why: string): never => {
    throw new ArqonError("JSON_INVALID", `${what}: ${why}`);
  };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) refuse(`unknown key ${quoted(unknown)}; known: note, tags`);
  if (typeof note !== "string") return refuse("note is not a text");
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string"))
    return refuse("tags is not a list of texts");
  requireFewTags(tags as readonly string[], `${what}: tags`);
  const given = tags as readonly string[];
  const checked = given.map((tag, i) => requireTag(tag, `${what}: tags[${i}]`));
  if (given.join() !== sortTags(checked).join()) refuse("tags are not composed (NFC), sorted and each once");
  requireNote(note, `${what}: note`);
  const object = value as JsonObject;
  if (object["note"] === "" || (object["tags"] && given.length === 0) || Object.keys(object).length === 0)
    refuse("what is empty is left out, and not both note and tags");
  return { tags: given, note };
}

/**
 * Labels of the canonical JSON of a capsule; `undefined` for an empty text.
 * @throws ArqonError `JSON_INVALID`, `USAGE`, `LIMIT_EXCEEDED`.
 */
export function parseLabels(text: string, what = "labels_json"): Labels | undefined {
  if (text === "") return undefined;
  if (text.length > MOST_CHARACTERS)
    throw new ArqonError("LIMIT_EXCEEDED", `${what}: ${text.length} characters, limit ${MOST_CHARACTERS}`);
  return readLabels(parseCanonicalJson(utf8(text), what), what);
}
