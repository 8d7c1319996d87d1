/** Payloads, messages and states in the forms of the conformance protocol. */
import { fromBase64, type Json, type JsonObject, toBase64 } from "@arqon/core/base";
import { idsOf, type JobState, JobStatus, json, type Message, nameOf, type Payload } from "@arqon/sdk";

/** A payload as it stands in a command. */
export function payloadFrom(form: JsonObject): Payload {
  if (typeof form["text"] === "string") return form["text"];
  if (typeof form["base64"] === "string") return fromBase64(form["base64"]);
  return json(form["json"] ?? null);
}

/** The payload of a message as it stands in an answer. */
export function payloadForm(message: Message): JsonObject {
  if (message.form === "json") return { json: message.json() };
  if (message.form === "text") return { text: message.text() };
  if (message.form === "bytes") return { base64: toBase64(message.bytes()) };
  return { typeUrl: message.envelope.payload?.typeUrl ?? "" };
}

/** A message as it stands in an answer. */
export function messageForm(message: Message): JsonObject {
  const { id, topic, sequence, producer, reality, timestampUs, type, schema, durability, replyTo } = message;
  const trace = { ...message.trace };
  const payload = payloadForm(message);
  return {
    id,
    topic,
    sequence,
    producer,
    reality,
    timestampUs,
    type,
    schema,
    durability,
    replyTo,
    trace,
    payload,
  };
}

function outputForm(state: JobState): Json {
  const { result } = state;
  if (!result || result.outputMediaType === "") return null;
  const text = new TextDecoder();
  if (result.outputMediaType === "application/json")
    return { json: JSON.parse(text.decode(result.output)) as Json };
  if (result.outputMediaType.startsWith("text/")) return { text: text.decode(result.output) };
  return { base64: toBase64(result.output) };
}

/** The state of a job as it stands in an answer. */
export function stateForm(state: JobState): JsonObject {
  const error = state.result?.error;
  return {
    ...idsOf(state),
    jobId: state.jobId,
    topic: state.topic,
    status: nameOf(JobStatus, state.status),
    attempt: state.attempt,
    progress: state.progress,
    note: state.note,
    output: outputForm(state),
    error: error ? { code: error.code, message: error.message } : null,
    sealPending: state.sealPending,
    reported: state.sealed?.reported ?? false,
  };
}
