/** `recipe/replay.json`: how the results of a replay are to be compared. */
import { ArqonError, type Json, type JsonObject, jsonObject, parseCanonicalJson } from "../../base/index.ts";
import type { BundleFiles } from "../draft.ts";

/** How one result is compared. */
export type Comparator =
  | { readonly kind: "exact" }
  | { readonly kind: "ulp"; readonly ulps: number }
  | { readonly kind: "relabs"; readonly rel: number; readonly abs: number }
  | {
      readonly kind: "distribution";
      readonly metric: "tvd";
      readonly test: "chi-squared" | "permutation";
      readonly alpha: number;
      /** Total variation that the test has to be able to find with probability `power`; left out, it need not. */
      readonly effect?: number;
      readonly power: number;
      /** Of a permutation test. */
      readonly permutations: number;
    };

/** Level of the two-sample test where a recipe names none. */
export const DEFAULT_ALPHA = 0.001;
/** What the test of counts from hardware must be able to find, and how surely. */
const DEFAULT_EFFECT = 0.15;
const DEFAULT_POWER = 0.9;
const DEFAULT_PERMUTATIONS = 10_000;
const MOST_PERMUTATIONS = 1_000_000;

const EXACT: Comparator = { kind: "exact" };

/** Entries of `expect`: exact on simulators, and on hardware a two-sample test for counts. */
export function replayExpectations(results: readonly string[]): JsonObject[] {
  return results.flatMap((file) => [
    { comparator: "exact", file, when: "simulator" },
    ...(file.endsWith("counts.json")
      ? [
          {
            comparator: {
              alpha: DEFAULT_ALPHA,
              effect: DEFAULT_EFFECT,
              kind: "distribution",
              metric: "tvd",
              power: DEFAULT_POWER,
              test: "chi-squared",
            },
            file,
            when: "hardware",
          },
        ]
      : []),
  ]);
}

function bad(path: string, why: string): never {
  throw new ArqonError("BUNDLE_MALFORMED", `${path}: ${why}`);
}

const positive = (value: Json | undefined, path: string, key: string): number =>
  typeof value === "number" && value >= 0 ? value : bad(path, `${key} must be a number of at least 0`);

const share = (value: Json, path: string, key: string): number =>
  typeof value === "number" && value > 0 && value < 1 ? value : bad(path, `${key} must be between 0 and 1`);

function readComparator(value: Json | undefined, path: string): Comparator {
  if (value === "exact") return EXACT;
  const object = jsonObject(value, `${path} comparator`);
  switch (object["kind"]) {
    case "exact":
      return EXACT;
    case "ulp":
      return { kind: "ulp", ulps: positive(object["ulps"], path, "ulps") };
    case "relabs":
      return {
        kind: "relabs",
        rel: positive(object["rel"] ?? 0, path, "rel"),
        abs: positive(object["abs"] ?? 0, path, "abs"),
      };
    case "distribution": {
      const { metric = "tvd", test = "chi-squared", effect } = object;
      const alpha = share(object["alpha"] ?? DEFAULT_ALPHA, path, "alpha");
      const power = share(object["power"] ?? DEFAULT_POWER, path, "power");
      const permutations = object["permutations"] ?? DEFAULT_PERMUTATIONS;
      if (metric !== "tvd" || (test !== "chi-squared" && test !== "permutation"))
        bad(path, `the test ${JSON.stringify(test)} is not known`);
      if (!Number.isInteger(permutations) || !((permutations as number) * alpha >= 1))
        bad(path, `a test at level ${alpha} takes at least ${Math.ceil(1 / alpha)} permutations`);
      if ((permutations as number) > MOST_PERMUTATIONS)
        bad(path, `more than ${MOST_PERMUTATIONS} permutations`);
      return {
        kind: "distribution",
        metric: "tvd",
        test,
        alpha,
        ...(effect !== undefined && { effect: share(effect, path, "effect") }),
        power,
        permutations: permutations as number,
      };
    }
    default:
      return bad(path, `the comparator ${JSON.stringify(object["kind"])} is not known`);
  }
}

/**
 * The comparator of every result that the recipe names, for a class of backend. What it does not name is exact.
 * @throws ArqonError `BUNDLE_MALFORMED` for a comparator that is not known.
 */
export function readComparators(files: BundleFiles, backendClass: string): Map<string, Comparator> {
  const comparators = new Map<string, Comparator>();
  for (const [path, bytes] of files) {
    const folder = /^recipe\/(.*\/)?replay\.json$/.exec(path);
    if (!folder) continue;
    const expect = jsonObject(parseCanonicalJson(bytes, path), path)["expect"];
    if (!Array.isArray(expect)) continue;
    for (const item of expect) {
      const rule = jsonObject(item, `${path} expect`);
      const { file, when } = rule;
      const comparator = readComparator(rule["comparator"], path);
      if (typeof file !== "string") bad(path, "an expectation names no file");
      if (when !== undefined && when !== backendClass) continue;
      // Rules of a later execution speak of that execution's results.
      comparators.set(file.replace(/^results\//, `results/${folder[1] ?? ""}`), comparator);
    }
  }
  return comparators;
}

/** The comparator of a result. */
export function comparatorFor(comparators: ReadonlyMap<string, Comparator>, path: string): Comparator {
  return comparators.get(path) ?? EXACT;
}
