/** How far a calibration may move, and how old it may be, as `recipe/replay.json` says. */
import { ArqonError, type JsonObject, jsonObject } from "../../base/index.ts";
import type { BundleFiles } from "../draft.ts";
import { readObject } from "../recipe.ts";
import { readTimes } from "../times.ts";
import type { Cause } from "./causes.ts";
import type { JsonChange } from "./json-diff.ts";

/** A value of the stored calibration may move by `abs + rel * |stored value|`. */
export interface DriftRule {
  /** JSON Pointer into the calibration; "*" stands for any one part, e.g. "/qubits/*" + "/t1Ns". */
  readonly pointer: string;
  readonly abs: number;
  readonly rel: number;
}

const CALIBRATION = "conditions/calibration.json";

/** @throws ArqonError `BUNDLE_MALFORMED` for a rule that cannot be read. */
export function readDrift(replay: JsonObject): DriftRule[] {
  const rules = replay["drift"] ?? [];
  if (!Array.isArray(rules)) throw bad("drift is not a list");
  return rules.map((item) => {
    const { pointer, abs = 0, rel = 0, ...others } = jsonObject(item, "a drift rule");
    if (typeof pointer !== "string" || !pointer.startsWith("/"))
      throw bad("a drift rule has no JSON Pointer");
    if (typeof abs !== "number" || typeof rel !== "number" || !(abs >= 0) || !(rel >= 0))
      throw bad(`the limits of ${pointer} must be numbers of at least 0`);
    if (Object.keys(others).length > 0) throw bad(`the drift rule of ${pointer} has other keys`);
    return { pointer, abs, rel };
  });
}

/** Whether a change of the calibration stays within a rule. */
export function isTolerated({ pointer, before, after }: JsonChange, rules: readonly DriftRule[]): boolean {
  if (typeof before !== "number" || typeof after !== "number") return false;
  return rules.some(
    (rule) =>
      matches(rule.pointer, pointer) && Math.abs(after - before) <= rule.abs + rule.rel * Math.abs(before),
  );
}

function matches(pattern: string, pointer: string): boolean {
  const [wanted, parts] = [pattern.split("/"), pointer.split("/")];
  return wanted.length === parts.length && wanted.every((part, k) => part === "*" || part === parts[k]);
}

/** A cause when one of the runs was made within the coherence window of its calibration, and the other was not. */
export function coherenceCause(before: BundleFiles, after: BundleFiles): Cause | undefined {
  const windowMs = readObject(before, "recipe/replay.json")["coherenceWindowMs"];
  if (windowMs === undefined) return undefined;
  if (typeof windowMs !== "number" || !(windowMs > 0))
    throw bad("coherenceWindowMs must be a number above 0");
  const [first, second] = [ageMs(before), ageMs(after)];
  if (first === undefined || second === undefined || first <= windowMs === second <= windowMs)
    return undefined;
  const text = `the calibration was ${hours(second)} old, the first time ${hours(first)}; its coherence window is ${hours(windowMs)}`;
  return { kind: "coherence", path: CALIBRATION, text };
}

/** How old the calibration was when the run began. */
function ageMs(files: BundleFiles): number | undefined {
  const stored = readObject(files, CALIBRATION)["values"];
  const takenAt = stored === undefined ? undefined : jsonObject(stored, "values")["calibratedAt"];
  const { started } = readTimes(files);
  if (typeof takenAt !== "string" || started === undefined) return undefined;
  const age = Date.parse(started) - Date.parse(takenAt);
  return Number.isFinite(age) ? age : undefined;
}

const hours = (ms: number): string => `${Number((ms / 3_600_000).toPrecision(3))} h`;

function bad(why: string): ArqonError {
  return new ArqonError("BUNDLE_MALFORMED", `recipe/replay.json: ${why}`);
}
