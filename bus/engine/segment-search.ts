/** Finds records in the segments of a log, by sequence or by time. */
import type { LogRecord, ReadRange } from "./engine.ts";
import { recordBytes, recordSequence, recordTimestamp } from "./record.ts";
import type { SegmentFile } from "./segment-file.ts";
import { walkSegment } from "./segment-reader.ts";
import type { VisitRecord } from "./walk-bytes.ts";

/**
 * Records of `range`, oldest first; at least one when any is there.
 *
 * @param segments  oldest first.
 * @throws ArqonError `LOG_CORRUPT` naming file and offset, `LOG_UNAVAILABLE` when the disk cannot read.
 */
export async function readRecords(segments: readonly SegmentFile[], range: ReadRange): Promise<LogRecord[]> {
  const { fromSequence, toSequence, maxRecords, maxBytes } = range;
  const found: LogRecord[] = [];
  if (fromSequence > toSequence) return found;
  let bytes = 0;
  const visit: VisitRecord = (chunk, at, end, isShared) => {
    const sequence = recordSequence(chunk, at);
    if (sequence < fromSequence) return true;
    const body = recordBytes(chunk, at, end);
    const isFull = found.length >= maxRecords || bytes + body.length > maxBytes;
    if (sequence > toSequence || (isFull && found.length > 0)) return false;
    bytes += body.length;
    const timestampUnixUs = recordTimestamp(chunk, at);
    found.push({ sequence, timestampUnixUs, bytes: isShared ? body.slice() : body });
    return sequence < toSequence && found.length < maxRecords;
  };
  const start = segments.findLastIndex(({ header }) => header.baseSequence <= fromSequence);
  for (const segment of segments.slice(Math.max(0, start))) {
    if (segment.header.baseSequence > toSequence) break;
    const offset = segment.index.offsetOfSequence(fromSequence);
    if (offset !== undefined && !(await walkSegment(segment, offset, segment.endBytes, visit))) break;
  }
  return found;
}

/** Sequence of the first record stamped at or after `unixUs`; `undefined` when there is none. */
export async function findTime(
  segments: readonly SegmentFile[],
  unixUs: number,
): Promise<number | undefined> {
  let found: number | undefined;
  const visit: VisitRecord = (chunk, at) => {
    if (recordTimestamp(chunk, at) < unixUs) return true;
    found = recordSequence(chunk, at);
    return false;
  };
  const segment = segments.find(({ index }) => index.latestTime >= unixUs);
  const offset = segment?.index.offsetOfTime(unixUs);
  if (segment && offset !== undefined) await walkSegment(segment, offset, segment.endBytes, visit);
  return found;
}
