/** What passes between an operator and the thread that simulates for it. */
import { ArqonError, type ErrorCode, type JsonObject } from "@arqon/core/base";

/** One circuit to run. */
export interface SimulationRequest {
  /** OpenQASM 2 or 3. */
  readonly source: string;
  /** For error messages. */
  readonly fileName: string;
  readonly shots: number;
  readonly seed: bigint;
  /** Largest memory the simulation may take, bytes. */
  readonly memoryBytes: number;
  /** Engine, precision, inputs, noise, observables, transpile, as `readExperimentOptions` takes them. */
  readonly options?: JsonObject;
  /** Threads it may take; no result depends on them. Default 1. */
  readonly threads?: number;
}

/** What came out. */
export interface SimulationAnswer {
  readonly counts: Readonly<Record<string, number>>;
  readonly engine: string;
  /** Why this engine. */
  readonly reason: string;
  readonly qubits: number;
  readonly warnings: readonly string[];
  /** Of the observables asked for, in their order. */
  readonly expectations?: readonly number[];
  /** Qubits of the machine that a compiled circuit starts on. */
  readonly layout?: readonly number[];
}

/** Does something off the calling thread; an aborted signal ends it. */
export type OffThread<Request, Answer> = (
  request: Request,
  tools: { readonly signal: AbortSignal; progress(fraction: number, note: string): void },
) => Promise<Answer>;

/** Runs a circuit off the calling thread. */
export type Simulate = OffThread<SimulationRequest, SimulationAnswer>;

/** An error as it crosses between threads. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ArqonError["details"];
  readonly remedy: string;
}

/** What a simulating thread says. */
export type SimulationReply<Answer = SimulationAnswer> =
  | { readonly kind: "progress"; readonly fraction: number; readonly note: string }
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "error"; readonly error: WireError };

export function toWireError(thrown: unknown): WireError {
  const { code, message, details, remedy } = ArqonError.from(thrown, "EXECUTION_FAILED");
  return { code, message, details, remedy };
}

export function fromWireError({ code, message, details, remedy }: WireError): ArqonError {
  return new ArqonError(code, message, { details, remedy });
}
