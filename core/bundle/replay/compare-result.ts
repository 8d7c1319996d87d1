/** Comparison of one result of two runs. */
import { equalBytes, type Json, parseCanonicalJson } from "../../base/index.ts";
import { readLogical, requireCounts } from "../result.ts";
import { compareCounts, type DistributionComparison } from "./distribution.ts";
import { diffJson } from "./json-diff.ts";
import type { Comparator } from "./rules.ts";
import { type TestOutcome, testSamples } from "./two-samples.ts";

/** How one result fared. */
export type ResultComparison = {
  readonly path: string;
  readonly comparator: Comparator["kind"];
  /** Equal in meaning, to the last bit. */
  readonly identical: boolean;
  /** Accepted by the comparator. */
  readonly agrees: boolean;
  readonly detail: string;
  /** Present where both are counts. */
  readonly distribution?: DistributionComparison;
  /** Present where the comparator declares a test, and the counts are not equal. */
  readonly test?: TestOutcome;
};

function isCounts(path: string): boolean {
  return path.endsWith("counts.json");
}

const scratch = new DataView(new ArrayBuffer(8));

/** Position of a double among all doubles, so that neighbours differ by 1. */
function ordinal(value: number): bigint {
  scratch.setFloat64(0, value);
  const bits = scratch.getBigInt64(0);
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
}

function ulpsApart(a: number, b: number): number {
  const difference = ordinal(a) - ordinal(b);
  return Number(difference < 0n ? -difference : difference);
}

/** Leaves that differ by more than the tolerance. */
function beyond(comparator: Comparator, before: Json, after: Json): string[] {
  return diffJson(before, after)
    .filter(({ before: a, after: b }) => {
      if (typeof a !== "number" || typeof b !== "number") return true;
      if (comparator.kind === "ulp") return ulpsApart(a, b) > comparator.ulps;
      if (comparator.kind === "relabs")
        return Math.abs(a - b) > comparator.abs + comparator.rel * Math.max(Math.abs(a), Math.abs(b));
      return true;
    })
    .map(({ pointer }) => pointer || "/");
}

function detailOf(test: TestOutcome, { total_variation }: DistributionComparison, rejected: boolean): string {
  const { p_value, alpha, effect, power } = test;
  const distance = `total variation ${total_variation.toPrecision(3)}, p = ${p_value.toPrecision(3)}, alpha ${alpha}`;
  if (!test.conclusive && !rejected)
    return effect === undefined || power === undefined
      ? "too few shots an outcome to tell"
      : `too few shots to tell: power ${power.toPrecision(2)} to find a total variation of ${effect} (${distance})`;
  return power === undefined ? distance : `${distance}, power ${power.toPrecision(2)} for ${effect}`;
}

/** Whether a comparator could not tell, and so neither accepted nor rejected. */
export function isUndecided({ agrees, test }: ResultComparison): boolean {
  return !agrees && test !== undefined && !test.conclusive && test.p_value >= test.alpha;
}

/** Compares one result. A result that is not there, or whose bytes are no longer what its path says, agrees with nothing. */
export function compareResult(
  path: string,
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
  comparator: Comparator,
): ResultComparison {
  const base = { path, comparator: comparator.kind, identical: false, agrees: false };
  if (!before || !after) return { ...base, detail: before ? "it is missing" : "it is new" };
  const known = readLogical(path, before);
  const identical = known
    ? known.logicalSha256 === readLogical(path, after)?.logicalSha256
    : equalBytes(before, after);
  const values = known && ([parseCanonicalJson(before, path), parseCanonicalJson(after, path)] as const);
  const distribution =
    values && isCounts(path)
      ? compareCounts(requireCounts(values[0], path), requireCounts(values[1], path))
      : undefined;
  const more = distribution ? { distribution } : {};
  if (identical) return { ...base, ...more, identical, agrees: true, detail: "equal" };
  if (comparator.kind === "distribution" && distribution) {
    const [a, b] = [requireCounts(values?.[0] ?? {}, path), requireCounts(values?.[1] ?? {}, path)];
    const test = testSamples(comparator, a, b, distribution);
    const rejected = test.p_value < comparator.alpha;
    return {
      ...base,
      ...more,
      test,
      agrees: test.conclusive && !rejected,
      detail: detailOf(test, distribution, rejected),
    };
  }
  if (comparator.kind === "exact" || comparator.kind === "distribution" || !values)
    return {
      ...base,
      ...more,
      detail: distribution ? `total variation ${distribution.total_variation.toPrecision(3)}` : "not equal",
    };
  const far = beyond(comparator, values[0], values[1]);
  return {
    ...base,
    ...more,
    agrees: far.length === 0,
    detail: far.length === 0 ? "within tolerance" : `beyond tolerance at ${far.slice(0, 3).join(", ")}`,
  };
}
