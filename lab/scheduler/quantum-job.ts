/** What a capsule of `arqonbus.quantum.job.v1` may say, and what its defaults are. */
import {
  ArqonError,
  canonicalJson,
  formatSeed,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  parseSeed,
  sha256,
  utf8,
} from "@arqon/core/base";
import type { Capsule } from "@arqon/core/wire";
import {
  EXPERIMENT_KEYS,
  ibmCalibration,
  MPS_DEFAULTS,
  readExperimentOptions,
} from "@arqon/substrates/quantum";
import type { Constraints } from "./score.ts";

/** Schema id of a quantum job. */
export const QUANTUM_JOB_SCHEMA = "arqonbus.quantum.job.v1";
/** Media types of its program. */
const QASM_MEDIA_TYPES: readonly string[] = ["text/x-openqasm;version=2.0", "text/x-openqasm;version=3.0"];
/** Kind of operation that serves it. */
export const QUANTUM_RUN_KIND = "quantum.circuit.run";

const DEFAULT_SHOTS = 1024;
const MAX_SHOTS = 10_000_000;
/** No known constraint changes what is computed, so none enters the recipe. */
const CONSTRAINTS: Readonly<Record<string, "string" | "boolean" | "number">> = {
  allowFree: "boolean",
  backend: "string",
  backendClass: "string",
  maxCost: "number",
  minFidelity: "number",
};

/** Parameters with every default filled in. */
export interface QuantumParameters {
  readonly shots: number;
  readonly seed: bigint;
  /** Engine, precision, inputs, noise, observables, transpile: those that differ from their defaults. Left out when none does. */
  readonly options?: JsonObject;
}

/**
 * The media type of a job's program.
 * @throws ArqonError `SCHEMA_UNKNOWN` unless the capsule is a job of this schema in OpenQASM.
 */
export function requireQuantumCapsule(capsule: Capsule, schema: string = QUANTUM_JOB_SCHEMA): string {
  if (capsule.schema !== schema)
    throw new ArqonError("SCHEMA_UNKNOWN", `"${capsule.schema}" is not ${schema}`);
  const mediaType = capsule.programMediaType.replaceAll(" ", "");
  if (!QASM_MEDIA_TYPES.includes(mediaType))
    throw new ArqonError(
      "SCHEMA_UNKNOWN",
      `a program of "${capsule.programMediaType}" is not one of ${QASM_MEDIA_TYPES.join(", ")}`,
    );
  return mediaType;
}

/**
 * Reads and completes the parameters. A seed that is left out follows from the job's id, so that every attempt has the same.
 * @throws ArqonError `USAGE` for an unknown name or a value out of range, `JSON_INVALID`, `CALIBRATION_INVALID`.
 */
export function quantumParameters(parametersJson: string, jobId: string): QuantumParameters {
  const { shots = DEFAULT_SHOTS, seed, ...given } = readObject(parametersJson, "parameters_json");
  const others = withNeutralCalibration(given);
  const unknown = Object.keys(others).find((name) => !EXPERIMENT_KEYS.includes(name));
  if (unknown !== undefined)
    refuseUnknown({ [unknown]: null }, "parameter", [...EXPERIMENT_KEYS, "seed", "shots"].sort().join(", "));
  if (typeof shots !== "number" || !Number.isInteger(shots) || shots < 1 || shots > MAX_SHOTS)
    throw new ArqonError(
      "USAGE",
      `shots must be a whole number from 1 to ${MAX_SHOTS}, not ${String(shots)}`,
    );
  readExperimentOptions(others);
  const options = Object.fromEntries(
    Object.entries(others)
      .map(([name, value]): [string, Json] => [name, withoutDefaults(name, value)])
      .filter(([name, value]) => !isDefault(name, value)),
  );
  const plain = { shots, seed: jobSeed(seed, jobId) };
  return Object.keys(options).length === 0 ? plain : { ...plain, options };
}

/** The properties IBM publishes of a device become our own form, so that the recipe is one whichever of the two was sent. */
function withNeutralCalibration(options: JsonObject): JsonObject {
  const { noise } = options;
  if (!isObject(noise) || !isObject(noise["calibration"])) return options;
  const { calibration } = noise;
  if (!("backend_name" in calibration)) return options;
  // Through text, which has no properties that are undefined.
  const neutral = JSON.parse(JSON.stringify(ibmCalibration(calibration))) as JsonObject;
  return { ...options, noise: { ...noise, calibration: neutral } };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const DEFAULTS: Readonly<Record<string, Json>> = { engine: "auto", precision: "f64", transpile: true };

/** Of options that are objects. */
const INNER_DEFAULTS: Readonly<Record<string, JsonObject>> = {
  mps: { maxBond: MPS_DEFAULTS.maxBond, maxLoss: MPS_DEFAULTS.maxDiscarded },
  noise: { idle: false, policy: "repair", temperatureMk: 0 },
};

function withoutDefaults(name: string, value: Json): Json {
  const defaults = INNER_DEFAULTS[name];
  if (!defaults || !isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key, inner]) => defaults[key] !== inner));
}

/** What is left out and what says the default are one recipe. */
function isDefault(name: string, value: Json): boolean {
  const empty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return empty || DEFAULTS[name] === value;
}

/** The canonical text of completed parameters, as bound jobs carry it. */
export function parametersText({ shots, seed, options }: QuantumParameters): string {
  return canonicalJson({ ...options, seed: formatSeed(seed), shots });
}

/** @throws ArqonError `USAGE` for an unknown name or a value of the wrong type, `JSON_INVALID`. */
export function quantumConstraints(constraintsJson: string): Constraints {
  const object = readObject(constraintsJson, "constraints_json");
  for (const [name, value] of Object.entries(object)) {
    const type = Object.hasOwn(CONSTRAINTS, name) ? CONSTRAINTS[name] : undefined;
    if (!type) refuseUnknown({ [name]: value }, "constraint", Object.keys(CONSTRAINTS).join(", "));
    if (typeof value !== type) throw new ArqonError("USAGE", `constraint ${name} must be a ${type}`);
  }
  return object as Constraints;
}

function readObject(text: string, what: string): JsonObject {
  return text === "" ? {} : jsonObject(parseCanonicalJson(utf8(text), what), what);
}

function refuseUnknown(others: JsonObject, what: string, known: string): void {
  const [name] = Object.keys(others);
  if (name !== undefined)
    throw new ArqonError("USAGE", `unknown ${what} "${name.slice(0, 40)}"; known: ${known}`);
}

/** @throws ArqonError `USAGE` unless the value is a text of decimal or 0x digits below 2^64, or a safe integer. */
export function readSeed(value: unknown): bigint {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  const seed = typeof text === "string" ? parseSeed(text) : undefined;
  if (seed === undefined)
    throw new ArqonError(
      "USAGE",
      `seed must be decimal or 0x digits below 2^64, not ${String(value).slice(0, 40)}`,
    );
  return seed;
}

/** The seed a job names, or one that follows from its id. @throws ArqonError `USAGE` as {@link readSeed}. */
export function jobSeed(seed: unknown, jobId: string): bigint {
  return seed === undefined ? seedOf(jobId) : readSeed(seed);
}

function seedOf(jobId: string): bigint {
  const digest = sha256(utf8(`arqon.seed.v1\n${jobId}`));
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
}
