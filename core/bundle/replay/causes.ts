/** What two runs did not have in common: the possible causes of different results. */
import {
  equalBytes,
  fromUtf8,
  type Json,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
} from "../../base/index.ts";
import { parseArtifact } from "../artifact.ts";
import type { BundleFiles } from "../draft.ts";
import { comparePaths } from "../path.ts";
import { REPLAY_PATH, readObject } from "../recipe.ts";
import { coherenceCause, type DriftRule, isTolerated, readDrift } from "./drift.ts";
import { describeChange, diffJson, type JsonChange } from "./json-diff.ts";

/** What can differ between two runs, in the order it is looked at. */
export const CAUSE_KINDS = [
  "program",
  "seed",
  "parameters",
  "engine",
  "backend",
  "calibration",
  "coherence",
  "conditions",
  "environment",
] as const;

/** A kind of cause. "environment" is its stable part alone. */
export type CauseKind = (typeof CAUSE_KINDS)[number];

/** One thing that differs. */
export interface Cause {
  readonly kind: CauseKind;
  /** The file it is in. */
  readonly path: string;
  /** For people, e.g. "seed 0x2a -> 0x2b". */
  readonly text: string;
  /** Within the limits that the recipe sets: told, but no explanation. */
  readonly tolerated?: true;
}

/** Kinds that belong to what was asked: with one of them, the second run is not the same experiment. */
export const ASKED: readonly CauseKind[] = ["program", "seed", "parameters", "engine"];

const ENVIRONMENT = "record/environment.json";
const MOST_CHANGES = 3;

function read(files: BundleFiles, path: string): Json | undefined {
  const bytes = files.get(path);
  return bytes && parseCanonicalJson(bytes, path);
}

function describe(changes: readonly JsonChange[], lead = ""): string {
  const texts = changes.slice(0, MOST_CHANGES).map((change) => `${lead}${describeChange(change)}`);
  const more = changes.length > MOST_CHANGES ? `, and ${changes.length - MOST_CHANGES} more` : "";
  return texts.join(", ") + more;
}

function kindOf(path: string): CauseKind {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (path.startsWith("recipe/")) {
    if (name === "seeds.json") return "seed";
    return name === "parameters.json" || name === "replay.json" ? "parameters" : "program";
  }
  if (name === "backend.json") return "backend";
  return name === "calibration.json" ? "calibration" : "conditions";
}

function causesOf(path: string, before: BundleFiles, after: BundleFiles): Cause[] {
  const a = before.get(path);
  const b = after.get(path);
  if (a && b && equalBytes(a, b)) return [];
  const kind = kindOf(path);
  if (!a || !b) return [{ kind, path, text: `${path} ${a ? "is missing" : "is new"}` }];
  if (kind === "program" && !path.endsWith(".json"))
    return [{ kind, path, text: `${path}${firstLine(a, b)}` }];
  if (!path.endsWith(".json")) return [{ kind, path, text: `${path} has other bytes` }];
  const changes = diffJson(read(before, path), read(after, path));
  if (kind === "calibration")
    return calibrationCauses(path, changes, readDrift(readObject(before, REPLAY_PATH)));
  const groups = new Map<CauseKind, JsonChange[]>();
  for (const change of changes) {
    const asSeed = kind === "parameters" && change.pointer === "/seed";
    const asEngine = (kind === "backend" || kind === "parameters") && change.pointer.startsWith("/engine");
    const group = asSeed ? "seed" : asEngine ? "engine" : kind;
    groups.set(group, [...(groups.get(group) ?? []), change]);
  }
  return [...groups].map(([group, list]) => {
    const only = list.length === 1 ? list[0] : undefined;
    const seed = group === "seed" && only ? describeChange({ ...only, pointer: "/seed" }) : undefined;
    return { kind: group, path, text: seed ?? describe(list, group === kind ? `${group} ` : "") };
  });
}

/** Where the values themselves are there, their id and digest say nothing more. */
function calibrationCauses(
  path: string,
  changes: readonly JsonChange[],
  rules: readonly DriftRule[],
): Cause[] {
  const moved = changes
    .filter(({ pointer }) => pointer.startsWith("/values/"))
    .map((change) => ({ ...change, pointer: change.pointer.slice("/values".length) }));
  if (moved.length === 0) return [{ kind: "calibration", path, text: describe(changes, "calibration ") }];
  const far = moved.filter((change) => !isTolerated(change, rules));
  const figures = far.filter(({ before }) => typeof before === "number");
  if (far.length > 0)
    return [
      { kind: "calibration", path, text: describe(figures.length > 0 ? figures : far, "calibration ") },
    ];
  const text = `calibration moved within its limits (${describe(moved)})`;
  return [{ kind: "calibration", path, text, tolerated: true }];
}

function firstLine(a: Uint8Array, b: Uint8Array): string {
  try {
    const [before, after] = [fromUtf8(a).split("\n"), fromUtf8(b).split("\n")];
    const at = before.findIndex((line, i) => line !== after[i]);
    return ` differs from line ${(at < 0 ? before.length : at) + 1} on`;
  } catch {
    return " has other bytes";
  }
}

/**
 * Everything the two runs did not have in common, results aside. Parents and the artifact type are not compared: a
 * replay has other ones by nature.
 */
export function findCauses(before: BundleFiles, after: BundleFiles): Cause[] {
  const inputs = [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => path.startsWith("recipe/") || path.startsWith("conditions/"))
    .sort(comparePaths);
  const causes = inputs.flatMap((path) => causesOf(path, before, after));

  const [engineA, engineB] = [before, after].map((files) => {
    const { engine } = parseArtifact(files.get("artifact.json") ?? new Uint8Array()).recipe;
    return `${engine.name}@${engine.semantics_version}`;
  });
  if (engineA !== engineB)
    causes.unshift({ kind: "engine", path: "artifact.json", text: `engine ${engineA} -> ${engineB}` });

  const coherence = coherenceCause(before, after);
  if (coherence) causes.push(coherence);
  const [stableA, stableB] = [before, after].map((files) => stablePart(read(files, ENVIRONMENT)));
  const changes = diffJson(stableA, stableB);
  if (changes.length > 0)
    causes.push({ kind: "environment", path: ENVIRONMENT, text: describe(changes, "environment ") });
  // The engine and the seed stand in several files; they are told once.
  const told = new Set<string>();
  return causes
    .filter(({ kind, text }) => {
      const key = kind === "engine" ? kind : `${kind} ${text}`;
      return told.has(key) ? false : told.add(key);
    })
    .sort((a, b) => CAUSE_KINDS.indexOf(a.kind) - CAUSE_KINDS.indexOf(b.kind));
}

function stablePart(environment: Json | undefined): JsonObject {
  const stable = environment === undefined ? undefined : jsonObject(environment, ENVIRONMENT)["stable"];
  return stable === undefined ? {} : jsonObject(stable, `${ENVIRONMENT} stable`);
}
