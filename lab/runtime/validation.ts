/** The second duty of the door, and the limits that hold while a plugin works. */
import { ArqonError, formatBytes, formatCount, formatDuration, type Timer } from "@arqon/core/base";
import { CALIBRATE_KIND, type Operation } from "./operation.ts";
import type { Plugin, ResourceEstimate } from "./plugin.ts";

/** The most that one operation may need; over it, it is refused before anything is allocated. */
export interface RuntimeLimits {
  readonly maxQubits: number;
  readonly memoryBytes: number;
  /** Holds for the estimate and for the time actually taken. */
  readonly timeMs: number;
}

/**
 * Kind, estimate, limits and health, in this order.
 * @throws ArqonError `BACKEND_UNSUITABLE`, `LIMIT_EXCEEDED` (of circuits `QUANTUM_TOO_LARGE`), or what the plugin says of the program.
 */
export async function validate(
  plugin: Plugin,
  operation: Operation,
  limits: RuntimeLimits,
): Promise<ResourceEstimate> {
  const { id, kinds, maxQubits } = plugin.manifest;
  const calibrating = operation.kind === CALIBRATE_KIND;
  const accepted = calibrating ? plugin.calibrate !== undefined : kinds.includes(operation.kind);
  if (!accepted)
    throw new ArqonError(
      "BACKEND_UNSUITABLE",
      `backend ${id} does not accept ${operation.kind}; it accepts ${kinds.join(", ")}`,
      { details: { kind: operation.kind } },
    );
  const estimate = calibrating ? { qubits: 0, memoryBytes: 0, timeMs: 0 } : plugin.estimate(operation);
  const { kind } = operation;
  within(kind, "qubits", estimate.qubits, Math.min(limits.maxQubits, maxQubits));
  within(kind, "memoryBytes", estimate.memoryBytes, limits.memoryBytes);
  within(kind, "timeMs", estimate.timeMs, limits.timeMs);
  const health = await plugin.health();
  if (!health.ok)
    throw new ArqonError("BACKEND_UNSUITABLE", `backend ${id} is not healthy: ${health.note}`, {
      details: { healthy: false },
    });
  return estimate;
}

/** As people read them. */
const SHOWN = {
  qubits: (count: number): string => formatCount(count, "qubit"),
  memoryBytes: formatBytes,
  timeMs: formatDuration,
} as const;

/** What sets the limits of a server. */
const SET_BY = {
  qubits: "",
  memoryBytes: "arqon serve --job-memory-mib",
  timeMs: "arqon serve --job-minutes",
} as const;

/** A circuit that is too large has one code, whoever finds it. */
function within(kind: string, what: keyof typeof SHOWN, estimated: number, limit: number): void {
  if (estimated <= limit) return;
  const shown = SHOWN[what];
  const set = SET_BY[what];
  throw new ArqonError(
    kind.startsWith("quantum.") ? "QUANTUM_TOO_LARGE" : "LIMIT_EXCEEDED",
    `the operation would need ${shown(estimated)}; the limit is ${shown(limit)}${set && `, set by ${set}`}`,
    { details: { [what]: estimated, limit } },
  );
}

/**
 * Runs a call until it ends, is cancelled, or takes longer than the limit. An answer after that is dropped.
 * @throws ArqonError `CANCELLED` or `LIMIT_EXCEEDED`, or what the call rejects with.
 */
export async function runWithin<T>(
  bounds: { readonly signal: AbortSignal; readonly timer: Timer; readonly limits: RuntimeLimits },
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeMs } = bounds.limits;
  const ours = new AbortController();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const stop = (error: ArqonError): void => {
    stopped.reject(error);
    ours.abort(error);
  };
  const onAbort = (): void => stop(new ArqonError("CANCELLED", "cancelled while it ran"));
  bounds.signal.addEventListener("abort", onAbort, { once: true });
  const disarm = bounds.timer.after(timeMs, () =>
    stop(
      new ArqonError(
        "LIMIT_EXCEEDED",
        `it ran longer than the limit of ${formatDuration(timeMs)}, set by ${SET_BY.timeMs}`,
        { details: { limit: timeMs } },
      ),
    ),
  );
  try {
    if (bounds.signal.aborted) onAbort();
    return await Promise.race([stopped.promise, call(ours.signal)]);
  } finally {
    disarm();
    bounds.signal.removeEventListener("abort", onAbort);
  }
}
