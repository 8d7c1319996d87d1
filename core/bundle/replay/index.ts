/** Replay: rules of comparison, causes and verdicts. */
export { CAUSE_KINDS, type Cause, type CauseKind } from "./causes.ts";
export * from "./compare.ts";
export type { ResultComparison } from "./compare-result.ts";
export * from "./distribution.ts";
export { type DriftRule, readDrift } from "./drift.ts";
export * from "./json-diff.ts";
export { type Comparator, DEFAULT_ALPHA, replayExpectations } from "./rules.ts";
export type { TestOutcome } from "./two-samples.ts";
