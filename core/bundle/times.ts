/** When a run started and ended, as far as its record says. */
import { type JsonObject, jsonObject, parseCanonicalJson } from "../base/index.ts";
import type { BundleFiles } from "./draft.ts";
import { isUtcTime } from "./manifest.ts";

/** Where the record keeps its times. */
export const EXECUTION_PATH = "record/execution.json";

/** What is known; nothing is filled in. Times are UTC, RFC 3339. */
export interface RunTimes {
  readonly started?: string;
  readonly ended?: string;
  readonly status?: "completed" | "failed";
}

/** Reads `started`, `ended` and `status` of `record/execution.json`, where they are. */
export function readTimes(files: BundleFiles): RunTimes {
  const bytes = files.get(EXECUTION_PATH);
  if (!bytes) return {};
  let record: JsonObject;
  try {
    record = jsonObject(parseCanonicalJson(bytes, EXECUTION_PATH), EXECUTION_PATH);
  } catch {
    return {};
  }
  const { started, ended, status } = record;
  return {
    ...(isUtcTime(started) && { started }),
    ...(isUtcTime(ended) && { ended }),
    ...((status === "completed" || status === "failed") && { status }),
  };
}
