/** The plugin interface: what drives one backend, behind the door. */
import type { Clock, JsonObject } from "@arqon/core/base";
import type { Operation, OperationResult } from "./operation.ts";

/** What a plugin says of itself; fixed for its lifetime. */
export interface PluginManifest {
  /** Backend id: one topic token, e.g. "sim-statevector". */
  readonly id: string;
  readonly backendClass: "simulator" | "hardware";
  /** Operation kinds it accepts. */
  readonly kinds: readonly string[];
  /** Engine name and version of its semantics; enters recipe ids. */
  readonly engine: { readonly name: string; readonly semantics: string };
  /** Software version, for the record. */
  readonly version: string;
  readonly maxQubits: number;
  /** e.g. "f64". */
  readonly precision: string;
  /** Whether equal seeds give equal results. */
  readonly deterministic: boolean;
  /** Whether operations are refused while no calibration is known. */
  readonly needsCalibration: boolean;
  /** For backends with a calibration: how far it may move, and how long it holds, as `recipe/replay.json` says it. */
  readonly replay?: { readonly drift: readonly JsonObject[]; readonly coherenceWindowMs: number };
  /** Cost in the backend's currency; 0 for simulators. */
  readonly costPerShot: number;
  /** Expected fidelity of a typical operation, in [0, 1]. */
  readonly expectedFidelity: number;
}

/** What an operation would need, before any of it is allocated. */
export interface ResourceEstimate {
  readonly qubits: number;
  readonly memoryBytes: number;
  readonly timeMs: number;
}

/** How a backend is. */
export interface Health {
  readonly ok: boolean;
  readonly note: string;
}

/** State of a device at a time. A simulator without noise has none. */
export interface Calibration {
  readonly id: string;
  readonly takenAt: string;
  readonly values: JsonObject;
}

/** The door's word that this one operation may run now. Only the door can make one; it can be used once. */
export interface Permit {
  readonly operationId: string;
  readonly backendId: string;
}

/**
 * Uses a permit up, for the operation it was made for. A plugin calls it before anything else.
 * @throws ArqonError `PERMIT_INVALID` when the permit is forged, used, or for another operation or backend.
 */
export type Redeem = (permit: Permit, operation: Operation) => void;

/** Makes a plugin around the one function that tells real permits from others. What a plugin package exports. */
export type PluginFactory = (redeem: Redeem) => Plugin;

/** What a plugin may use while it works. */
export interface PluginContext {
  readonly clock: Clock;
  /** Aborted when the job is cancelled or out of time; the plugin then stops and rejects. */
  readonly signal: AbortSignal;
  readonly calibration: Calibration | undefined;
  /** 0 to 1, and what is being done. */
  progress(fraction: number, note: string): void;
}

/** What came out of one operation. */
export interface PluginResult {
  readonly results: readonly OperationResult[];
  /** For people and telemetry: never identity. */
  readonly notes: JsonObject;
  readonly warnings: readonly string[];
}

/** One piece of a streamed result. A result replaces an earlier one of the same name: it says all that is known so far. */
export interface PluginChunk {
  readonly index: number;
  readonly results: readonly OperationResult[];
}

/** Drives one backend. Every call that touches the backend takes a permit and must redeem it first. */
export interface Plugin {
  readonly manifest: PluginManifest;
  /** Reads the program and says what it would need. @throws ArqonError on a program it cannot accept. */
  estimate(operation: Operation): ResourceEstimate;
  health(): Promise<Health>;
  /** Measures the device anew. Plugins of devices without state leave it out. */
  calibrate?(operation: Operation, permit: Permit, context: PluginContext): Promise<Calibration>;
  execute(operation: Operation, permit: Permit, context: PluginContext): Promise<PluginResult>;
  stream?(operation: Operation, permit: Permit, context: PluginContext): AsyncIterable<PluginChunk>;
}
