/** What lives in memory, read back from the log when a Reality is opened. */
import { decodeMessage, MessageType } from "@arqon/core/wire";
import type { RealityLog } from "../engine/index.ts";
import type { DuplicateWindows } from "./duplicate-windows.ts";
import { RECENT_AGE_US } from "./id-ring.ts";
import { CANCEL_TOPIC, LEASE_TOPIC } from "./job-messages.ts";
import type { Jobs } from "./jobs.ts";
import { BUS_PRINCIPAL } from "./port.ts";
import { readStored } from "./stored.ts";
import { isStream, type Streams } from "./streams.ts";

/** What else a rebuild found. */
export interface Rebuilt {
  /** UTC microseconds. */
  readonly latestUs: number;
  /** Ids of the dead letters written. */
  readonly deadLetters: ReadonlySet<string>;
}

/** Reads the whole log into jobs, streams and duplicate window. */
export async function rebuild(
  log: RealityLog,
  jobs: Jobs,
  streams: Streams | undefined,
  windows: DuplicateWindows,
  nowUs: number,
): Promise<Rebuilt> {
  let latestUs = 0;
  const deadLetters = new Set<string>();
  let from = log.firstSequence;
  while (from > 0 && from <= log.lastSequence) {
    const records = await log.read({
      fromSequence: from,
      toSequence: log.lastSequence,
      maxRecords: 2_048,
      maxBytes: 2_097_152,
    });
    if (records.length === 0) break;
    for (const { bytes, sequence, timestampUnixUs } of records) {
      const { id, topic, type, producerId } = readStored(bytes);
      const message = (): ReturnType<typeof decodeMessage> => decodeMessage(bytes);
      if (type === MessageType.JOB) jobs.rebuildJob(message(), producerId, Buffer.from(bytes), sequence);
      else if (type === MessageType.JOB_RESULT) jobs.rebuildResult(message(), producerId, sequence);
      else if (isStream(type)) streams?.rebuild(message());
      else if (topic === LEASE_TOPIC && producerId === BUS_PRINCIPAL.id) jobs.rebuildLease(message());
      else if (topic === CANCEL_TOPIC && producerId === BUS_PRINCIPAL.id) jobs.rebuildCancel(message());
      else if (producerId === BUS_PRINCIPAL.id && topic.endsWith(".jobs.dlq")) deadLetters.add(id);
      if (producerId !== BUS_PRINCIPAL.id && timestampUnixUs >= nowUs - RECENT_AGE_US)
        windows.add(producerId, id, timestampUnixUs, sequence);
      latestUs = Math.max(latestUs, timestampUnixUs);
      from = sequence + 1;
    }
  }
  return { latestUs, deadLetters };
}
