/** Archives that do not fit into memory: written and read piece by piece, in the same canonical form. */
import { ArqonError, equalBytes } from "../base/index.ts";
import { type BundleContents, piecesOf } from "./contents.ts";
import { crc32 } from "./crc32.ts";
import { findDirectory, readDirectory, TAIL_BYTES, type ZipLimits } from "./zip-directory.ts";
import * as zip from "./zip-layout.ts";
import { directoryOf, planZip } from "./zip-write.ts";

/** Where an archive is written, in any order. */
export interface ZipSink {
  write(at: number, bytes: Uint8Array): Promise<void>;
}

/** Where an archive is read, in any order. */
export interface ZipSource {
  readonly size: number;
  /** Exactly `length` bytes, all within the source. */
  read(at: number, length: number): Promise<Uint8Array>;
}

/** A file in an archive that was opened. */
export interface ZipFile {
  readonly path: string;
  readonly size: number;
  /** Its bytes in pieces. @throws ArqonError `BUNDLE_MALFORMED` at the end when they do not match their checksum. */
  open(): AsyncIterable<Uint8Array>;
}

/** Told how many bytes are done, of how many. */
export type OnProgress = (doneBytes: number, totalBytes: number) => void;

/** Limits for bundles that are read piece by piece: a directory that fits into memory, sizes that disks have. */
export const STREAM_LIMITS: ZipLimits = {
  maxEntries: 100_000,
  maxFileBytes: 2 ** 42,
  maxTotalBytes: 2 ** 43,
};

const PIECE_BYTES = 2 ** 18;

/**
 * Writes the archive. Every file is read once: its local header, which states its checksum, is written after it.
 * @returns how many bytes the archive has.
 * @throws ArqonError `BUNDLE_TAMPERED` when a file has another length than it said.
 * @cost constant memory, besides the directory.
 */
export async function writeZipTo(
  sink: ZipSink,
  files: BundleContents,
  onProgress: OnProgress = () => {},
  zip64From: number = zip.ZIP64_FROM,
): Promise<number> {
  const plan = planZip(files, zip64From);
  const crcs: number[] = [];
  for (const entry of plan.entries) {
    let at = entry.dataAt;
    let crc = 0;
    for await (const piece of piecesOf(files.get(entry.path) ?? new Uint8Array())) {
      if (at + piece.length > entry.dataAt + entry.size) break;
      await sink.write(at, piece);
      crc = crc32(piece, crc);
      at += piece.length;
      onProgress(at, plan.totalBytes);
    }
    if (at !== entry.dataAt + entry.size)
      throw new ArqonError(
        "BUNDLE_TAMPERED",
        `${entry.path} does not have the ${entry.size} bytes it should have`,
      );
    await sink.write(entry.at, zip.localHeader({ ...entry, crc }, zip64From));
    crcs.push(crc);
  }
  let at = plan.directoryAt;
  for (const piece of directoryOf(plan, crcs, zip64From)) {
    await sink.write(at, piece);
    at += piece.length;
  }
  onProgress(at, plan.totalBytes);
  return at;
}

/**
 * Opens an archive: everything of it but the files' own bytes is read and must be canonical. The bytes are checked as each
 * file is read.
 * @throws ArqonError `BUNDLE_MALFORMED` with the first thing that is not canonical, `LIMIT_EXCEEDED` over a limit.
 */
export async function openZip(
  source: ZipSource,
  limits: ZipLimits = STREAM_LIMITS,
  zip64From: number = zip.ZIP64_FROM,
): Promise<ZipFile[]> {
  const bad = zip.notCanonical;
  const tailBytes = Math.min(TAIL_BYTES, source.size);
  const tail = await source.read(source.size - tailBytes, tailBytes);
  const place = findDirectory(tail, source.size, limits);
  if (place.at < 0 || place.bytes < 0 || place.at + place.bytes > source.size)
    bad("its directory is not within it");
  const directory = await source.read(place.at, source.size - place.at);
  const entries = readDirectory(directory.subarray(0, place.bytes), place.count, limits);
  let expected = 0;
  for (const entry of entries) {
    const shown = JSON.stringify(entry.path);
    if (entry.at !== expected)
      bad(
        `${shown} starts at byte ${entry.at}, not at ${expected}: entries overlap, leave gaps or are out of order`,
      );
    const header = zip.localHeader(entry, zip64From);
    expected += header.length + entry.size;
    if (expected > place.at) bad(`${shown} runs over the end of the archive`);
    if (!equalBytes(await source.read(entry.at, header.length), header))
      bad(`${shown} has another local header than its directory record says`);
  }
  const plan = planZip(new Map(entries.map(({ path, size }) => [path, { size, sha256: "" }])), zip64From);
  if (plan.totalBytes !== source.size || plan.directoryAt !== place.at)
    bad("it has bytes that belong to no entry");
  if (plan.entries.some(({ path }, i) => path !== entries[i]?.path)) bad("its entries are not sorted");
  let at = 0;
  for (const piece of directoryOf(
    plan,
    entries.map(({ crc }) => crc),
    zip64From,
  )) {
    if (!equalBytes(directory.subarray(at, at + piece.length), piece))
      bad(`its directory differs from its re-serialisation near byte ${place.at + at}`);
    at += piece.length;
  }
  return plan.entries.map(({ path, size, dataAt }, i) => ({
    path,
    size,
    open: () => readEntry(source, path, dataAt, size, entries[i]?.crc as number),
  }));
}

async function* readEntry(
  source: ZipSource,
  path: string,
  from: number,
  size: number,
  expected: number,
): AsyncIterable<Uint8Array> {
  let crc = 0;
  for (let at = 0; at < size; at += PIECE_BYTES) {
    const piece = await source.read(from + at, Math.min(PIECE_BYTES, size - at));
    crc = crc32(piece, crc);
    yield piece;
  }
  if (crc !== expected)
    zip.notCanonical(`${JSON.stringify(path)} does not match its checksum: its bytes were changed`);
}
