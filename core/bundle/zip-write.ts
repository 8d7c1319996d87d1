/** Writes the canonical ZIP archive of a bundle: equal files give equal bytes, anywhere. */
import { ArqonError, utf8 } from "../base/index.ts";
import { type BundleListing, sizeOf } from "./contents.ts";
import { crc32 } from "./crc32.ts";
import type { BundleFiles } from "./draft.ts";
import { comparePaths, requirePaths } from "./path.ts";
import * as zip from "./zip-layout.ts";

/** Where everything of an archive goes, before a byte of it is read. */
export interface ZipPlan {
  readonly entries: readonly PlannedEntry[];
  readonly directoryAt: number;
  readonly totalBytes: number;
}

/** A file's place. */
export interface PlannedEntry {
  readonly path: string;
  readonly name: Uint8Array;
  readonly size: number;
  /** Of its local header. */
  readonly at: number;
  /** Of its bytes. */
  readonly dataAt: number;
}

/** Lays an archive out. @throws ArqonError `BUNDLE_MALFORMED` for a path that may not be. */
export function planZip(files: BundleListing, zip64From: number): ZipPlan {
  requirePaths(files.keys());
  let at = 0;
  let directoryBytes = 0;
  const entries = [...files]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([path, file]) => {
      const entry = { path, name: utf8(path), size: sizeOf(file), at, crc: 0 };
      const dataAt = at + zip.localBytes(entry, zip64From);
      at = dataAt + entry.size;
      directoryBytes += zip.centralRecord(entry, zip64From).length;
      return { ...entry, dataAt };
    });
  const end = zip.endRecords(entries.length, at, directoryBytes, zip64From);
  return { entries, directoryAt: at, totalBytes: at + directoryBytes + end.length };
}

/** The directory and all that follows it. */
export function directoryOf(
  { entries, directoryAt }: ZipPlan,
  crcs: readonly number[],
  zip64From: number,
): Uint8Array[] {
  const records = entries.map((entry, i) =>
    zip.centralRecord({ ...entry, crc: crcs[i] as number }, zip64From),
  );
  const bytes = records.reduce((sum, { length }) => sum + length, 0);
  return [...records, zip.endRecords(entries.length, directoryAt, bytes, zip64From)];
}

/** Most bytes of an archive in memory. */
const MAX_BYTES = 0xffffffff;

/**
 * The archive. Its length is computed before anything is allocated.
 * @throws ArqonError `BUNDLE_MALFORMED` for a path that may not be, `LIMIT_EXCEEDED` beyond 4 GiB.
 */
export function writeZip(files: BundleFiles, zip64From: number = zip.ZIP64_FROM): Uint8Array {
  const plan = planZip(files, zip64From);
  if (plan.totalBytes > MAX_BYTES)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `an archive of ${plan.entries.length} files and ${plan.totalBytes} bytes is over the limit of ${MAX_BYTES} bytes`,
    );
  const archive = new Uint8Array(plan.totalBytes);
  const crcs = plan.entries.map((entry) => {
    const bytes = files.get(entry.path) as Uint8Array;
    const crc = crc32(bytes);
    archive.set(zip.localHeader({ ...entry, crc }, zip64From), entry.at);
    archive.set(bytes, entry.dataAt);
    return crc;
  });
  let at = plan.directoryAt;
  for (const piece of directoryOf(plan, crcs, zip64From)) {
    archive.set(piece, at);
    at += piece.length;
  }
  return archive;
}
