/** The sixth duty of the door: turns what happened into an {@link Execution}. */
import { ArqonError, canonicalJson, sha256Hex, utf8 } from "@arqon/core/base";
import type { Injected } from "./calibration.ts";
import { type Execution, vouch } from "./execution.ts";
import { type Operation, operationSha256 } from "./operation.ts";
import type { PluginManifest, PluginResult, ResourceEstimate } from "./plugin.ts";
import type { Duty, Trail } from "./span.ts";

/** What the door knows when a plugin has answered, or something before it refused. */
export interface Happened {
  readonly id: string;
  readonly operation: Operation;
  readonly manifest: PluginManifest | undefined;
  readonly estimate: ResourceEstimate | undefined;
  readonly injected: Injected;
  readonly result: PluginResult | undefined;
  readonly error: ArqonError | undefined;
  readonly failedAt: Duty;
  readonly trail: Trail;
}

/** Records an execution. Results that JSON cannot hold make it a failed one. */
export function recordExecution(happened: Happened): Execution {
  const { id, operation, manifest, estimate, injected, result, trail } = happened;
  let { error, failedAt } = happened;
  let outputSha256: Record<string, string> = {};
  try {
    outputSha256 = digestResults(result);
  } catch (thrown) {
    error = new ArqonError("EXECUTION_FAILED", `a result cannot be recorded: ${(thrown as Error).message}`);
    failedAt = "record";
  }
  const kept = error ? undefined : result;
  return vouch({
    id,
    status: error ? statusOf(error, failedAt) : "succeeded",
    operation,
    operationSha256: operationSha256(operation),
    manifest,
    estimate,
    calibration: injected.calibration,
    compensation: injected.compensation,
    results: kept?.results ?? [],
    outputSha256: kept ? outputSha256 : {},
    notes: kept?.notes ?? {},
    warnings: kept?.warnings ?? [],
    refusal: error && {
      duty: failedAt,
      code: error.code,
      message: error.message,
      details: error.details,
      error,
    },
    spans: trail.spans,
  });
}

function digestResults(result: PluginResult | undefined): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const { name, value } of result?.results ?? []) {
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) throw new TypeError(`"${name}" is not a file name`);
    if (name in digests) throw new TypeError(`there are two results named "${name}"`);
    digests[name] = sha256Hex(utf8(canonicalJson(value)));
  }
  canonicalJson(result?.notes ?? {});
  return digests;
}

function statusOf(error: ArqonError, failedAt: Duty): Execution["status"] {
  if (error.code === "CANCELLED") return "cancelled";
  if (failedAt === "record") return "failed";
  return failedAt === "plugin" && error.code !== "PERMIT_INVALID" ? "failed" : "refused";
}
