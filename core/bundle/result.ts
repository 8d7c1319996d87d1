/** Results, and the digest of what they mean. */
import {
  ArqonError,
  canonicalJson,
  canonicalJsonFile,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  sha256Hex,
  utf8,
} from "../base/index.ts";
import type { ResultFile } from "./draft.ts";

/** How often each outcome was seen, by its key, e.g. {"00": 509, "11": 515}. */
export type Counts = Readonly<Record<string, number>>;

function rowsOf(value: Json): number {
  if (Array.isArray(value)) return value.length;
  return value !== null && typeof value === "object" ? Object.keys(value).length : 1;
}

/** A JSON result. Its logical digest is SHA-256 of its canonical text without the file's final line feed. */
export function jsonResult(value: Json): ResultFile {
  return {
    bytes: canonicalJsonFile(value),
    logicalSha256: sha256Hex(utf8(canonicalJson(value))),
    rows: rowsOf(value),
  };
}

/** Narrows to counts. @throws ArqonError `JSON_INVALID` naming `what`. */
export function requireCounts(value: Json, what: string): Counts {
  const object: JsonObject = jsonObject(value, what);
  for (const [key, count] of Object.entries(object)) {
    if (!Number.isSafeInteger(count) || (count as number) < 0)
      throw new ArqonError(
        "JSON_INVALID",
        `${what}: the count of "${key}" is not a whole number up to 2^53 - 1`,
      );
  }
  return object as Counts;
}

/** The result file `results/counts.json`. Key order does not matter. */
export function countsResult(counts: Counts): ResultFile {
  return jsonResult(requireCounts(counts, "counts") as JsonObject);
}

/**
 * The logical digest and rows of a result, from its bytes; `undefined` where the kind of file is not known.
 * @throws ArqonError `JSON_INVALID` when the bytes are not what the path says.
 */
export function readLogical(
  path: string,
  bytes: Uint8Array,
): { readonly logicalSha256: string; readonly rows: number } | undefined {
  if (!path.endsWith(".json")) return undefined;
  const value = parseCanonicalJson(bytes, path);
  if (bytes.at(-1) !== 0x0a) throw new ArqonError("JSON_INVALID", `${path} does not end in a line feed`);
  if (path === "results/counts.json") requireCounts(value, path);
  return { logicalSha256: sha256Hex(bytes.subarray(0, -1)), rows: rowsOf(value) };
}
