/** The bundle of a run that nobody here carried out: recipe from the capsule, results from the operator's message. */
import {
  ArqonError,
  canonicalJsonFile,
  formatSeed,
  fromUtf8,
  type Json,
  type JsonObject,
  jsonObject,
  parseJson,
  parseLabels,
  parseSeed,
  RANDOM_ALGORITHM,
  sha256Hex,
  toBase64,
} from "@arqon/core/base";
import {
  type BundleDraft,
  countsResult,
  jsonResult,
  type ResultFile,
  requireCounts,
} from "@arqon/core/bundle";
import {
  type ArqonMessage,
  type Capsule,
  decodeMessage,
  Effect,
  type FinishedJob,
  type JobResult,
  JobResultSchema,
  JobSchema,
  JobStatus,
  payloadOf,
  type Sam,
  SamSchema,
  toJson,
} from "@arqon/core/wire";
import { labelsRecord, programFile, rfc3339 } from "../runtime/index.ts";
import type { SealerParts } from "./sealer.ts";

/** Fields of a SAM that say what an operator is, not which one or which version of it. */
const CONDITIONS: readonly string[] = [
  "operatorType",
  "inputSchemas",
  "outputSchemas",
  "hardware",
  "engineModes",
];

/** What repeating the job does; one that says nothing counts as idempotent. */
const EFFECTS: Readonly<Record<number, string>> = { [Effect.PURE]: "pure", [Effect.PHYSICAL]: "physical" };

/** @throws ArqonError `WIRE_MALFORMED` when the recorded messages cannot be read. */
export function reportedDraft(
  finished: FinishedJob,
  parts: SealerParts,
): { readonly draft: BundleDraft; readonly title: string } {
  const jobMessage = decodeMessage(finished.jobMessage);
  const resultMessage = decodeMessage(finished.resultMessage);
  const { capsule, parentJobId, effect, tenant } = payloadOf(jobMessage, JobSchema);
  const result = payloadOf(resultMessage, JobResultSchema);
  if (!capsule) throw new ArqonError("WIRE_MALFORMED", `job ${jobMessage.id} has no capsule`);
  if (result.jobId !== jobMessage.id)
    throw new ArqonError("WIRE_MALFORMED", `result of ${result.jobId} beside job ${jobMessage.id}`);

  const unreadable: Record<string, string> = {};
  const reading = <T>(name: string, text: string, read: (text: string, name: string) => T): T | undefined => {
    try {
      return read(text, name);
    } catch {
      unreadable[name] = text; // What ran is sealed, however it was asked for.
      return undefined;
    }
  };
  const parameters = reading("parameters_json", capsule.parametersJson, objectIn) ?? {};
  const constraints = reading("constraints_json", capsule.constraintsJson, objectIn);
  const labels = labelsRecord(reading("labels_json", capsule.labelsJson, parseLabels));
  const sam = finished.operatorSam;
  const operatorType = sam?.operatorType || "operator";
  const record: Record<string, Json> = {
    "environment.json": parts.environment,
    "execution.json": {
      ...executionRecord(finished, jobMessage, resultMessage, result, parentJobId),
      ...(constraints && { constraints }),
      effect: EFFECTS[effect] ?? "idempotent",
      ...(Object.keys(unreadable).length > 0 && { unreadable }),
    },
    "operator.json": sam ? (toJson(SamSchema, sam) as JsonObject) : {},
  };
  const seed = seedOf(parameters);
  const draft: BundleDraft = {
    artifactType: "run",
    engine: { name: operatorType, semantics: "reported" },
    recipe: recipeOf(capsule, parameters, seed),
    conditions: new Map([
      ["backend.json", canonicalJsonFile(conditionsOf(jobMessage.topic, sam))],
      ["mitigation.json", canonicalJsonFile({ method: "none" })],
    ]),
    results: resultsOf(result),
    record: new Map([
      ...Object.entries(record).map(([name, value]) => [name, canonicalJsonFile(value)] as const),
      ...labels,
    ]),
    parents: [],
    reported: true,
    manifest: {
      jobId: jobMessage.id,
      tenant: parts.tenantOf(jobMessage.producerId, tenant),
      backendId: jobMessage.topic.replace(/\.jobs$/, ""),
      cryptoMode: parts.cryptoMode,
      calibrationSnapshotId: "",
      emMethod: "none",
      emVersion: "",
      seed,
      sdkVersion: parts.sdkVersion,
      createdAt: rfc3339(parts.clock.nowUs()),
    },
  };
  return { draft, title: capsule.name || `${capsule.schema} on ${jobMessage.topic}` };
}

function objectIn(text: string, name: string): JsonObject {
  return jsonObject(parseJson(text || "{}", name), name);
}

function recipeOf(capsule: Capsule, parameters: JsonObject, seed: string): Map<string, Uint8Array> {
  const program = programFile(capsule.programMediaType);
  const hooks = {
    drift: [],
    engine: { name: "reported", semantics: "reported" },
    expect: [],
    kind: capsule.schema,
    mediaType: capsule.programMediaType,
    program,
  };
  return new Map<string, Uint8Array>([
    [program, program.endsWith(".json") ? canonicalProgram(capsule.program) : capsule.program],
    ["parameters.json", canonicalJsonFile(parameters)],
    ["replay.json", canonicalJsonFile(hooks)],
    ["seeds.json", canonicalJsonFile(seed ? { algorithm: RANDOM_ALGORITHM, sampler: seed } : {})],
  ]);
}

/** JSON files of a bundle are canonical. What is not JSON at all is kept as text inside one. */
function canonicalProgram(program: Uint8Array): Uint8Array {
  return canonicalJsonFile(jsonOrText(program, "application/json"));
}

function conditionsOf(topic: string, sam: Sam | undefined): JsonObject {
  const all = sam ? (toJson(SamSchema, sam) as JsonObject) : {};
  const kept = Object.fromEntries(
    CONDITIONS.flatMap((name) => (name in all ? [[name, all[name] as Json]] : [])),
  );
  return { ...kept, id: topic.replace(/\.jobs$/, ""), reported: true };
}

function resultsOf(result: JobResult): Map<string, ResultFile> {
  if (result.status !== JobStatus.SUCCEEDED) {
    const [status = ""] = Object.entries(JobStatus).find(([, value]) => value === result.status) ?? [];
    return new Map([["refusal.json", jsonResult({ code: result.error?.code ?? "", status })]]);
  }
  const output = jsonOrText(result.output, result.outputMediaType);
  const files = new Map([["output.json", jsonResult(output)]]);
  const counts = countsOf(output);
  if (counts) files.set("counts.json", counts);
  return files;
}

function countsOf(output: Json): ResultFile | undefined {
  const counts =
    output !== null && typeof output === "object" && !Array.isArray(output)
      ? (output as JsonObject)["counts"]
      : undefined;
  if (counts === undefined) return undefined;
  try {
    return countsResult(requireCounts(counts, "counts"));
  } catch {
    return undefined; // It is called counts, but holds none; output.json has it as it is.
  }
}

/** JSON as it is; text and bytes inside an object that says what they are. */
function jsonOrText(bytes: Uint8Array, mediaType: string): Json {
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch {
    return { base64: toBase64(bytes), mediaType };
  }
  if (/[/+]json\b/.test(mediaType)) {
    try {
      return parseJson(text, "output");
    } catch {
      return { mediaType, text };
    }
  }
  return { mediaType, text };
}

function executionRecord(
  finished: FinishedJob,
  job: ArqonMessage,
  result: ArqonMessage,
  { status, error, hops, output }: JobResult,
  parentJobId: string,
): JsonObject {
  return {
    attempts: finished.attempts,
    ended: rfc3339(Number(result.timestampUnixUs)),
    error: error ? { code: error.code, message: error.message } : null,
    hops: hops.map(({ name, startMs, durationMs }) => ({ durationMs, name, startMs })),
    jobId: job.id,
    jobMessageSha256: sha256Hex(finished.jobMessage),
    operator: finished.operatorSam?.operatorId ?? "",
    operatorPrincipal: finished.operatorPrincipal,
    outputSha256: sha256Hex(output),
    parentJobId,
    principal: job.producerId,
    resultMessageSha256: sha256Hex(finished.resultMessage),
    sequences: { job: `${job.sequence}`, result: `${result.sequence}` },
    started: rfc3339(Number(job.timestampUnixUs)),
    status: status === JobStatus.SUCCEEDED ? "completed" : "failed",
    topic: job.topic,
  };
}

function seedOf({ seed }: JsonObject): string {
  const text = typeof seed === "number" && Number.isSafeInteger(seed) && seed >= 0 ? String(seed) : seed;
  const value = typeof text === "string" ? parseSeed(text) : undefined;
  return value === undefined ? "" : formatSeed(value);
}
