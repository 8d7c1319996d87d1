/** What is asked of the door. */
import type { Json, JsonObject } from "@arqon/core/base";

/** One thing to do on one backend. */
export interface Operation {
  /** What kind, e.g. "quantum.circuit.run"; plugins list the kinds they accept. */
  readonly kind: string;
  /** The backend to do it on. */
  readonly backendId: string;
  /** Program source, e.g. OpenQASM. */
  readonly program: Uint8Array;
  readonly programMediaType: string;
  /** Name for people and error messages, e.g. "bell.qasm". Not identity. */
  readonly name: string;
  /** Resolved parameters: every default filled in. */
  readonly parameters: JsonObject;
  /** 64-bit seed of everything random in this operation. */
  readonly seed: bigint;
}

/** One named result of an operation. */
export interface OperationResult {
  /** File name under `results/`, e.g. "counts.json". */
  readonly name: string;
  readonly value: Json;
}
