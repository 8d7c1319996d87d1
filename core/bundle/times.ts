/** When a run started and ended, as far as its record says. */
import { type Json, type JsonObject, parseCanonicalJson } from "../base/index.ts";
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
  try {
    return timesOf(bytes && parseCanonicalJson(bytes, EXECUTION_PATH));
  } catch {
    return {};
  }
}

/** The same, of what that file holds. */
export function timesOf(execution: Json | undefined): RunTimes {
  if (execution === undefined || execution === null || typeof execution !== "object") return {};
  const { started, ended, status } = execution as JsonObject;
  return {
    ...(isUtcTime(started) && { started }),
    ...(isUtcTime(ended) && { ended }),
    ...((status === "completed" || status === "failed") && { status }),
  };
}
