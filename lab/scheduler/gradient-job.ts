/** What a capsule of `arqonbus.gradient.job.v1` may say: a circuit, an observable, and what to differentiate in. */
import {
  ArqonError,
  canonicalJson,
  formatSeed,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  utf8,
} from "@arqon/core/base";
import {
  type Circuit,
  type CircuitFeatures,
  type CircuitParameter,
  circuitFeatures,
  estimateGradient,
  gateAngles,
  gradientEvaluations,
  inputAngles,
  type Observable,
  parseObservable,
  parseQasm,
} from "@arqon/substrates/quantum";
import { jobSeed } from "./quantum-job.ts";
import { sourceText } from "./read-circuit.ts";
import type { CircuitCost } from "./score.ts";

/** Schema id of a gradient job. */
export const GRADIENT_JOB_SCHEMA = "arqonbus.gradient.job.v1";
/** Kind of operation that serves it. */
export const GRADIENT_KIND = "quantum.circuit.gradient";
/** How it is computed, as recipes name it. */
const GRADIENT_METHOD = "parameter-shift/1";

const MAX_SHOTS = 10_000_000;
/** Circuits of one gradient, terms of the observable counted apart. */
const MAX_CIRCUITS = 100_000;

/** Parameters with every default filled in, as they stand in the recipe. */
export interface GradientParameters {
  /** "inputs" of OpenQASM 3 with their values, or every angle of every gate. */
  readonly parameters: "all" | Readonly<Record<string, number>>;
  /** A sum of Pauli strings, e.g. "0.5*ZZ - XI". */
  readonly observable: string;
  /** For each term and shifted circuit; 0 computes exactly. */
  readonly shots: number;
  /** Confidence of the intervals. */
  readonly level: number;
}

/** What a gradient is of. */
export interface GradientTask {
  readonly circuit: Circuit;
  readonly parameters: readonly CircuitParameter[];
  readonly observable: Observable;
}

/** @throws ArqonError `USAGE` for an unknown name or a value out of range, `JSON_INVALID`. */
export function gradientParameters(
  parametersJson: string,
  jobId: string,
): { readonly asked: GradientParameters; readonly seed: bigint } {
  const what = "parameters_json";
  const { seed, ...rest } = jsonObject(parseCanonicalJson(utf8(parametersJson || "{}"), what), what);
  return { asked: readGradientParameters(rest), seed: jobSeed(seed, jobId) };
}

/** The same from a recipe, where the seed stands apart. @throws ArqonError `USAGE` */
export function readGradientParameters(object: JsonObject): GradientParameters {
  const {
    parameters = "all",
    observable,
    shots = 0,
    level = 0.95,
    method = GRADIENT_METHOD,
    ...others
  } = object;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw usage(
      `unknown parameter "${unknown.slice(0, 40)}"; known: level, observable, parameters, seed, shots`,
    );
  if (method !== GRADIENT_METHOD)
    throw usage(`the method ${JSON.stringify(method)} is not ${GRADIENT_METHOD}`);
  if (typeof observable !== "string") throw usage('a gradient needs an observable, e.g. "ZZ"');
  if (typeof shots !== "number" || !Number.isInteger(shots) || shots < 0 || shots > MAX_SHOTS)
    throw usage(`shots must be a whole number from 0 (exact) to ${MAX_SHOTS}, not ${String(shots)}`);
  if (typeof level !== "number" || !(level > 0 && level < 1))
    throw usage(`level must be between 0 and 1, not ${String(level)}`);
  return { parameters: pointOf(parameters), observable, shots, level };
}

function pointOf(parameters: Json): GradientParameters["parameters"] {
  if (parameters === "all") return "all";
  const point = jsonObject(parameters, "parameters");
  for (const [name, value] of Object.entries(point))
    if (typeof value !== "number") throw usage(`the parameter ${name.slice(0, 40)} must have a number`);
  if (Object.keys(point).length === 0)
    throw usage('parameters must be "all" or name inputs with their values');
  return point as Readonly<Record<string, number>>;
}

/** As they stand in a recipe. */
export function gradientRecipe({ parameters, observable, shots, level }: GradientParameters): JsonObject {
  const point = parameters === "all" ? parameters : { ...parameters };
  return { level, method: GRADIENT_METHOD, observable, parameters: point, shots };
}

/** The canonical text of completed parameters, as bound jobs carry it. */
export function gradientText(asked: GradientParameters, seed: bigint): string {
  const { method: _fixed, ...rest } = gradientRecipe(asked);
  return canonicalJson({ ...rest, seed: formatSeed(seed) });
}

/**
 * Reads circuit and observable.
 * @throws ArqonError what reading a circuit throws, `USAGE`, `QASM_UNSUPPORTED`, `LIMIT_EXCEEDED` for too many circuits.
 */
export function gradientTask(program: Uint8Array, name: string, asked: GradientParameters): GradientTask {
  const source = sourceText(program, name);
  const circuitAt = (inputs: Readonly<Record<string, number>>): Circuit =>
    parseQasm(source, name || "circuit.qasm", { inputs });
  const point = asked.parameters;
  const circuit = circuitAt(point === "all" ? {} : point);
  const parameters = point === "all" ? gateAngles(circuit) : inputAngles(circuitAt, point);
  const task = { circuit, parameters, observable: parseObservable(asked.observable) };
  const circuits = circuitsOf(task);
  if (circuits > MAX_CIRCUITS)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `the gradient takes ${circuits} circuits; the limit is ${MAX_CIRCUITS}`,
      { details: { circuits, limit: MAX_CIRCUITS } },
    );
  return task;
}

function circuitsOf({ circuit, parameters, observable }: GradientTask): number {
  return gradientEvaluations(circuit, parameters) * Math.max(1, observable.length);
}

/** What all its circuits cost together. */
export function gradientCost(
  task: GradientTask,
  { shots }: GradientParameters,
): { readonly features: CircuitFeatures; readonly estimate: CircuitCost; readonly shots: number } {
  const circuits = circuitsOf(task);
  const { circuit, parameters, observable } = task;
  const { qubits, memoryBytes, timeMs } = estimateGradient(circuit, parameters, observable, shots);
  return {
    features: circuitFeatures(task.circuit),
    estimate: { qubits, memoryBytes, timeMs },
    shots: Math.max(1, shots) * circuits,
  };
}

function usage(message: string): ArqonError {
  return new ArqonError("USAGE", message);
}
