/** What a lab worker is started with, and what it says. Everything here can be sent to a `worker_threads` worker. */
import type { MessagePort } from "node:worker_threads";
import type { ErrorCode } from "@arqon/core/base";
import type { RuntimeLimits } from "../runtime/index.ts";

/** The services of the lab. */
export const LAB_WORKERS = ["scheduler", "quantum", "qml", "replay", "sealer", "artifacts"] as const;
/** One of them. */
export type LabWorkerKind = (typeof LAB_WORKERS)[number];

/** A principal as operators need to know it. */
export interface KnownPrincipal {
  readonly tenant: string;
  /** e.g. "can_execute:backend.>"; only these count at the door. */
  readonly capabilities: readonly string[];
}

/** Principals by id: who may execute where, and whose tenant they are. */
export type KnownPrincipals = Readonly<Record<string, KnownPrincipal>>;

/** Configuration of one service. */
export interface WorkerConfig {
  readonly url: string;
  readonly apiKey: string;
  /** Reality to serve. Default "main". */
  readonly reality?: string;
  /** Other end of a `serveVault(vault, port)`; also in the transfer list when it is sent to a worker. */
  readonly vaultPort: MessagePort;
  /** Asked at each use: whoever changes it is heard at once. */
  readonly principals: KnownPrincipals;
  readonly cryptoMode?: "classical" | "hybrid" | "pqc-required";
  /** File to which spans are appended as OTLP/JSON. Left out: none are made. */
  readonly otlpFile?: string;
  /** quantum, qml, replay: the most one operation may need. */
  readonly limits?: Partial<RuntimeLimits>;
  /** quantum, qml, replay: simulations at the same time. Default 1; each may take `limits.memoryBytes`. */
  readonly simulations?: number;
  /** quantum, replay: threads of one statevector; no result depends on them. Default: the cores there are, shared by `simulations`. */
  readonly threads?: number;
  /** quantum, replay: modules that export a `plugin`, see `discoverPlugins`; from the administrator only. */
  readonly plugins?: readonly string[];
}

/** What the module `worker.ts` takes as `workerData`. */
export interface LabWorkerData extends WorkerConfig {
  readonly kind: LabWorkerKind;
}

/** What a worker is told: to stop, or who is known from now on. */
export type ToLabWorker = { readonly stop: true } | { readonly principals: KnownPrincipals };

/** An error as it crosses between threads. */
export interface LabWorkerError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** What a worker says: first that it is ready or why not, then perhaps errors that no job could report. It ends by exiting. */
export type FromLabWorker =
  | { readonly ready: true }
  | { readonly failed: LabWorkerError }
  | { readonly error: LabWorkerError };

/**
 * Limits unless configured. Memory bounds a statevector (26 qubits in f64 are 1 GiB, and a circuit measured on the way keeps
 * a second one); the qubits are those of the largest Clifford circuit.
 */
export const DEFAULT_RUNTIME_LIMITS: RuntimeLimits = {
  maxQubits: 10_000,
  memoryBytes: 3 * 2 ** 30,
  timeMs: 600_000,
};
