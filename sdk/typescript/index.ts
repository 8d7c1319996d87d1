/** Client and operator SDK of Arqon, for Node and browsers. */
export { ArqonError, type ErrorCode, type Json, type JsonObject } from "@arqon/core/base";
export { Durability, type JobState, JobStatus, MessageType } from "@arqon/core/wire";
export type { AnswerIds, AskOptions } from "./ask.ts";
export type { ReconnectPolicy } from "./backoff.ts";
export type { CalibrationOptions, CalibrationResult } from "./calibration.ts";
export type { CircuitOptions } from "./circuit.ts";
export type { Accuracy, ClassifyOptions, ClassifyResult, Samples } from "./classify.ts";
export { Client, connect, type Published, type PublishOptions, type SendOptions } from "./client.ts";
export { type CircuitCost, ESTIMATE_TOPIC, type EstimateOptions } from "./estimate.ts";
export { BUNDLE_TOPIC, type FetchBundleOptions } from "./fetch-bundle.ts";
export type { Derivative, Estimate, GradientOptions, GradientResult } from "./gradient.ts";
export { histogram } from "./histogram.ts";
export type { HistoryOptions } from "./history.ts";
export type { RequestOptions } from "./inbox.ts";
export { JobHandle, type JobInit, type SealedRun } from "./job.ts";
export { failureOf, idsOf, isFinal, isTerminalStatus, nameOf } from "./job-state.ts";
export {
  type HandleOutput,
  JobAnswer,
  type JobAnswerOptions,
  type JobContext,
  type JobOutputValue,
  type LeasedJob,
} from "./leased-job.ts";
export { Message } from "./message.ts";
export * from "./offline.ts";
export { type Operator, type OperatorHeartbeat, type OperatorOptions, operator } from "./operator.ts";
export { type ConnectionState, type ConnectOptions, type SamInit, SDK_VERSION } from "./options.ts";
export { JobOutput } from "./output.ts";
export { json, type Payload, type PayloadForm, TypedPayload, typed } from "./payload.ts";
export {
  CITATION_TOPIC,
  type CiteOptions,
  LINEAGE_TOPIC,
  type Lineage,
  type LineageEdge,
  type LineageOptions,
  RUNS_TOPIC,
  type RunEntry,
  type RunsOptions,
} from "./provenance.ts";
export type { ReplayOptions, ReplayResult } from "./replay.ts";
export type { Responder, RespondOptions } from "./respond.ts";
export { type Expectation, RunResult } from "./run-result.ts";
export { type OpenSocket, openGlobalSocket, type WebSocketLike } from "./socket.ts";
export { captureSource, type SourceState } from "./source.ts";
export {
  type ReadStreamOptions,
  type StreamOptions,
  StreamReader,
  type StreamSummary,
  StreamWriter,
} from "./stream.ts";
export { type SubscribeOptions, Subscription } from "./subscription.ts";
export {
  pointsOf,
  type SweepOptions,
  type SweepPoints,
  type SweepProgress,
  type SweepResult,
  type SweepRow,
} from "./sweep.ts";
export type { TlsFiles } from "./tls.ts";
export type { Finding, Judged, ValidateOptions, ValidationResult } from "./validate.ts";
export type { WaitOptions } from "./wait.ts";
