/** Opens what a log left on the disk: checks all of it, cuts a torn tail, and refuses anything worse. */
import { ArqonError, equalBytes } from "@arqon/core/base";
import type { Boxes } from "./boxes.ts";
import { corruptError } from "./check.ts";
import { type Disk, type DiskFile, readFully, writeFully } from "./disk.ts";
import type { RecoveryReport } from "./engine.ts";
import { laterBatchProves, type SegmentScan, scanSegment } from "./scan.ts";
import { SegmentFile } from "./segment-file.ts";
import { decodeSegmentHeader, isSegmentName, type SegmentHeader, segmentName } from "./segment-header.ts";

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

/** Where the chain was parted: a segment was replaced by one under another key, and the one behind still continues the old. */
export interface Seam {
  /** Of the segment that was replaced. */
  readonly baseSequence: number;
  /** Chain hash the old segment ended with. */
  readonly chain: Uint8Array;
}

/** What recovery goes by. */
export interface RecoverOptions {
  readonly boxes: Boxes;
  /** Base sequence of the first segment that was kept by a trim; the rest of it is deleted. */
  readonly floor?: number;
  readonly seams?: readonly Seam[];
}

interface Found {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly scan: SegmentScan;
}

/**
 * Recovers the segments of one directory, oldest first.
 *
 * Segments are synced in order, some time after they were written. What the end of the power tore is therefore torn in
 * the first segment that nothing behind vouches for, and everything behind it goes with it. No box is opened.
 * @throws ArqonError `LOG_CORRUPT` naming file and offset; nothing was cut then.
 */
export async function recoverSegments(
  disk: Disk,
  directory: string,
  name: string,
  { boxes, floor = 1, seams = [] }: RecoverOptions,
): Promise<Recovered> {
  const paths = await keptPaths(disk, directory, floor);
  const found: Found[] = [];
  /** From here on nothing behind says that it is durable. */
  let firstUnproven = 0;
  let cut: { readonly bytes: number; readonly path: string } | undefined;
  let memory = new ArrayBuffer(0);
  for (const [position, path] of paths.entries()) {
    const bytes = await readWhole(disk, path, memory);
    memory = bytes.buffer;
    const last = found.at(-1);
    const isProven = async (): Promise<boolean> =>
      laterBatchProves(bytes, 0) || (await provesAnything(disk, paths.slice(position + 1)));
    const header = decodeSegmentHeader(bytes);
    const why = header
      ? breakOf(name, floor, header, last, seams)
      : "the header of the segment does not match its checksum";
    if (!header || why) {
      if ((last === undefined && header) || (await isProven())) throw corruptError(path, 0, why ?? "");
      cut = { bytes: await removeAll(disk, paths.slice(position)), path };
      break;
    }
    const scan = await scanSegment(bytes, header, {
      lastSequence: last?.scan.lastSequence ?? 0,
      owner: last?.scan.owner ?? 0,
      latestTime: last?.scan.index.latestTime ?? 0,
    });
    const { damage } = scan;
    if (damage && (damage.wasSynced || (await provesAnything(disk, paths.slice(position + 1)))))
      throw corruptError(path, damage.offset, damage.why);
    if (scan.vouches) firstUnproven = found.length;
    if (scan.records > 0 || found.length === 0) {
      found.push({ path, header, scan });
    }
    if (damage) {
      const behind = await removeAll(disk, paths.slice(position + 1));
      await truncate(disk, path, scan.endBytes);
      cut = { bytes: bytes.length - scan.endBytes + behind, path };
    }
    // One without records was made just before the end; the next append may start below its base.
    if (found.at(-1)?.path !== path) await disk.remove(path);
    if (damage) break;
  }
  for (const { path, scan } of found.slice(firstUnproven)) await makeDurable(disk, path, scan);
  if (paths.length > 0) await disk.syncDirectory(directory); // names too may be newer than the last sync
  const { lastSequence = 0, owner = 0, index } = found.at(-1)?.scan ?? {};
  const records = found.reduce((sum, { scan }) => sum + scan.records, 0);
  return {
    segments: found.map(({ path, header, scan }) => SegmentFile.of(disk, boxes, path, header, scan)),
    report: { records, cutBytes: cut?.bytes ?? 0, ...(cut && { cutFile: cut.path }) },
    lastSequence,
    owner,
    latestTime: index?.latestTime ?? 0,
  };
}

/** The segments from `floor` on, oldest first. A trim that was interrupted is ended. */
async function keptPaths(disk: Disk, directory: string, floor: number): Promise<string[]> {
  const names = (await disk.list(directory)).filter(isSegmentName);
  const first = segmentName(floor);
  for (const name of names) if (name < first) await disk.remove(`${directory}/${name}`);
  const kept = names.filter((name) => name >= first);
  if (floor > 1 && kept[0] !== first)
    throw corruptError(`${directory}/${first}`, 0, "the first segment that was kept is missing");
  return kept.map((name) => `${directory}/${name}`);
}

/** Why a sound segment cannot follow the one before; `undefined` when it can. */
function breakOf(
  name: string,
  floor: number,
  header: SegmentHeader,
  last: Found | undefined,
  seams: readonly Seam[],
): string | undefined {
  if (header.name !== name) return `it belongs to "${header.name}", not to "${name}"`;
  if (!last)
    return header.baseSequence === floor
      ? undefined
      : `the log begins with sequence ${header.baseSequence} instead of ${floor}; what was before is missing`;
  if (!equalBytes(header.epoch, last.header.epoch)) return "it belongs to another epoch";
  if (!equalBytes(header.previousChain, last.scan.chain) && !isSeam(seams, header, last))
    return "it does not continue the segment before; one is missing or was changed";
  if (header.baseSequence <= last.scan.lastSequence)
    return `it starts at ${header.baseSequence}, before ${last.scan.lastSequence} of the last`;
  return undefined;
}

/** Whether a segment continues the one that the boxed one before it took the place of. */
function isSeam(seams: readonly Seam[], { previousChain }: SegmentHeader, last: Found): boolean {
  const { baseSequence, wrappedKey } = last.header;
  if (!wrappedKey) return false;
  return seams.some((seam) => seam.baseSequence === baseSequence && equalBytes(seam.chain, previousChain));
}

/** Whether anything in these files says that what was written before them is durable. */
async function provesAnything(disk: Disk, paths: readonly string[]): Promise<boolean> {
  for (const path of paths)
    if (laterBatchProves(await readWhole(disk, path, new ArrayBuffer(0)), 0)) return true;
  return false;
}

/** Removes files. Returns the bytes they had. */
async function removeAll(disk: Disk, paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    bytes += await withFile(disk, path, (file) => file.size());
    await disk.remove(path);
  }
  return bytes;
}

function truncate(disk: Disk, path: string, bytes: number): Promise<void> {
  return withFile(disk, path, (file) => file.truncate(bytes));
}

/**
 * Writes the end of a segment once more before syncing it: after a sync that failed, the system may show bytes that it
 * will never write by itself.
 */
async function makeDurable(disk: Disk, path: string, scan: SegmentScan): Promise<void> {
  const from = Math.min(scan.provenBytes, scan.endBytes);
  await withFile(disk, path, async (file) => {
    const bytes = new Uint8Array(scan.endBytes - from);
    await readFully(file, bytes, from);
    await writeFully(file, bytes, from);
    await file.sync();
  });
}

async function withFile<T>(disk: Disk, path: string, use: (file: DiskFile) => Promise<T>): Promise<T> {
  const file = await disk.open(path, "write");
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Reads a file into `memory` if it fits: a log is recovered in the memory of its largest segment. */
function readWhole(disk: Disk, path: string, memory: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
  return withFile(disk, path, async (file) => {
    const bytes = await file.size();
    if (bytes > MAX_FILE_BYTES)
      throw new ArqonError(
        "LOG_CORRUPT",
        `${path} has ${bytes} bytes, more than a segment of ${MAX_FILE_BYTES}`,
      );
    const whole = new Uint8Array(memory.byteLength < bytes ? new ArrayBuffer(bytes) : memory, 0, bytes);
    return whole.subarray(0, await readFully(file, whole, 0));
  });
}
