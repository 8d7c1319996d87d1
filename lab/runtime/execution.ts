/** What the door recorded of one operation, whatever became of it. */
import type { ArqonError, ErrorCode, JsonObject } from "@arqon/core/base";
import type { Operation, OperationResult } from "./operation.ts";
import type { Calibration, PluginManifest, ResourceEstimate } from "./plugin.ts";
import type { Duty, Span } from "./span.ts";

/** Why an operation did not give a result, and at which duty it ended. */
export interface Refusal {
  readonly duty: Duty;
  readonly code: ErrorCode;
  /** For people; may name files and figures of this machine, so it is record and never identity. */
  readonly message: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly error: ArqonError;
}

/** How the state of the device was compensated for. */
export interface Compensation {
  /** "none" when there was nothing to compensate. */
  readonly method: string;
  readonly parameters: JsonObject;
}

/** One `execute()`. Only the door makes these. */
export interface Execution {
  /** Job id and position in its run, e.g. "0190…/0". */
  readonly id: string;
  readonly status: "succeeded" | "refused" | "failed" | "cancelled";
  /** As it was asked, before any compensation. */
  readonly operation: Operation;
  readonly operationSha256: string;
  /** Absent when no such backend is registered. */
  readonly manifest: PluginManifest | undefined;
  readonly estimate: ResourceEstimate | undefined;
  readonly calibration: Calibration | undefined;
  readonly compensation: Compensation;
  readonly results: readonly OperationResult[];
  /** SHA-256 of the canonical JSON of each result, by name. */
  readonly outputSha256: Readonly<Record<string, string>>;
  readonly notes: JsonObject;
  readonly warnings: readonly string[];
  readonly refusal: Refusal | undefined;
  readonly spans: readonly Span[];
}

const genuine = new WeakSet<Execution>();

/** Marks an execution as the door's own; not exported from the room. */
export function vouch(execution: Execution): Execution {
  genuine.add(execution);
  return execution;
}

/** Whether the door made this execution. */
export function isGenuine(execution: Execution): boolean {
  return genuine.has(execution);
}
