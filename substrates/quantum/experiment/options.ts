/** What a circuit is run with, as a job's parameters say it in JSON. */
import { ArqonError, type Json, type JsonObject } from "@arqon/core/base";
import type { MpsOptions } from "../mps/index.ts";
import { type Calibration, HYGIENE_POLICIES, type HygieneAction, readCalibration } from "../noise/index.ts";
import type { Precision } from "../precision.ts";

/** Engines by the names people ask for; "trajectories" and "density" know noise, "stabilizer" Pauli noise. */
export const EXPERIMENT_ENGINES = [
  "auto",
  "statevector",
  "density",
  "trajectories",
  "stabilizer",
  "mps",
] as const;
/** One of them. */
export type ExperimentEngine = (typeof EXPERIMENT_ENGINES)[number];

/** An observable: a Pauli string, the right letter for qubit 0, or a weighted sum of such. */
export type AskedObservable = string | Readonly<Record<string, number>>;

/** Noise of a machine. */
export interface ExperimentNoise {
  readonly calibration: Calibration;
  /** Whether qubits that wait relax. */
  readonly idle: boolean;
  readonly temperatureMk: number;
  /** What is done about values no machine can have. */
  readonly policy: HygieneAction;
}

/** Everything besides circuit, shots and seed. */
export interface ExperimentOptions {
  readonly engine: ExperimentEngine;
  readonly precision: Precision;
  /** Values of an OpenQASM 3 text's `input` declarations. */
  readonly inputs: Readonly<Record<string, number | boolean>>;
  readonly noise: ExperimentNoise | undefined;
  /** Whether a circuit with noise is compiled for the machine first. */
  readonly transpile: boolean;
  readonly observables: readonly AskedObservable[];
  /** What was asked of the mps engine; its own defaults for the rest. */
  readonly mps: Partial<MpsOptions>;
}

/** Names an options object may have. */
export const EXPERIMENT_KEYS: readonly string[] = [
  "engine",
  "inputs",
  "mps",
  "noise",
  "observables",
  "precision",
  "transpile",
];
/** Observables of a job, and Pauli strings of each. */
const MOST_OBSERVABLES = 1_000;
const MOST_INPUTS = 1_000;
/** Largest bonds that can be asked for; the estimate says whether there is memory and time for them. */
const MOST_BOND = 4_096;

const usage = (message: string): ArqonError => new ArqonError("USAGE", message);
const shown = (value: Json | undefined): string => (JSON.stringify(value) ?? "nothing").slice(0, 60);

function objectIn(value: Json, name: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw usage(`${name} must be an object, not ${shown(value)}`);
}

function boolean(value: Json | undefined, name: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value !== "boolean") throw usage(`${name} must be true or false, not ${shown(value)}`);
  return value;
}

/**
 * Reads options.
 *
 * @throws ArqonError `USAGE` for an unknown name or a value it cannot have; `CALIBRATION_INVALID` as `readCalibration`, and for a
 *   calibration of another device than `noise.device` names.
 */
export function readExperimentOptions(json: JsonObject): ExperimentOptions {
  for (const name of Object.keys(json))
    if (!EXPERIMENT_KEYS.includes(name))
      throw usage(`unknown parameter "${name.slice(0, 40)}"; known: ${EXPERIMENT_KEYS.join(", ")}`);
  const { engine = "auto", precision = "f64", inputs, mps, noise, observables, transpile } = json;
  if (!EXPERIMENT_ENGINES.includes(engine as ExperimentEngine))
    throw usage(`engine must be one of ${EXPERIMENT_ENGINES.join(", ")}, not ${shown(engine)}`);
  if (precision !== "f64" && precision !== "f32")
    throw usage(`precision must be f64 or f32, not ${shown(precision)}`);
  const options: ExperimentOptions = {
    engine: engine as ExperimentEngine,
    precision,
    inputs: inputs === undefined ? {} : inputsOf(objectIn(inputs, "inputs")),
    noise: noise === undefined ? undefined : noiseIn(objectIn(noise, "noise")),
    transpile: boolean(transpile, "transpile", true),
    observables: observables === undefined ? [] : observablesOf(observables),
    mps: mps === undefined ? {} : mpsIn(objectIn(mps, "mps")),
  };
  if (options.noise && (engine === "statevector" || engine === "mps"))
    throw usage(`engine ${engine} knows no noise; use density, trajectories, stabilizer or auto`);
  if (mps !== undefined && engine !== "auto" && engine !== "mps")
    throw usage(`mps.maxBond and mps.maxLoss are for engine mps, not ${String(engine)}`);
  if (precision === "f32" && engine !== "auto" && engine !== "statevector")
    throw usage(`engine ${String(engine)} has no single precision; only statevector has`);
  if (precision === "f32" && options.noise) throw usage("noise is simulated in double precision only");
  return options;
}

function inputsOf(json: JsonObject): Record<string, number | boolean> {
  const entries = Object.entries(json);
  if (entries.length > MOST_INPUTS) throw usage(`${entries.length} inputs; the limit is ${MOST_INPUTS}`);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value !== "boolean" && (typeof value !== "number" || !Number.isFinite(value)))
        throw usage(`input ${name.slice(0, 40)} must be a number, true or false, not ${shown(value)}`);
      return [name, value] as const;
    }),
  );
}

function mpsIn(json: JsonObject): Partial<MpsOptions> {
  const { maxBond, maxLoss, ...others } = json;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw usage(`unknown "${unknown.slice(0, 40)}" in mps; known: maxBond, maxLoss`);
  const isBond = Number.isInteger(maxBond) && (maxBond as number) >= 1 && (maxBond as number) <= MOST_BOND;
  if (maxBond !== undefined && !isBond)
    throw usage(`mps.maxBond must be a whole number from 1 to ${MOST_BOND}, not ${shown(maxBond)}`);
  if (maxLoss !== undefined && !(typeof maxLoss === "number" && maxLoss >= 0 && maxLoss <= 1))
    throw usage(`mps.maxLoss must be from 0 to 1, not ${shown(maxLoss)}`);
  return {
    ...(maxBond !== undefined && { maxBond: maxBond as number }),
    ...(maxLoss !== undefined && { maxDiscarded: maxLoss }),
  };
}

function noiseIn(json: JsonObject): ExperimentNoise {
  const { calibration, device, idle, policy = "repair", temperatureMk = 0, ...others } = json;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw usage(
      `unknown "${unknown.slice(0, 40)}" in noise; known: calibration, device, idle, policy, temperatureMk`,
    );
  if (calibration === undefined) throw usage("noise needs a calibration");
  if (typeof temperatureMk !== "number" || !(temperatureMk >= 0 && temperatureMk <= 1e6))
    throw usage(`noise.temperatureMk must be from 0 to 1000000, not ${shown(temperatureMk)}`);
  if (typeof policy !== "string" || !Object.hasOwn(HYGIENE_POLICIES, policy))
    throw usage(
      `noise.policy must be one of ${Object.keys(HYGIENE_POLICIES).join(", ")}, not ${shown(policy)}`,
    );
  const read = readCalibration(calibration);
  if (device !== undefined && device !== read.device)
    throw new ArqonError(
      "CALIBRATION_INVALID",
      `the calibration is of ${read.device}, the job asks for ${shown(device)}`,
      { details: { device: read.device } },
    );
  return {
    calibration: read,
    idle: boolean(idle, "noise.idle", false),
    temperatureMk,
    policy: policy as HygieneAction,
  };
}

function observablesOf(json: Json): AskedObservable[] {
  if (!Array.isArray(json)) throw usage(`observables must be a list, not ${shown(json)}`);
  if (json.length > MOST_OBSERVABLES)
    throw usage(`${json.length} observables; the limit is ${MOST_OBSERVABLES}`);
  return json.map((item: Json, k) => {
    if (typeof item === "string") return labelOf(item, k);
    const terms = Object.entries(objectIn(item, `observables/${k}`));
    if (terms.length === 0 || terms.length > MOST_OBSERVABLES)
      throw usage(`observables/${k} has ${terms.length} terms; 1 to ${MOST_OBSERVABLES} are allowed`);
    return Object.fromEntries(
      terms.map(([label, weight]) => {
        if (typeof weight !== "number" || !Number.isFinite(weight))
          throw usage(`observables/${k}: the weight of ${label.slice(0, 40)} is ${shown(weight)}`);
        return [labelOf(label, k), weight] as const;
      }),
    );
  });
}

function labelOf(label: string, k: number): string {
  if (!/^[IXYZ]{1,10000}$/.test(label))
    throw usage(`observables/${k}: ${shown(label)} is not made of the letters I, X, Y, Z`);
  return label;
}
