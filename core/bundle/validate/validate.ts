/** Judges the results of a run by declared constraints. */
import { ArqonError, type Json, type JsonObject, parseCanonicalJson } from "../../base/index.ts";
import { chiSquareFit, chiSquarePower, wilson } from "../../math/index.ts";
import type { BundleFiles } from "../draft.ts";
import { type Counts, requireCounts } from "../result.ts";
import type { Constraint } from "./constraints.ts";

/** HOLDS and VIOLATED are as sure as the constraint asks; UNDECIDED says that these shots cannot tell. */
export type Finding = "HOLDS" | "VIOLATED" | "UNDECIDED";

/** What became of one constraint. */
export interface Judged {
  readonly name: string;
  readonly kind: Constraint["kind"];
  readonly finding: Finding;
  /** One sentence with the figures. */
  readonly detail: string;
  readonly figures: JsonObject;
}

/** All of them: VIOLATED when one is, else UNDECIDED when one is. */
export interface Validation {
  readonly verdict: Finding;
  readonly constraints: readonly Judged[];
}

/** @throws ArqonError `USAGE` when a constraint speaks of a result that the run does not have, or not in that form. */
export function validateRun(files: BundleFiles, constraints: readonly Constraint[]): Validation {
  const judged = constraints.map((constraint) => ({
    name: constraint.name,
    kind: constraint.kind,
    ...judge(constraint, files),
  }));
  const found = (finding: Finding): boolean => judged.some((each) => each.finding === finding);
  return {
    verdict: found("VIOLATED") ? "VIOLATED" : found("UNDECIDED") ? "UNDECIDED" : "HOLDS",
    constraints: judged,
  };
}

/** As `results/validation.json` of a Validation. */
export function validationJson({ verdict, constraints }: Validation): JsonObject {
  return {
    constraints: constraints.map((each) => ({ ...each })),
    schema: "urn:arqon:validation:v1",
    verdict,
  };
}

type Outcome = Pick<Judged, "finding" | "detail" | "figures">;

function judge(constraint: Constraint, files: BundleFiles): Outcome {
  const bytes = files.get(constraint.file);
  if (!bytes) throw wrong(constraint, `the run has no ${constraint.file}`);
  const value = parseCanonicalJson(bytes, constraint.file);
  if (constraint.kind === "value") return ofValue(constraint, value);
  const counts = requireCounts(value, constraint.file);
  return constraint.kind === "expectation"
    ? ofExpectation(constraint, counts)
    : ofDistribution(constraint, counts);
}

function ofExpectation(constraint: Extract<Constraint, { kind: "expectation" }>, counts: Counts): Outcome {
  const { observable, min, max, level } = constraint;
  let [odd, shots] = [0, 0];
  for (const [key, count] of Object.entries(counts)) {
    const bits = key.replaceAll(" ", "");
    if (bits.length !== observable.length)
      throw wrong(
        constraint,
        `${observable} has ${observable.length} letters, the outcome ${key} ${bits.length} bits`,
      );
    let parity = 0;
    for (let k = 0; k < bits.length; k++) if (observable[k] === "Z" && bits[k] === "1") parity ^= 1;
    odd += parity * count;
    shots += count;
  }
  if (shots === 0) throw wrong(constraint, `${constraint.file} has no counts`);
  const share = wilson(odd, shots, level);
  const [value, low, high] = [1 - (2 * odd) / shots, 1 - 2 * share.high, 1 - 2 * share.low];
  const finding = low >= min && high <= max ? "HOLDS" : high < min || low > max ? "VIOLATED" : "UNDECIDED";
  const detail = `<${observable}> = ${short(value)}, within [${short(low)}, ${short(high)}] at ${level}; asked for ${range(min, max)}`;
  return { finding, detail, figures: { high, level, low, shots, value } };
}

function ofDistribution(constraint: Extract<Constraint, { kind: "distribution" }>, counts: Counts): Outcome {
  const { probabilities, alpha, effect, power: wanted } = constraint;
  const seen = new Map(Object.entries(counts));
  const shots = [...seen.values()].reduce((sum, count) => sum + count, 0);
  if (shots === 0) throw wrong(constraint, `${constraint.file} has no counts`);
  const expected = new Map(Object.entries(probabilities));
  const { statistic, degrees, pValue } = chiSquareFit(seen, expected);
  let distance = 0;
  for (const key of new Set([...seen.keys(), ...expected.keys()]))
    distance += Math.abs((seen.get(key) ?? 0) / shots - (expected.get(key) ?? 0)) / 2;
  // No distribution at this total variation has a smaller noncentrality than 4 effect^2 shots.
  const power = degrees === 0 ? 0 : chiSquarePower(4 * effect * effect * shots, degrees, alpha);
  const finding = pValue < alpha ? "VIOLATED" : power >= wanted ? "HOLDS" : "UNDECIDED";
  const detail =
    `total variation ${short(distance)}, p = ${short(pValue)} at alpha ${alpha}; ` +
    `a total variation of ${effect} would be found with probability ${short(power)}`;
  const figures = { alpha, degrees, effect, p_value: pValue, power, shots, total_variation: distance };
  return { finding, detail, figures: Number.isFinite(statistic) ? { ...figures, statistic } : figures };
}

function ofValue(constraint: Extract<Constraint, { kind: "value" }>, root: Json): Outcome {
  const { pointer, min, max } = constraint;
  let value: Json | undefined = root;
  for (const part of pointer.slice(1).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const inside: Json | undefined = value;
    value =
      inside !== null && typeof inside === "object" && Object.hasOwn(inside, key)
        ? (inside as { readonly [key: string]: Json })[key]
        : undefined;
  }
  if (typeof value !== "number") throw wrong(constraint, `${constraint.file}${pointer} is not a number`);
  const finding = value >= min && value <= max ? "HOLDS" : "VIOLATED";
  return { finding, detail: `${pointer} = ${value}; asked for ${range(min, max)}`, figures: { value } };
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

function range(min: number, max: number): string {
  const low = min === -Number.MAX_VALUE ? "" : `at least ${min}`;
  const high = max === Number.MAX_VALUE ? "" : `at most ${max}`;
  return [low, high].filter(Boolean).join(" and ");
}

function wrong({ name }: Constraint, why: string): ArqonError {
  return new ArqonError("USAGE", `constraint "${name}": ${why}`);
}
