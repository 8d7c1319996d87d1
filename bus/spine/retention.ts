/** How far a log may be trimmed by the law of its Reality. */
import type { SegmentSummary } from "../engine/index.ts";
import type { Retention } from "./laws.ts";

/**
 * The first sequence to keep: everything below lies in segments that some bound does not want any more.
 *
 * @param segments    oldest first; the last one is always kept.
 * @param unfinished  sequence of the oldest record that is still needed; Infinity when none is.
 */
export function firstKept(
  segments: readonly SegmentSummary[],
  { maxAgeMs, maxBytes, maxMessages }: Retention,
  nowUs: number,
  unfinished: number,
): number {
  let bytes = 0;
  let messages = 0;
  for (const segment of segments) {
    bytes += segment.bytes;
    messages += segment.records;
  }
  let kept = segments[0]?.firstSequence ?? 0;
  for (const { bytes: itsBytes, records, lastSequence, latestUnixUs } of segments.slice(0, -1)) {
    const isOld = maxAgeMs > 0 && nowUs - latestUnixUs > maxAgeMs * 1000;
    const isMuch = (maxBytes > 0 && bytes > maxBytes) || (maxMessages > 0 && messages > maxMessages);
    if (!(isOld || isMuch) || lastSequence >= unfinished) break;
    bytes -= itsBytes;
    messages -= records;
    kept = lastSequence + 1;
  }
  return kept;
}
