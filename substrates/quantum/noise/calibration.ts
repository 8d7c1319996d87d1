/** A machine's calibration in our own neutral form (`schemas/calibration.v1.schema.json`), read from parsed JSON. */
import { ArqonError, type Json, type JsonObject } from "@arqon/core/base";
import { MAX_CHANNEL_QUBITS } from "./channel.ts";

/** One qubit. What is not known is left out. */
export interface QubitCalibration {
  readonly t1Ns?: number;
  readonly t2Ns?: number;
  readonly frequencyHz?: number;
  /** Probability to read 1 where 0 was prepared, and the reverse. */
  readonly p1Given0?: number;
  readonly p0Given1?: number;
  readonly readoutNs?: number;
}

/** One gate on certain qubits, in order. */
export interface GateCalibration {
  readonly gate: string;
  readonly qubits: readonly number[];
  /** 1 - average gate fidelity. */
  readonly error?: number;
  readonly durationNs?: number;
}

/** What a calibration says, not yet judged. */
export interface Calibration {
  readonly schema: typeof CALIBRATION_SCHEMA;
  readonly device: string;
  readonly version?: string;
  /** RFC 3339; as the source wrote it. */
  readonly calibratedAt?: string;
  /** Length of the machine's own step of time, dt. */
  readonly dtNs?: number;
  readonly qubits: readonly QubitCalibration[];
  readonly gates: readonly GateCalibration[];
  /** Gates circuits are compiled to; all gates where left out. */
  readonly basis?: readonly string[];
}

export const CALIBRATION_SCHEMA = "arqonbus.calibration.v1";

/** Bounds checked before anything is built. */
export const CALIBRATION_LIMITS: { readonly qubits: number; readonly gates: number } = {
  qubits: 10_000,
  gates: 1_000_000,
};

export function malformed(message: string): ArqonError {
  return new ArqonError("CALIBRATION_INVALID", message);
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function objectOf(value: Json | undefined, where: string): JsonObject {
  if (!isObject(value)) throw malformed(`${where} is not an object`);
  return value;
}

export function listOf(value: Json | undefined, where: string, most: number): readonly Json[] {
  if (!Array.isArray(value)) throw malformed(`${where} is not a list`);
  if (value.length > most) throw malformed(`${where} has ${value.length} entries; the limit is ${most}`);
  return value as readonly Json[];
}

export function textOf(value: Json | undefined, where: string): string {
  if (typeof value !== "string" || value.length === 0 || value.length > 200)
    throw malformed(`${where} is not a text`);
  return value;
}

/** Qubit numbers of a gate: different ones that exist. */
export function qubitsOf(value: Json | undefined, where: string, qubits: number): number[] {
  const list = listOf(value, where, MAX_CHANNEL_QUBITS) as readonly Json[];
  for (const q of list)
    if (typeof q !== "number" || !Number.isInteger(q) || q < 0 || q >= qubits)
      throw malformed(`${where} names qubit ${JSON.stringify(q)} of ${qubits}`);
  if (list.length === 0 || new Set(list).size !== list.length)
    throw malformed(`${where} names no qubit, or one twice`);
  return list as number[];
}

const QUBIT_KEYS = ["t1Ns", "t2Ns", "frequencyHz", "p1Given0", "p0Given1", "readoutNs"] as const;
const GATE_KEYS = ["error", "durationNs"] as const;

function numbers<K extends string>(
  from: JsonObject,
  keys: readonly K[],
  where: string,
): Partial<Record<K, number>> {
  const out: Partial<Record<K, number>> = {};
  for (const key of keys) {
    const value = from[key];
    if (value === undefined) continue;
    if (typeof value !== "number" || !Number.isFinite(value))
      throw malformed(`${where}/${key} is not a finite number`);
    out[key] = value;
  }
  return out;
}

function onlyKeys(from: JsonObject, keys: readonly string[], where: string): void {
  for (const key of Object.keys(from))
    if (!keys.includes(key)) throw malformed(`${where} has an unknown key "${key}"`);
}

/**
 * Reads a calibration of our own schema. Values are taken as they are; {@link examineCalibration} judges them.
 *
 * @throws ArqonError `CALIBRATION_INVALID` with the place, for anything the schema does not allow.
 */
export function readCalibration(json: Json): Calibration {
  const top = objectOf(json, "the calibration");
  onlyKeys(
    top,
    ["schema", "device", "version", "calibratedAt", "dtNs", "qubits", "gates", "basis"],
    "the calibration",
  );
  if (top["schema"] !== CALIBRATION_SCHEMA)
    throw malformed(
      `the calibration's schema is ${JSON.stringify(top["schema"])}, not "${CALIBRATION_SCHEMA}"`,
    );
  const qubits = listOf(top["qubits"], "qubits", CALIBRATION_LIMITS.qubits).map((item, q) => {
    const where = `qubits/${q}`;
    const qubit = objectOf(item, where);
    onlyKeys(qubit, QUBIT_KEYS, where);
    return numbers(qubit, QUBIT_KEYS, where);
  });
  const gates = listOf(top["gates"], "gates", CALIBRATION_LIMITS.gates).map((item, g) => {
    const where = `gates/${g}`;
    const gate = objectOf(item, where);
    onlyKeys(gate, ["gate", "qubits", ...GATE_KEYS], where);
    return {
      gate: textOf(gate["gate"], `${where}/gate`),
      qubits: qubitsOf(gate["qubits"], `${where}/qubits`, qubits.length),
      ...numbers(gate, GATE_KEYS, where),
    };
  });
  const { dtNs } = numbers(top, ["dtNs"], "the calibration");
  if (dtNs !== undefined && !(dtNs > 0)) throw malformed(`dtNs is ${dtNs}, and a step takes some time`);
  return {
    schema: CALIBRATION_SCHEMA,
    device: textOf(top["device"], "device"),
    ...(top["version"] === undefined ? {} : { version: textOf(top["version"], "version") }),
    ...(top["calibratedAt"] === undefined
      ? {}
      : { calibratedAt: textOf(top["calibratedAt"], "calibratedAt") }),
    ...(dtNs === undefined ? {} : { dtNs }),
    qubits,
    gates,
    ...(top["basis"] === undefined
      ? {}
      : { basis: listOf(top["basis"], "basis", 1000).map((name, k) => textOf(name, `basis/${k}`)) }),
  };
}
