/** The verdict of a replay: are two runs the same, and if not, why. */
import { ArqonError, type Json, type JsonObject, jsonObject, parseCanonicalJson } from "../../base/index.ts";
import { idsOf, parseArtifact } from "../artifact.ts";
import type { BundleFiles, BundleIds } from "../draft.ts";
import { comparePaths } from "../path.ts";
import { readObject } from "../recipe.ts";
import { ASKED, type Cause, type CauseKind, findCauses } from "./causes.ts";
import { compareResult, isUndecided, type ResultComparison } from "./compare-result.ts";
import { comparatorFor, readComparators } from "./rules.ts";

/**
 * IDENTICAL: same recipe, conditions and results. EQUIVALENT: same recipe, and every comparator accepts.
 * DIFFERENT_EXPLAINED: something that was asked, or a condition, differs and may be the cause.
 * DIFFERENT_UNEXPLAINED: nothing differs but the results. NOT_COMPARABLE: other programs, no result in common, or too few
 * shots for a test to tell.
 */
export type ReplayVerdict =
  | "IDENTICAL"
  | "EQUIVALENT"
  | "DIFFERENT_EXPLAINED"
  | "DIFFERENT_UNEXPLAINED"
  | "NOT_COMPARABLE";

/** A comparison of two runs. */
export interface ReplayReport {
  readonly verdict: ReplayVerdict;
  /** One sentence for people. */
  readonly sentence: string;
  readonly causes: readonly Cause[];
  readonly results: readonly ResultComparison[];
  readonly original: BundleIds;
  readonly replayed: BundleIds;
  /** The original is itself a replay: of what, and what was said of it. This comparison is with that replay alone. */
  readonly originalReplay?: OriginalReplay;
}

/** What a replay said when it was the second of two. */
export interface OriginalReplay {
  readonly verdict: string;
  /** Artifact id of what it repeated. */
  readonly replayOf: string;
}

const NAMED: readonly CauseKind[] = ["seed", "parameters", "engine", "environment", "calibration", "backend"];

function requireArtifact(files: BundleFiles, which: string) {
  const bytes = files.get("artifact.json");
  if (!bytes) throw new ArqonError("BUNDLE_MALFORMED", `the ${which} run has no artifact.json`);
  const artifact = parseArtifact(bytes);
  return { artifact, ids: idsOf(artifact, bytes) };
}

function backendClassOf(files: BundleFiles): string {
  const bytes = files.get("conditions/backend.json");
  const backend: Json = bytes ? parseCanonicalJson(bytes, "conditions/backend.json") : {};
  const value = (backend as JsonObject)["backendClass"];
  return typeof value === "string" ? value : "simulator";
}

function replayIn(files: BundleFiles): OriginalReplay | undefined {
  const { verdict, original } = readObject(files, "record/replay.json");
  const { artifactId } = original === undefined ? {} : jsonObject(original, "original");
  return typeof verdict === "string" && typeof artifactId === "string"
    ? { verdict, replayOf: artifactId }
    : undefined;
}

/**
 * Compares a run with its replay. Both are files with `artifact.json`: bundles, or what `prepareBundle` gives. Verify
 * bundles first. The comparators are those of the original's recipe.
 *
 * @throws ArqonError `BUNDLE_MALFORMED`, `JSON_INVALID` when one of them cannot be read.
 */
export function compareRuns(original: BundleFiles, replayed: BundleFiles): ReplayReport {
  const before = requireArtifact(original, "original");
  const after = requireArtifact(replayed, "replayed");
  const causes = findCauses(original, replayed);
  const comparators = readComparators(original, backendClassOf(original));
  const listed = [before, after].flatMap(({ artifact }) => artifact.results.map(({ path }) => path));
  const results = [...new Set(listed)]
    .sort(comparePaths)
    .map((path) =>
      compareResult(path, original.get(path), replayed.get(path), comparatorFor(comparators, path)),
    );
  const verdict = judge(causes, results, original, replayed);
  const originalReplay = replayIn(original);
  return {
    verdict,
    sentence: `${sentenceOf(verdict, causes, results)}${originalReplay ? `; the original is itself a replay, and its own verdict was ${originalReplay.verdict}, beside ${originalReplay.replayOf}` : ""}`,
    causes,
    results,
    original: before.ids,
    replayed: after.ids,
    ...(originalReplay && { originalReplay }),
  };
}

function judge(
  causes: readonly Cause[],
  results: readonly ResultComparison[],
  original: BundleFiles,
  replayed: BundleFiles,
): ReplayVerdict {
  const common = results.some(({ path }) => original.has(path) && replayed.has(path));
  if (!common || causes.some(({ kind }) => kind === "program")) return "NOT_COMPARABLE";
  if (causes.some(({ kind }) => ASKED.includes(kind))) return "DIFFERENT_EXPLAINED";
  const same = causes.every(({ kind }) => kind === "environment" || kind === "coherence");
  if (same && results.every(({ identical }) => identical)) return "IDENTICAL";
  if (results.every(({ agrees }) => agrees)) return "EQUIVALENT";
  if (results.every((result) => result.agrees || isUndecided(result))) return "NOT_COMPARABLE";
  return causes.some(({ tolerated }) => !tolerated) ? "DIFFERENT_EXPLAINED" : "DIFFERENT_UNEXPLAINED";
}

function sentenceOf(
  verdict: ReplayVerdict,
  causes: readonly Cause[],
  results: readonly ResultComparison[],
): string {
  const differs = causes.map(({ text }) => text).join(", ");
  const kinds = new Set(causes.map(({ kind }) => kind));
  const equal = NAMED.filter((kind) => !kinds.has(kind));
  const rest = equal.length > 0 ? `; ${joined(equal)} equal` : "";
  const outcome = results
    .filter(({ identical }) => !identical)
    .map(({ path, detail }) => `${path}: ${detail}`)
    .join("; ");
  switch (verdict) {
    case "IDENTICAL":
      return `same recipe, conditions and results${differs ? `, although ${differs}` : ""}`;
    case "EQUIVALENT":
      return `same recipe, and no difference that its comparators would not accept${differs ? `; ${differs}` : ""}${outcome ? ` (${outcome})` : ""}`;
    case "DIFFERENT_EXPLAINED":
      return `differs: ${differs}${rest}${outcome ? ` (${outcome})` : " (results equal)"}`;
    case "DIFFERENT_UNEXPLAINED":
      return `results differ and ${differs ? `nothing but ${differs}` : "nothing else"} does${rest} (${outcome})`;
    case "NOT_COMPARABLE":
      return kinds.has("program")
        ? `not the same program: ${differs}`
        : results.some(isUndecided)
          ? outcome
          : "the two runs have no result in common";
  }
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** A report as JSON, for the results of a Replay artifact. */
export function replayReportJson(report: ReplayReport): JsonObject {
  return {
    schema: "urn:arqon:replay_report:v1",
    verdict: report.verdict,
    sentence: report.sentence,
    causes: report.causes.map((cause) => ({ ...cause })),
    original: { ...report.original },
    replayed: { ...report.replayed },
    comparison: report.results.map((result) => ({ ...result })),
    ...(report.originalReplay && { originalReplay: { ...report.originalReplay } }),
  };
}
