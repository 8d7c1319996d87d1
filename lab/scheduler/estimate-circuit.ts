/** What a circuit would cost, told before anything is run. */
import {
  ArqonError,
  canonicalJson,
  formatBytes,
  formatDuration,
  type Json,
  type JsonObject,
  jsonObject,
} from "@arqon/core/base";
import {
  circuitFeatures,
  estimateExperiment,
  prepareExperiment,
  readExperimentOptions,
} from "@arqon/substrates/quantum";
import type { RuntimeLimits } from "../runtime/index.ts";
import { quantumParameters } from "./quantum-job.ts";

/** A circuit's cost, and what of it is over the limits of one job. */
export interface CircuitEstimate {
  readonly figures: {
    readonly engine: string;
    /** Why this engine. */
    readonly reason: string;
    readonly qubits: number;
    readonly simulatedQubits: number;
    readonly memoryBytes: number;
    readonly timeMs: number;
  };
  readonly features: JsonObject;
  readonly warnings: readonly string[];
  /** Empty where it fits. */
  readonly excess: readonly string[];
}

/**
 * @param options  as `quantumParameters` gives them.
 * @throws ArqonError what refuses the circuit or an option.
 */
export function estimateCircuit(
  source: string,
  name: string,
  shots: number,
  options: JsonObject,
  limits: Pick<RuntimeLimits, "memoryBytes" | "timeMs">,
): CircuitEstimate {
  const experiment = prepareExperiment(source, name, readExperimentOptions(options));
  const { notes, ...figures } = estimateExperiment(experiment, shots);
  const { memoryBytes, timeMs } = figures;
  const excess: string[] = [];
  if (memoryBytes > limits.memoryBytes)
    excess.push(
      `${formatBytes(memoryBytes)} over the limit of ${formatBytes(limits.memoryBytes)} (serve --job-memory-mib)`,
    );
  if (timeMs > limits.timeMs)
    excess.push(
      `${formatDuration(timeMs)} over the limit of ${formatDuration(limits.timeMs)} (serve --job-minutes)`,
    );
  return {
    figures,
    features: { ...circuitFeatures(experiment.circuit) },
    warnings: [...notes, ...experiment.warnings],
    excess,
  };
}

/** @throws ArqonError `QUANTUM_TOO_LARGE`, with the figures. */
export function requireFits(name: string, { figures, excess }: CircuitEstimate): void {
  if (excess.length === 0) return;
  const { engine, simulatedQubits: qubits, memoryBytes, timeMs } = figures;
  throw new ArqonError("QUANTUM_TOO_LARGE", `${name} would need ${excess.join(" and ")}`, {
    details: { engine, qubits, memoryBytes, timeMs },
  });
}

/**
 * Answers "quantum.circuit.estimate": `{"program", "name", "parameters"}`, the parameters being those of a quantum job.
 * @throws ArqonError `QUANTUM_TOO_LARGE`, and what refuses the circuit.
 */
export function answerEstimate(asked: Json, limits: RuntimeLimits): JsonObject {
  const { program, name = "circuit.qasm", parameters = {} } = jsonObject(asked, "what is to be estimated");
  if (typeof program !== "string" || typeof name !== "string")
    throw new ArqonError("USAGE", "an estimate is asked for with a program and a name that are text");
  const given = canonicalJson(jsonObject(parameters, "parameters"));
  // The id is that of a seed, which costs nothing.
  const { shots, options = {} } = quantumParameters(given, "");
  const cost = estimateCircuit(program, name, shots, options, limits);
  requireFits(name, cost);
  const { memoryBytes, timeMs } = limits;
  const { figures, features, warnings } = cost;
  return { ...figures, shots, features, limits: { memoryBytes, timeMs }, warnings: [...warnings] };
}
