/** Reads a bundle's ZIP archive, and nothing but its one canonical form. */
import { equalBytes } from "../base/index.ts";
import { crc32 } from "./crc32.ts";
import type { BundleFiles } from "./draft.ts";
import { findDirectory, readDirectory, TAIL_BYTES, type ZipLimits } from "./zip-directory.ts";
import * as zip from "./zip-layout.ts";
import { writeZip } from "./zip-write.ts";

export type { ZipLimits } from "./zip-directory.ts";

/** Limits for bundles that are read into memory. */
export const ZIP_LIMITS: ZipLimits = {
  maxEntries: 10_000,
  maxFileBytes: 512 * 2 ** 20,
  maxTotalBytes: 1024 * 2 ** 20,
};

/**
 * The files of an archive. They share the archive's memory; nothing is written anywhere. After every entry is read and
 * checked, the files are serialised again, and the archive must be those very bytes.
 *
 * @throws ArqonError `BUNDLE_MALFORMED` with the first thing that is not canonical, `LIMIT_EXCEEDED` over a limit.
 */
export function readZip(
  archive: Uint8Array,
  limits: ZipLimits = ZIP_LIMITS,
  zip64From: number = zip.ZIP64_FROM,
): BundleFiles {
  const bad = zip.notCanonical;
  const place = findDirectory(archive.subarray(-TAIL_BYTES), archive.length, limits);
  const directory = archive.subarray(place.at, place.at + place.bytes);
  const files = new Map<string, Uint8Array>();
  let expected = 0;
  for (const entry of readDirectory(directory, place.count, limits)) {
    const { path, size, crc, at } = entry;
    const shown = JSON.stringify(path);
    if (at !== expected)
      bad(
        `${shown} starts at byte ${at}, not at ${expected}: entries overlap, leave gaps or are out of order`,
      );
    const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
    if (at + zip.LOCAL_BYTES > archive.length || view.getUint32(at, true) !== zip.LOCAL_SIGNATURE)
      bad(`${shown} has no local header at byte ${at}`);
    const nameAt = at + zip.LOCAL_BYTES;
    const start = nameAt + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    if (start + size > archive.length) bad(`${shown} runs over the end of the archive`);
    if (zip.readName(archive.subarray(nameAt, nameAt + view.getUint16(at + 26, true)), files.size) !== path)
      bad(`${shown} has another name in its local header`);
    const bytes = archive.subarray(start, start + size);
    if (crc32(bytes) !== crc) bad(`${shown} does not match its checksum: its bytes were changed`);
    files.set(path, bytes);
    expected = start + size;
  }
  const again = writeZip(files, zip64From);
  if (!equalBytes(again, archive)) bad(differenceAt(archive, again));
  return files;
}

function differenceAt(archive: Uint8Array, canonical: Uint8Array): string {
  const shared = Math.min(archive.length, canonical.length);
  let at = 0;
  while (at < shared && archive[at] === canonical[at]) at++;
  return `it differs from its re-serialisation at byte ${at} (${archive.length} bytes, canonical ${canonical.length})`;
}
