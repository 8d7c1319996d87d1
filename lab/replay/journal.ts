/** What a run of an operator writes down beside its outputs: that it began, with which seed, what the world answered, and its end. */
import {
  deriveUuid,
  formatSeed,
  type Json,
  type JsonObject,
  jsonObject,
  parseSeed,
  sha256,
  utf8,
} from "@arqon/core/base";
import type { ArqonMessage } from "@arqon/core/wire";
import { eventOf, payloadJson } from "./output.ts";

/** One run of one operator in the recording. */
export interface RecordedRun {
  /** Sequence of its record: it handled what came after. */
  readonly start: number;
  readonly seed: bigint;
  /** What it ran on, for people. */
  readonly environment: string;
  /** Sequence of the last message it handled; `undefined` when it was cut off. */
  end: number | undefined;
}

/** Topics of an operator's journal. */
export const runTopic = (operator: string): string => `journal.${operator}.run`;
export const endTopic = (operator: string): string => `journal.${operator}.end`;
const callTopic = (operator: string, name: string): string => `journal.${operator}.call.${name}`;
const timerTopic = (operator: string, name: string): string => `timer.${operator}.${name}`;

/** The seed of a Reality whose owner chose none. */
export function realitySeed(reality: string, epoch: string): bigint {
  return first64(sha256(utf8(`arqon.reality-seed.v1\n${reality}\n${epoch}`)));
}

/** The first eight bytes of a digest, big-endian. */
export function first64(digest: Uint8Array): bigint {
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
}

/** Written before a run handles anything. */
export function runRecord(operator: string, id: string, seed: bigint, environment: string): ArqonMessage {
  return eventOf({ id, topic: runTopic(operator), cause: "" }, { seed: formatSeed(seed), environment });
}

/** Written when everything a run gave is logged. */
export function endRecord(operator: string, run: string, handled: number): ArqonMessage {
  return eventOf({ id: deriveUuid(run, "end"), topic: endTopic(operator), cause: run }, { handled });
}

/** What the world answered. */
export function callRecord(
  operator: string,
  name: string,
  cause: string,
  index: number,
  answer: Json,
): ArqonMessage {
  const id = callId(operator, cause, index);
  return eventOf({ id, topic: callTopic(operator, name), cause }, { answer });
}

/** Id of the record of the `index`-th question for one message. */
export function callId(operator: string, cause: string, index: number): string {
  return deriveUuid(cause, `call ${operator} ${index}`);
}

/** A timer that has run out. */
export function timerMessage(
  operator: string,
  name: string,
  cause: string,
  index: number,
  dueUs: number,
): ArqonMessage {
  const id = deriveUuid(cause, `timer ${operator} ${index}`);
  return eventOf({ id, topic: timerTopic(operator, name), cause }, { due_us: dueUs });
}

/** Reads a record of a run's begin. */
export function readRun(message: ArqonMessage, sequence: number): RecordedRun {
  const { seed, environment } = fields(message);
  const value = parseSeed(String(seed)) ?? 0n;
  return { start: sequence, seed: value, environment: String(environment), end: undefined };
}

/** Reads the record of a run's end: the sequence of what it handled last. */
export function readEnd(message: ArqonMessage): number {
  return Number(fields(message)["handled"]);
}

/** Reads what the world answered. */
export function readAnswer(message: ArqonMessage): Json {
  return fields(message)["answer"] ?? null;
}

function fields(message: ArqonMessage): JsonObject {
  return jsonObject(payloadJson(message), `the journal entry on ${message.topic}`);
}
