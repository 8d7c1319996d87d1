/** The bundle of a judgement: a Validation, or the replay of one. No backend is touched. */
import { canonicalJsonFile, type JsonObject, parseLabels } from "@arqon/core/base";
import { type BundleDraft, jsonResult, type Parent } from "@arqon/core/bundle";
import { labelsRecord, rfc3339, type Work } from "../runtime/index.ts";
import type { Loaded } from "./load-verified.ts";
import type { DoorParts } from "./through-door.ts";

/** What a judgement means; enters the recipe. */
export const JUDGEMENT_ENGINE = { name: "arqon-validation", semantics: "1" } as const;
/** The recipe's file of what has to hold. */
export const CONSTRAINTS_FILE = "constraints.json";
/** Role of the artifact that is judged. */
export const VALIDATES = "validates";

/** What was judged by what, with which outcome, and for whom. */
export interface Judgement {
  readonly artifactType: "validation" | "replay";
  readonly judged: Loaded;
  readonly constraints: JsonObject;
  /** As `validationJson` gives it. */
  readonly outcome: JsonObject;
  /** Besides the artifact that is judged. */
  readonly parents?: readonly Parent[];
  readonly tenant: string;
  readonly startedUs: number;
}

/** The draft of a judgement. */
export function judgementDraft(work: Work, judgement: Judgement, parts: DoorParts): BundleDraft {
  const { artifactType, judged, constraints, outcome, parents = [], tenant, startedUs } = judgement;
  const { artifactId, recordId } = judged.row;
  const nowUs = parts.clock.nowUs();
  const execution = {
    attempt: work.attempt,
    ended: rfc3339(nowUs),
    jobId: work.id,
    operator: parts.operatorId,
    principal: work.producer,
    started: rfc3339(startedUs),
    status: "completed",
    tenant,
    validated: { recordId },
  };
  return {
    artifactType,
    engine: JUDGEMENT_ENGINE,
    recipe: new Map([[CONSTRAINTS_FILE, canonicalJsonFile(constraints)]]),
    conditions: new Map(),
    results: new Map([["validation.json", jsonResult(outcome)]]),
    record: new Map([
      ["environment.json", canonicalJsonFile(parts.environment)],
      ["execution.json", canonicalJsonFile(execution)],
      ...labelsRecord(parseLabels(work.capsule.labelsJson)),
    ]),
    parents: [...parents, { artifactId, role: VALIDATES }],
    reported: false,
    manifest: {
      jobId: work.id,
      tenant,
      backendId: "none",
      cryptoMode: parts.cryptoMode,
      calibrationSnapshotId: "",
      emMethod: "none",
      emVersion: "",
      seed: "",
      sdkVersion: parts.sdkVersion,
      createdAt: rfc3339(nowUs),
    },
  };
}
