/** The journal of one operator, read ahead: its runs, and what the world answered it. */
import type { Json } from "@arqon/core/base";
import type { Client } from "@arqon/sdk";
import { endTopic, type RecordedRun, readAnswer, readEnd, readRun, runTopic } from "./journal.ts";

/** What the log says of an operator beside its outputs. */
export interface Recording {
  /** In the order in which they began. */
  readonly runs: readonly RecordedRun[];
  /** Answers by the id of their record. */
  readonly answers: ReadonlyMap<string, Json>;
}

/** Reads the journal of an operator up to a sequence. @cost memory for every answer. */
export async function readRecording(
  client: Client,
  operator: string,
  toSequence: number,
  signal?: AbortSignal,
): Promise<Recording> {
  const runs: RecordedRun[] = [];
  const answers = new Map<string, Json>();
  const runOf = new Map<string, RecordedRun>();
  const filter = `journal.${operator}.>`;
  for await (const { envelope, sequence, topic } of client.history({
    filter,
    toSequence,
    ...(signal && { signal }),
  })) {
    if (topic === runTopic(operator)) {
      const run = readRun(envelope, sequence);
      runs.push(run);
      runOf.set(envelope.id, run);
    } else if (topic === endTopic(operator)) {
      const run = runOf.get(envelope.cause);
      if (run) run.end = readEnd(envelope);
    } else answers.set(envelope.id, readAnswer(envelope));
  }
  return { runs, answers };
}
