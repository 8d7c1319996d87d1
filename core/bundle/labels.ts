/** Where a record keeps what people call the run. */
import { type Labels, parseCanonicalJson, readLabels } from "../base/index.ts";
import type { BundleFiles } from "./draft.ts";

/** Its name in the record. */
export const LABELS_FILE = "labels.json";
export const LABELS_PATH: string = `record/${LABELS_FILE}`;

/**
 * The labels a run was sealed with.
 * @throws ArqonError `JSON_INVALID`, `USAGE`, `LIMIT_EXCEEDED` for a file that breaks their rules.
 */
export function labelsIn(files: BundleFiles): Labels | undefined {
  const bytes = files.get(LABELS_PATH);
  return bytes && readLabels(parseCanonicalJson(bytes, LABELS_PATH), LABELS_PATH);
}
