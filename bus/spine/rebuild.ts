/** What lives in memory, read back from the log when a Reality is opened. */
import { decodeMessage, MessageType } from "@arqon/core/wire";
import type { LogRecord, RealityLog } from "../engine/index.ts";
import type { DuplicateWindows } from "./duplicate-windows.ts";
import { RECENT_AGE_US } from "./id-ring.ts";
import { CANCEL_TOPIC, LEASE_TOPIC, RELEASE_TOPIC } from "./job-messages.ts";
import type { Jobs } from "./jobs.ts";
import { BUS_PRINCIPAL } from "./port.ts";
import { carriesState, type StateIndex } from "./state-index.ts";
import { readStored } from "./stored.ts";
import { isStream, type Streams } from "./streams.ts";

const STATE_TOPICS = new Set([LEASE_TOPIC, RELEASE_TOPIC, CANCEL_TOPIC]);

/** What else a rebuild found. */
export interface Rebuilt {
  /** UTC microseconds. */
  readonly latestUs: number;
  /** Ids of the dead letters written. */
  readonly deadLetters: ReadonlySet<string>;
}

/** Reads the log into jobs, streams and duplicate window; of what the index knows, only what carries state. */
export async function rebuild(
  log: RealityLog,
  index: StateIndex,
  jobs: Jobs,
  streams: Streams | undefined,
  windows: DuplicateWindows,
  nowUs: number,
): Promise<Rebuilt> {
  let latestUs = 0;
  const deadLetters = new Set<string>();
  const take = ({ bytes, sequence, timestampUnixUs }: LogRecord): void => {
    const { id, topic, type, producerId } = readStored(bytes);
    const message = (): ReturnType<typeof decodeMessage> => decodeMessage(bytes);
    const isOwn = producerId === BUS_PRINCIPAL.id;
    if (type === MessageType.JOB) jobs.rebuildJob(message(), producerId, Buffer.from(bytes), sequence);
    else if (type === MessageType.JOB_RESULT) jobs.rebuildResult(message(), producerId, sequence);
    else if (isStream(type)) streams?.rebuild(message());
    else if (isOwn && STATE_TOPICS.has(topic)) jobs.rebuildState(message());
    else if (isOwn && topic.endsWith(".jobs.dlq")) deadLetters.add(id);
    if (!isOwn && timestampUnixUs >= nowUs - RECENT_AGE_US)
      windows.add(producerId, id, timestampUnixUs, sequence);
    latestUs = Math.max(latestUs, timestampUnixUs);
    index.note(sequence, carriesState(type, isOwn));
  };
  const recent = (await log.sequenceAt(nowUs - RECENT_AGE_US)) ?? log.lastSequence;
  let from = index.upTo > 0 ? Math.min(index.upTo, recent) : log.firstSequence;
  for (const sequence of index.sequences) {
    if (sequence >= from) break;
    const [record] = await log.read({
      fromSequence: sequence,
      toSequence: sequence,
      maxRecords: 1,
      maxBytes: 1,
    });
    if (record) take(record);
  }
  while (from > 0 && from <= log.lastSequence) {
    const records = await log.read({
      fromSequence: from,
      toSequence: log.lastSequence,
      maxRecords: 2_048,
      maxBytes: 2_097_152,
    });
    if (records.length === 0) break;
    for (const record of records) {
      take(record);
      from = record.sequence + 1;
    }
  }
  return { latestUs, deadLetters };
}
