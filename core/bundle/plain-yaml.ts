/** JSON values as YAML for people: one form only, which any YAML reader takes and which is read back strictly. */
import { ArqonError, type Json } from "../base/index.ts";

const MAX_DEPTH = 64;

/** The value in YAML 1.2: block maps and lists, texts in double quotes and ASCII, maps with sorted keys. */
export function toYaml(value: Json): string {
  return lines(value, 0).join("\n").concat("\n");
}

/** A text as every YAML reader takes it: characters beyond U+FFFF whole, where JSON has two halves. */
function quoted(text: string): string {
  const hex = (c: string, digits: number) => (c.codePointAt(0) as number).toString(16).padStart(digits, "0");
  return JSON.stringify(text)
    .replace(/[\u{10000}-\u{10ffff}]/gu, (c) => `\\U${hex(c, 8)}`)
    .replace(/[\u007f-\uffff]/g, (c) => `\\u${hex(c, 4)}`);
}

/** What {@link quoted} wrote, as JSON has it. */
const unquoted = (text: string): string =>
  text.replace(/\\(?:U([0-9a-f]{8})|.)/g, (whole, digits?: string) =>
    digits === undefined ? whole : String.fromCodePoint(Number.parseInt(digits, 16)),
  );

/** A value that stands on one line, or `undefined` when it is a map or list with something in it. */
function inline(value: Json): string | undefined {
  if (typeof value === "string") return quoted(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 0 ? "[]" : undefined;
  return Object.keys(value).length === 0 ? "{}" : undefined;
}

function lines(value: Json, depth: number): string[] {
  if (depth > MAX_DEPTH)
    throw new ArqonError("JSON_INVALID", `the value is nested more than ${MAX_DEPTH} deep`);
  const pad = "  ".repeat(depth);
  const one = inline(value);
  if (one !== undefined) return [`${pad}${one}`];
  const item = (head: string, inner: Json): string[] => {
    const short = inline(inner);
    return short === undefined ? [`${pad}${head}`, ...lines(inner, depth + 1)] : [`${pad}${head} ${short}`];
  };
  if (Array.isArray(value)) return value.flatMap((inner) => item("-", inner));
  const map = value as { readonly [key: string]: Json };
  return Object.keys(map)
    .sort()
    .flatMap((key) => item(`${quoted(key)}:`, map[key] as Json));
}

/**
 * Reads what {@link toYaml} writes, and nothing else: anchors, tags, comments and other ways to write the same are refused.
 * @throws ArqonError `JSON_INVALID` naming `what`.
 */
export function fromYaml(text: string, what: string): Json {
  const rows = text.split("\n");
  if (rows.pop() !== "") throw new ArqonError("JSON_INVALID", `${what} does not end in a line feed`);
  const reader = new Reader(rows, what);
  const value = reader.value(0);
  if (toYaml(value) !== text) reader.refuse();
  return value;
}

class Reader {
  readonly #rows: readonly string[];
  readonly #what: string;
  #at = 0;

  constructor(rows: readonly string[], what: string) {
    this.#rows = rows;
    this.#what = what;
  }

  refuse(): never {
    throw new ArqonError(
      "JSON_INVALID",
      `${this.#what} line ${this.#at + 1} is not YAML in the one form that is written here`,
    );
  }

  value(depth: number): Json {
    if (depth > MAX_DEPTH) this.refuse();
    const pad = "  ".repeat(depth);
    const row = this.#rows[this.#at];
    if (!row?.startsWith(pad)) return this.refuse();
    if (/^-( |$)/.test(row.slice(pad.length))) return this.#list(depth, pad);
    if (/^"(?:[^"\\]|\\.)*":/.test(row.slice(pad.length))) return this.#map(depth, pad);
    this.#at++;
    return this.#scalar(row.slice(pad.length));
  }

  #scalar(text: string): Json {
    try {
      return JSON.parse(unquoted(text)) as Json;
    } catch {
      return this.refuse();
    }
  }

  /** What stands behind "- " or a key: on the same line, or below it. */
  #inner(rest: string, depth: number): Json {
    this.#at++;
    return rest.startsWith(" ") ? this.#scalar(rest.slice(1)) : this.value(depth + 1);
  }

  #list(depth: number, pad: string): Json[] {
    const items: Json[] = [];
    for (let row = this.#rows[this.#at]; row?.startsWith(`${pad}-`); row = this.#rows[this.#at])
      items.push(this.#inner(row.slice(pad.length + 1), depth));
    return items;
  }

  #map(depth: number, pad: string): Json {
    const entries = new Map<string, Json>();
    for (let row = this.#rows[this.#at]; row?.startsWith(`${pad}"`); row = this.#rows[this.#at]) {
      const [whole = "", key = ""] = /^("(?:[^"\\]|\\.)*"):/.exec(row.slice(pad.length)) ?? this.refuse();
      const name = String(this.#scalar(key));
      if (entries.has(name)) this.refuse();
      entries.set(name, this.#inner(row.slice(pad.length + whole.length), depth));
    }
    // Without a prototype "__proto__" is a key like any other.
    return Object.assign(Object.create(null) as { [key: string]: Json }, Object.fromEntries(entries));
  }
}
