/** Reading the log back: stored bytes, exactly as they were delivered. */
import { ArqonError } from "@arqon/core/base";
import { filterMatches, type HistoryGet, LIMITS } from "@arqon/core/wire";
import type { RealityLog } from "../engine/index.ts";
import { reaches } from "./routes.ts";
import { readStored } from "./stored.ts";

/** A page of history. */
export interface Page {
  messages: Uint8Array[];
  /** Where to go on; 0n when the range is exhausted. */
  nextSequence: bigint;
}

/** Records and bytes looked at for one page, so that a rare filter cannot hold the bus. */
const SCANNED_RECORDS = 8_192;
const SCANNED_BYTES = 8_388_608;
const READ_BYTES = 1_048_576;

/**
 * One page of the messages whose topic matches.
 * @throws ArqonError `LOG_CORRUPT`, `HISTORY_TRIMMED` when it is asked from a sequence that is not kept any more
 */
export async function readHistory(log: RealityLog, request: HistoryGet): Promise<Page> {
  const limit = Math.min(request.limit || LIMITS.historyPageMessages, LIMITS.historyPageMessages);
  const last =
    request.toSequence === 0n ? log.lastSequence : Math.min(Number(request.toSequence), log.lastSequence);
  const wanted = Number(request.fromSequence);
  if (wanted > 0 && wanted < log.floorSequence) throw trimmedError(wanted, log);
  let from = Math.max(wanted, log.firstSequence, 1);
  if (request.fromUnixUs > 0n) {
    const first = await log.sequenceAt(Number(request.fromUnixUs));
    if (first === undefined) return { messages: [], nextSequence: 0n };
    from = Math.max(from, first);
  }
  const endUs = request.toUnixUs > 0n ? Number(request.toUnixUs) : Number.POSITIVE_INFINITY;
  const page: Page = { messages: [], nextSequence: 0n };
  let bytes = 0;
  let scanned = 0;
  let scannedBytes = 0;
  while (from <= last) {
    const records = await log.read({
      fromSequence: from,
      toSequence: last,
      maxRecords: Math.min(1_024, Math.max(limit, 64)),
      maxBytes: READ_BYTES,
    });
    if (records.length === 0) return page;
    for (const record of records) {
      if (record.timestampUnixUs >= endUs) return page;
      scanned++;
      scannedBytes += record.bytes.length;
      from = record.sequence + 1;
      const { topic } = readStored(record.bytes);
      if (!filterMatches(request.filter, topic) || !reaches(request.filter, topic)) continue;
      if (page.messages.length > 0 && bytes + record.bytes.length > LIMITS.historyPageBytes) {
        page.nextSequence = BigInt(record.sequence);
        return page;
      }
      page.messages.push(record.bytes);
      bytes += record.bytes.length;
      if (page.messages.length >= limit || bytes >= LIMITS.historyPageBytes) break;
    }
    const isFull = page.messages.length >= limit || bytes >= LIMITS.historyPageBytes;
    if (isFull || scanned >= SCANNED_RECORDS || scannedBytes >= SCANNED_BYTES) {
      page.nextSequence = from <= last ? BigInt(from) : 0n;
      return page;
    }
  }
  return page;
}

/** The stored bytes of one sequence. @throws ArqonError `HISTORY_TRIMMED` */
export async function readOne(log: RealityLog, sequence: number): Promise<Uint8Array> {
  const [record] = await log.read({
    fromSequence: sequence,
    toSequence: sequence,
    maxRecords: 1,
    maxBytes: Number.MAX_SAFE_INTEGER,
  });
  if (record === undefined) throw trimmedError(sequence, log);
  return record.bytes;
}

function trimmedError(sequence: number, { firstSequence, lastSequence }: RealityLog): ArqonError {
  return new ArqonError(
    "HISTORY_TRIMMED",
    `sequence ${sequence} is not kept; the log has ${firstSequence} to ${lastSequence}`,
    { details: { firstSequence, lastSequence } },
  );
}
