/** Declared constraints on the results of a run, as a file says them. */
import { ArqonError, type Json, type JsonObject, jsonObject } from "../../base/index.ts";

export const CONSTRAINTS_SCHEMA = "urn:arqon:constraints:v1";

/** One constraint. Bounds that are left out do not bound. */
export type Constraint = { readonly name: string } & (
  | {
      /** The mean of a product of Z over counts; the letters are I and Z, the right one for the rightmost bit of a key. */
      readonly kind: "expectation";
      readonly file: string;
      readonly observable: string;
      readonly min: number;
      readonly max: number;
      /** Confidence of the interval that has to lie within. */
      readonly level: number;
    }
  | {
      /** Counts against probabilities, by Pearson's test. */
      readonly kind: "distribution";
      readonly file: string;
      readonly probabilities: Readonly<Record<string, number>>;
      readonly alpha: number;
      /** Total variation that the test must be able to find, with probability `power`. */
      readonly effect: number;
      readonly power: number;
    }
  | {
      /** A number in a result. */
      readonly kind: "value";
      readonly file: string;
      /** JSON Pointer. */
      readonly pointer: string;
      readonly min: number;
      readonly max: number;
    }
);

const MOST = 1000;
const COUNTS = "results/counts.json";

/** @throws ArqonError `USAGE` naming the constraint and what is wrong with it. */
export function readConstraints(json: Json): Constraint[] {
  const { schema = CONSTRAINTS_SCHEMA, constraints, ...others } = jsonObject(json, "the constraints");
  if (schema !== CONSTRAINTS_SCHEMA)
    throw bad(`the schema is ${JSON.stringify(schema)}, not ${CONSTRAINTS_SCHEMA}`);
  none(others, "the constraints");
  if (!Array.isArray(constraints) || constraints.length === 0)
    throw bad('"constraints" must be a list that is not empty');
  if (constraints.length > MOST) throw bad(`more than ${MOST} constraints`);
  return constraints.map((item: Json, k) =>
    readOne(jsonObject(item, `constraint ${k + 1}`), `constraint ${k + 1}`),
  );
}

function readOne(object: JsonObject, place: string): Constraint {
  const { kind, name: named, ...rest } = object;
  const name =
    named === undefined ? `${String(kind)} ${place.slice("constraint ".length)}` : text(named, place, "name");
  if (kind === "expectation") {
    const { file = COUNTS, observable, min, max, level = 0.95, ...others } = rest;
    none(others, place);
    const letters = text(observable, place, "observable");
    if (!/^[IZ]*Z[IZ]*$/.test(letters))
      throw bad(
        `${place}: the observable ${letters} has other letters than I and Z, or no Z: counts do not say more`,
      );
    return {
      name,
      kind,
      file: path(file, place),
      observable: letters,
      ...bounds(min, max, place),
      level: share(level, place, "level"),
    };
  }
  if (kind === "distribution") {
    const { file = COUNTS, probabilities, alpha = 0.001, effect = 0.15, power = 0.9, ...others } = rest;
    none(others, place);
    const weights = jsonObject(probabilities, `${place}: probabilities`);
    let sum = 0;
    for (const [key, value] of Object.entries(weights)) {
      if (typeof value !== "number" || !(value >= 0))
        throw bad(`${place}: the probability of ${key.slice(0, 40)} is not a number of at least 0`);
      sum += value;
    }
    if (!(Math.abs(sum - 1) < 1e-6)) throw bad(`${place}: the probabilities add up to ${sum}, not 1`);
    return {
      name,
      kind,
      file: path(file, place),
      probabilities: weights as Readonly<Record<string, number>>,
      alpha: share(alpha, place, "alpha"),
      effect: share(effect, place, "effect"),
      power: share(power, place, "power"),
    };
  }
  if (kind === "value") {
    const { file, pointer, min, max, ...others } = rest;
    none(others, place);
    const at = text(pointer, place, "pointer");
    if (!at.startsWith("/")) throw bad(`${place}: ${at} is no JSON Pointer`);
    return { name, kind, file: path(file, place), pointer: at, ...bounds(min, max, place) };
  }
  throw bad(`${place}: the kind ${JSON.stringify(kind)} is not expectation, distribution or value`);
}

function bounds(min: Json | undefined, max: Json | undefined, place: string): { min: number; max: number } {
  if (min === undefined && max === undefined) throw bad(`${place}: neither min nor max`);
  // Only what is left out does not bound: null would be how some write a NaN.
  const { low = -Number.MAX_VALUE, high = Number.MAX_VALUE } = { low: min, high: max };
  if (!isBound(low) || !isBound(high) || low > high)
    throw bad(`${place}: min and max are not numbers in order`);
  return { min: low, max: high };
}

const isBound = (value: Json): value is number => Number.isFinite(value);

function path(value: Json | undefined, place: string): string {
  const file = text(value, place, "file");
  if (!file.startsWith("results/") || !file.endsWith(".json"))
    throw bad(`${place}: ${file} is no results/….json`);
  return file;
}

function text(value: Json | undefined, place: string, key: string): string {
  if (typeof value !== "string" || value === "" || value.length > 500)
    throw bad(`${place}: "${key}" must be a text`);
  return value;
}

function share(value: Json, place: string, key: string): number {
  if (typeof value !== "number" || !(value > 0 && value < 1))
    throw bad(`${place}: "${key}" must be between 0 and 1`);
  return value;
}

function none(others: JsonObject, place: string): void {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw bad(`${place}: unknown key "${unknown.slice(0, 40)}"`);
}

function bad(why: string): ArqonError {
  return new ArqonError("USAGE", why, { remedy: "docs/spec/bundle.md shows what constraints may say." });
}
