/** What a capsule of `arqonbus.qml.job.v1` may say. */
import {
  ArqonError,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  utf8,
} from "@arqon/core/base";
import { type LabelledSet, labelledSet, QML_LIMITS } from "@arqon/substrates/quantum";
import { programJson } from "./program-json.ts";

/** Schema id of a job on "qml.jobs", and the media type of its program. */
export const QML_JOB_SCHEMA = "arqonbus.qml.job.v1";
export const QML_MEDIA_TYPE = "application/json";

/** "kernel": fidelity kernels and a support-vector machine; "variational": a trained circuit. */
export const QML_METHODS = ["kernel", "variational"] as const;

/** The program: labelled samples to learn from, others to tell the class of, and their labels where they are known. */
export interface ClassifyData {
  readonly training: LabelledSet;
  readonly unseen: readonly (readonly number[])[];
  /** For each unseen sample, when given: accuracy is told then, and nothing is learned from it. */
  readonly truth?: readonly string[];
}

/** The parameters, with every default filled in. */
export interface ClassifyParameters {
  readonly method: (typeof QML_METHODS)[number];
  readonly qubits: number;
  /** "kernel": shots for each entry; 0 for exact ones. */
  readonly shots: number;
  /** "variational": times that each sample is seen. */
  readonly epochs: number;
}

const WHOLE: Readonly<
  Record<"qubits" | "shots" | "epochs", readonly [least: number, most: number, usual: number]>
> = {
  qubits: [1, QML_LIMITS.qubits, 4],
  shots: [0, 100_000, 0],
  epochs: [1, 1000, 15],
};

/**
 * Reads parameters, with `seed` apart.
 * @throws ArqonError `USAGE`, `JSON_INVALID`
 */
export function classifyParameters(text: string): {
  readonly parameters: ClassifyParameters;
  readonly seed: Json | undefined;
} {
  const what = "parameters_json";
  const object = text === "" ? {} : jsonObject(parseCanonicalJson(utf8(text), what), what);
  const { method = "kernel", seed, ...others } = object;
  const chosen = QML_METHODS.find((each) => each === method);
  if (!chosen)
    throw new ArqonError(
      "USAGE",
      `method must be ${QML_METHODS.join(" or ")}, not ${JSON.stringify(method).slice(0, 40)}`,
    );
  const known = Object.keys(WHOLE);
  const unknown = Object.keys(others).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ArqonError(
      "USAGE",
      `unknown parameter "${unknown.slice(0, 40)}"; known: method, seed, ${known.join(", ")}`,
    );
  return {
    parameters: {
      method: chosen,
      qubits: whole(others, "qubits"),
      shots: whole(others, "shots"),
      epochs: whole(others, "epochs"),
    },
    seed,
  };
}

function whole(object: JsonObject, name: keyof typeof WHOLE): number {
  const [least, most, usual] = WHOLE[name];
  const value = object[name] ?? usual;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most)
    throw new ArqonError(
      "USAGE",
      `${name} must be a whole number from ${least} to ${most}, not ${String(value).slice(0, 40)}`,
    );
  return value;
}

/** The program as JSON. @throws ArqonError `JSON_INVALID` */
export function jsonProgram(program: Uint8Array, name: string): JsonObject {
  const what = name || "samples.json";
  return jsonObject(programJson(program, what), what);
}

/**
 * Reads `{"features": [[...]], "labels": [...], "unseen": [[...]], "truth": [...]}`.
 * @throws ArqonError `USAGE` naming row and field, `JSON_INVALID`, `LIMIT_EXCEEDED`
 */
export function classifyData(program: Uint8Array, name: string): ClassifyData {
  const what = name || "samples.json";
  const { features, labels, unseen = [], truth, ...others } = jsonProgram(program, name);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new ArqonError(
      "USAGE",
      `${what}: unknown field "${unknown.slice(0, 40)}"; known: features, labels, unseen, truth`,
    );
  const training = labelledSet(rows(features, `${what}: features`), texts(labels, `${what}: labels`), what);
  const hidden = rows(unseen, `${what}: unseen`);
  const width = training.features[0]?.length;
  const odd = hidden.findIndex((row) => row.length !== width || !row.every(Number.isFinite));
  if (odd >= 0)
    throw new ArqonError("USAGE", `${what}: unseen row ${odd + 1} is not ${width} finite numbers`);
  if (hidden.length > QML_LIMITS.samples)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `${what}: ${hidden.length} unseen samples, limit ${QML_LIMITS.samples}`,
    );
  const known = truth === undefined ? undefined : texts(truth, `${what}: truth`);
  if (known && known.length !== hidden.length)
    throw new ArqonError(
      "USAGE",
      `${what}: ${known.length} labels in truth, ${hidden.length} unseen samples`,
    );
  return { training, unseen: hidden, ...(known && { truth: known }) };
}

function rows(value: Json | undefined, what: string): readonly (readonly number[])[] {
  if (!Array.isArray(value)) throw new ArqonError("USAGE", `${what} must be a list of rows`);
  const wrong = value.findIndex(
    (row: Json) => !Array.isArray(row) || !row.every((item: Json) => typeof item === "number"),
  );
  if (wrong >= 0) throw new ArqonError("USAGE", `${what}, row ${wrong + 1} must be a list of numbers`);
  return value as unknown as readonly (readonly number[])[];
}

function texts(value: Json | undefined, what: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((item: Json) => typeof item === "string"))
    throw new ArqonError("USAGE", `${what} must be a list of texts`);
  return value as unknown as readonly string[];
}
