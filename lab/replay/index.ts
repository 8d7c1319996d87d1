/** Operators that do the same again, and the replay of a recorded Reality that shows it. */
export type { FieldDifference } from "./difference.ts";
export type { DistancePoint, Lyapunov } from "./growth.ts";
export { ReplayInput } from "./input.ts";
export { type LiveOptions, type LiveRun, type LiveSummary, runLive } from "./live.ts";
export type { DeterministicOperator, Handler, OutputPayload, ReplayContext } from "./operator.ts";
export { type Override, parseOverride } from "./override.ts";
export { type ReplayOptions, replayReality } from "./replay.ts";
export type { Divergence, OperatorReport, OutputsOf, ReplayReport } from "./report.ts";
export { reportTable } from "./table.ts";
