/** Opens what a log left on the disk: checks all of it, cuts a torn tail, and refuses anything worse. */
import { ArqonError, equalBytes } from "@arqon/core/base";
import { corruptError } from "./check.ts";
import { type Disk, type DiskFile, readFully, writeFully } from "./disk.ts";
import type { RecoveryReport } from "./engine.ts";
import { laterBatchProves, type SegmentScan, scanSegment } from "./scan.ts";
import { SegmentFile } from "./segment-file.ts";
import { decodeSegmentHeader, isSegmentName, type SegmentHeader } from "./segment-header.ts";

/** Largest file taken for a segment. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;

/** A log as it was found. */
export interface Recovered {
  readonly segments: SegmentFile[];
  readonly report: RecoveryReport;
  readonly lastSequence: number;
  /** Highest owner that wrote; 0 when none did. */
  readonly owner: number;
  readonly latestTime: number;
}

/** What reads the records of a segment while it is in memory. */
export type SegmentVisitor = (bytes: Uint8Array, scan: SegmentScan) => void;

/**
 * Recovers the segments of one directory, oldest first.
 * @throws ArqonError `LOG_CORRUPT` naming file and offset; nothing was cut then.
 */
export async function recoverSegments(
  disk: Disk,
  directory: string,
  name: string,
  visit?: SegmentVisitor,
): Promise<Recovered> {
  const names = (await disk.list(directory)).filter(isSegmentName);
  const segments: SegmentFile[] = [];
  let report: RecoveryReport = { records: 0, cutBytes: 0 };
  let owner = 0;
  let memory = new ArrayBuffer(0);
  let last: { readonly scan: SegmentScan; readonly header: SegmentHeader } | undefined;
  for (const [position, fileName] of names.entries()) {
    const path = `${directory}/${fileName}`;
    const isNewest = position === names.length - 1;
    const file = await disk.open(path, "write");
    try {
      const bytes = await readWhole(file, path, memory);
      memory = bytes.buffer;
      const header = decodeSegmentHeader(bytes);
      if (!header) {
        if (!isNewest || laterBatchProves(bytes, 0))
          throw corruptError(path, 0, "the header of the segment does not match its checksum");
        await disk.remove(path);
        report = { ...report, cutBytes: bytes.length, cutFile: path };
        continue;
      }
      checkContinuation(path, name, header, last);
      const before = last?.scan;
      const scan = await scanSegment(bytes, header, {
        lastSequence: before?.lastSequence ?? 0,
        owner,
        latestTime: before?.index.latestTime ?? 0,
      });
      if (scan.damage) {
        if (!isNewest || scan.damage.wasSynced) throw corruptError(path, scan.damage.offset, scan.damage.why);
        await file.truncate(scan.endBytes);
        report = { ...report, cutBytes: bytes.length - scan.endBytes, cutFile: path };
      }
      owner = scan.owner;
      if (isNewest && last && scan.records === 0) {
        await disk.remove(path); // made just before the end; the next append may start below its base
        continue;
      }
      if (isNewest) await makeDurable(file, bytes, scan);
      visit?.(bytes, scan);
      report = { ...report, records: report.records + scan.records };
      segments.push(SegmentFile.of(disk, path, header, scan));
      last = { scan, header };
    } finally {
      await file.close();
    }
  }
  if (names.length > 0) await disk.syncDirectory(directory); // the newest may have been made just before a kill
  const { lastSequence = 0, index } = last?.scan ?? {};
  return { segments, report, lastSequence, owner, latestTime: index?.latestTime ?? 0 };
}

function checkContinuation(
  path: string,
  name: string,
  header: SegmentHeader,
  last: { readonly scan: SegmentScan; readonly header: SegmentHeader } | undefined,
): void {
  if (header.name !== name) throw corruptError(path, 0, `it belongs to "${header.name}", not to "${name}"`);
  if (!last) return;
  if (!equalBytes(header.epoch, last.header.epoch))
    throw corruptError(path, 0, "it belongs to another epoch");
  if (!equalBytes(header.previousChain, last.scan.chain))
    throw corruptError(path, 0, "it does not continue the segment before; one is missing or was changed");
  if (header.baseSequence <= last.scan.lastSequence)
    throw corruptError(
      path,
      0,
      `it starts at ${header.baseSequence}, before ${last.scan.lastSequence} of the last`,
    );
}

/**
 * Writes the end of the newest segment once more before syncing it: after a sync that failed, the system may show bytes
 * that it will never write by itself.
 */
async function makeDurable(file: DiskFile, bytes: Uint8Array, scan: SegmentScan): Promise<void> {
  const from = Math.min(scan.provenBytes, scan.endBytes);
  await writeFully(file, bytes.subarray(from, scan.endBytes), from);
  await file.sync();
}

/** Reads a file into `memory` if it fits: a log is recovered in the memory of its largest segment. */
async function readWhole(
  file: DiskFile,
  path: string,
  memory: ArrayBuffer,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await file.size();
  if (bytes > MAX_FILE_BYTES)
    throw new ArqonError(
      "LOG_CORRUPT",
      `${path} has ${bytes} bytes, more than a segment of ${MAX_FILE_BYTES}`,
    );
  const whole = new Uint8Array(memory.byteLength < bytes ? new ArrayBuffer(bytes) : memory, 0, bytes);
  const read = await readFully(file, whole, 0);
  return whole.subarray(0, read);
}
