/** What a circuit would cost, asked of the server that would run it. */
import type { JsonObject } from "@arqon/core/base";
import { jsonObject } from "@arqon/core/base";
import { requireText } from "./argument.ts";
import { textsIn } from "./ask.ts";
import { type CircuitOptions, parametersOf } from "./circuit.ts";
import type { Client } from "./client.ts";
import type { WaitOptions } from "./wait.ts";

/** Topic that serves estimates. */
export const ESTIMATE_TOPIC = "quantum.circuit.estimate";

/** Of what run: as `runCircuit` takes them. */
export type EstimateOptions = WaitOptions &
  Pick<
    CircuitOptions,
    "shots" | "engine" | "precision" | "inputs" | "noise" | "transpile" | "mps" | "observables" | "name"
  >;

/** What a run would need, by estimate. */
export interface CircuitCost {
  readonly engine: string;
  /** Why this engine. */
  readonly reason: string;
  readonly qubits: number;
  /** Those the simulation keeps. */
  readonly simulatedQubits: number;
  readonly memoryBytes: number;
  readonly timeMs: number;
  readonly shots: number;
  /** Depth, counts of gates and the like. */
  readonly features: JsonObject;
  /** Of one job on that server: `memoryBytes` and `timeMs`. */
  readonly limits: JsonObject;
  readonly warnings: readonly string[];
}

/** @throws ArqonError `QUANTUM_TOO_LARGE` with the figures for what is over the limits; what refuses the circuit; `NO_RESPONDER`. */
export async function estimate(client: Client, qasm: string, options: EstimateOptions): Promise<CircuitCost> {
  const { name = "circuit.qasm", timeoutMs, signal } = options;
  const asked = { program: requireText("circuit", qasm), name, parameters: parametersOf(options) };
  const wait = { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) };
  const answer = jsonObject((await client.request(ESTIMATE_TOPIC, asked, wait)).json(), "the estimate");
  const number = (key: string): number => Number(answer[key]);
  return {
    engine: String(answer["engine"]),
    reason: String(answer["reason"] ?? ""),
    qubits: number("qubits"),
    simulatedQubits: number("simulatedQubits"),
    memoryBytes: number("memoryBytes"),
    timeMs: number("timeMs"),
    shots: number("shots"),
    features: jsonObject(answer["features"] ?? {}, "features"),
    limits: jsonObject(answer["limits"] ?? {}, "limits"),
    warnings: textsIn(answer, "warnings"),
  };
}
