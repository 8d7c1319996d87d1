/** What a submitter says of its working copy, for the record. */
import { ArqonError, jsonObject, parseCanonicalJson, utf8 } from "@arqon/core/base";
import type { Capsule } from "@arqon/core/wire";
import type { DraftExtras } from "../runtime/index.ts";

const KEYS = "commit,diff,tree";
const MOST_BYTES = 524_288;

/**
 * `source.json` and `source.diff` of the record, or nothing. The diff is a file as it is, so that the search for secrets reads
 * it as people do.
 * @throws ArqonError `USAGE` for another form, `LIMIT_EXCEEDED`, `JSON_INVALID`.
 */
export function sourceRecord({ sourceJson }: Capsule): DraftExtras {
  if (sourceJson === "") return {};
  if (sourceJson.length > MOST_BYTES)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `source_json has ${sourceJson.length} characters, limit ${MOST_BYTES}`,
    );
  const source = jsonObject(parseCanonicalJson(utf8(sourceJson), "source_json"), "source_json");
  const isText = Object.values(source).every((value) => typeof value === "string");
  if (Object.keys(source).join() !== KEYS || !isText)
    throw new ArqonError("USAGE", `source_json must have exactly the texts ${KEYS}`);
  const { diff, ...state } = source;
  const isDirty = diff !== "";
  return {
    record: { "source.json": { ...state, isDirty } },
    ...(isDirty && { recordFiles: { "source.diff": utf8(String(diff)) } }),
  };
}
