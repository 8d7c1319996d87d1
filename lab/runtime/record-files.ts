/** The record of a run: times, spans, digests. Signed, and part of no id. */
import {
  canonicalJson,
  canonicalJsonFile,
  type Json,
  type JsonObject,
  type Labels,
  labelsJson,
  sha256Hex,
  utf8,
} from "@arqon/core/base";
import { LABELS_FILE } from "@arqon/core/bundle";
import type { Execution } from "./execution.ts";
import type { Run } from "./run.ts";
import { otlpSpan } from "./span.ts";

/** Content of `record/execution.json`. */
export function executionRecord({ info, executions }: Run): JsonObject {
  const spans = executions.flatMap((execution) => execution.spans);
  const startUs = Math.min(...spans.map((span) => span.startUnixUs));
  const endUs = Math.max(...spans.map((span) => span.startUnixUs + span.durationMs * 1000));
  return {
    attempt: info.attempt,
    ended: new Date(endUs / 1000).toISOString(),
    executions: executions.map(oneExecution),
    jobId: info.jobId,
    operator: info.operator,
    principal: info.principal,
    started: new Date(startUs / 1000).toISOString(),
    status: executions.every(({ status }) => status === "succeeded") ? "completed" : "failed",
    tenant: info.tenant,
    title: info.title,
  };
}

function oneExecution(execution: Execution): JsonObject {
  const { operation, refusal, manifest, estimate, spans } = execution;
  return {
    backend: operation.backendId,
    calibrationId: execution.calibration?.id ?? "",
    compensation: { ...execution.compensation },
    ...(estimate && { estimate: { ...estimate } }),
    id: execution.id,
    inputs: {
      operationSha256: execution.operationSha256,
      parametersSha256: sha256Hex(utf8(canonicalJson(operation.parameters))),
      programSha256: sha256Hex(operation.program),
    },
    name: operation.name,
    notes: execution.notes,
    outputs: { ...execution.outputSha256 },
    pluginVersion: manifest?.version ?? "",
    ...(refusal && { refusal: { code: refusal.code, duty: refusal.duty, message: refusal.message } }),
    replay: { hooks: "recipe/replay.json", seeds: "recipe/seeds.json" },
    spans: spans.map((span): Json => ({ ...span })),
    status: execution.status,
    warnings: [...execution.warnings],
  };
}

/** The file of the record that says what the submitter calls the run, where one was given. */
export function labelsRecord(labels: Labels | undefined): [name: string, bytes: Uint8Array][] {
  return labels ? [[LABELS_FILE, canonicalJsonFile(labelsJson(labels))]] : [];
}

/** Content of `record/trace.jsonl`: one OTLP span a line. */
export function traceLines({ info, executions }: Run): Uint8Array {
  const [, traceId = "", parentSpanId = ""] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(info.traceParent) ?? [];
  const lines = executions.flatMap((execution) =>
    execution.spans.map((span) =>
      canonicalJson(
        otlpSpan(span, {
          traceId: traceId || sha256Hex(utf8(`arqon.trace.v1\n${info.jobId}`)).slice(0, 32),
          parentSpanId,
          executionId: execution.id,
          attributes: {
            "arqon.backend": execution.operation.backendId,
            "arqon.calibration": execution.calibration?.id ?? "",
            "arqon.job": info.jobId,
          },
        }),
      ),
    ),
  );
  return utf8(lines.map((line) => `${line}\n`).join(""));
}
