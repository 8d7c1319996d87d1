/** What is asked of the door. */
import { canonicalJson, formatSeed, type Json, type JsonObject, sha256Hex, utf8 } from "@arqon/core/base";

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

/** The kind of the operation by which the door asks a plugin to measure its device anew. */
export const CALIBRATE_KIND = "backend.calibrate";

/** SHA-256 over everything an operation asks for, its name excepted; 64 hexadecimal digits. */
export function operationSha256(operation: Operation): string {
  const fields = {
    backendId: operation.backendId,
    kind: operation.kind,
    parameters: operation.parameters,
    program: sha256Hex(operation.program),
    programMediaType: operation.programMediaType,
    seed: formatSeed(operation.seed),
  };
  return sha256Hex(utf8(`arqon.operation.v1\n${canonicalJson(fields)}`));
}
