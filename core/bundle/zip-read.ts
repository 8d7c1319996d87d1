/** Reads a bundle's ZIP archive, and nothing but its one canonical form. */
import { ArqonError, equalBytes, fromUtf8 } from "../base/index.ts";
import { crc32 } from "./crc32.ts";
import type { BundleFiles } from "./draft.ts";
import { requirePaths } from "./path.ts";
import * as zip from "./zip-layout.ts";
import { writeZip } from "./zip-write.ts";

/** What an archive may hold at most. */
export interface ZipLimits {
  readonly maxEntries: number;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}

/** Limits for bundles that are read into memory. */
export const ZIP_LIMITS: ZipLimits = {
  maxEntries: 10_000,
  maxFileBytes: 512 * 2 ** 20,
  maxTotalBytes: 1024 * 2 ** 20,
};

interface Entry {
  readonly name: string;
  readonly size: number;
  readonly crc: number;
  readonly at: number;
}

function bad(why: string): never {
  throw new ArqonError("BUNDLE_MALFORMED", `the archive is not in canonical form: ${why}`);
}

/** The records of the central directory, each checked on its own. */
function readDirectory(archive: Uint8Array, view: DataView, limits: ZipLimits): Entry[] {
  const endAt = archive.length - zip.END_BYTES;
  if (endAt < 0 || view.getUint32(endAt, true) !== zip.END_SIGNATURE)
    bad("it does not end in an end-of-directory record without comment");
  const count = view.getUint16(endAt + 10, true);
  const directoryBytes = view.getUint32(endAt + 12, true);
  const directoryAt = view.getUint32(endAt + 16, true);
  if (count === 0xffff || directoryBytes === 0xffffffff || directoryAt === 0xffffffff)
    bad("it is a Zip64 archive, which is not supported");
  if (count > limits.maxEntries)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `the archive has ${count} files, at most ${limits.maxEntries} allowed`,
    );
  if (directoryAt + directoryBytes !== endAt) bad("its directory does not end where the end record starts");

  const entries: Entry[] = [];
  let at = directoryAt;
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (at + zip.CENTRAL_BYTES > endAt) bad(`entry ${i} runs over the end of the directory`);
    if (view.getUint32(at, true) !== zip.CENTRAL_SIGNATURE) bad(`entry ${i} has no directory record`);
    const nameBytes = view.getUint16(at + 28, true);
    if (at + zip.CENTRAL_BYTES + nameBytes > endAt) bad(`entry ${i} runs over the end of the directory`);
    const name = readName(archive.subarray(at + zip.CENTRAL_BYTES, at + zip.CENTRAL_BYTES + nameBytes), i);
    const shown = JSON.stringify(name);
    const method = view.getUint16(at + 10, true);
    if (method !== zip.METHOD) bad(`${shown} uses compression method ${method}; files must be stored`);
    if (view.getUint16(at + 8, true) !== zip.FLAGS) bad(`${shown} has other flags than UTF-8 names`);
    const attributes = view.getUint32(at + 38, true);
    if (view.getUint16(at + 4, true) >> 8 === 3 && attributes >>> 28 !== 8)
      bad(`${shown} has the mode 0${(attributes >>> 16).toString(8)}, which is not a regular file`);
    const size = view.getUint32(at + 24, true);
    if (size !== view.getUint32(at + 20, true)) bad(`${shown} is stored in another size than its own`);
    total += size;
    if (size > limits.maxFileBytes || total > limits.maxTotalBytes)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `${shown} has ${size} bytes; at most ${limits.maxFileBytes} a file and ${limits.maxTotalBytes} in all are allowed`,
      );
    entries.push({ name, size, crc: view.getUint32(at + 16, true), at: view.getUint32(at + 42, true) });
    at += zip.CENTRAL_BYTES + nameBytes;
    const extra = view.getUint16(at - nameBytes - zip.CENTRAL_BYTES + 30, true);
    const comment = view.getUint16(at - nameBytes - zip.CENTRAL_BYTES + 32, true);
    if (extra !== 0 || comment !== 0) bad(`${shown} has an extra field or a comment`);
  }
  if (at !== endAt) bad("its directory has bytes that belong to no entry");
  requirePaths(entries.map(({ name }) => name));
  return entries;
}

function readName(bytes: Uint8Array, index: number): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return bad(`the name of entry ${index} is not UTF-8`);
  }
}

/**
 * The files of an archive. They share the archive's memory; nothing is written anywhere. After every entry is read and
 * checked, the files are serialised again, and the archive must be those very bytes.
 *
 * @throws ArqonError `BUNDLE_MALFORMED` with the first thing that is not canonical, `LIMIT_EXCEEDED` over a limit.
 */
export function readZip(archive: Uint8Array, limits: ZipLimits = ZIP_LIMITS): BundleFiles {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const files = new Map<string, Uint8Array>();
  let expected = 0;
  for (const { name, size, crc, at } of readDirectory(archive, view, limits)) {
    const shown = JSON.stringify(name);
    if (at !== expected)
      bad(
        `${shown} starts at byte ${at}, not at ${expected}: entries overlap, leave gaps or are out of order`,
      );
    if (at + zip.LOCAL_BYTES > archive.length || view.getUint32(at, true) !== zip.LOCAL_SIGNATURE)
      bad(`${shown} has no local header at byte ${at}`);
    const nameBytes = view.getUint16(at + 26, true);
    const start = at + zip.LOCAL_BYTES + nameBytes;
    if (start + size > archive.length) bad(`${shown} runs over the end of the archive`);
    if (readName(archive.subarray(at + zip.LOCAL_BYTES, start), files.size) !== name)
      bad(`${shown} has another name in its local header`);
    const bytes = archive.subarray(start, start + size);
    if (crc32(bytes) !== crc) bad(`${shown} does not match its checksum: its bytes were changed`);
    files.set(name, bytes);
    expected = start + size;
  }
  const again = writeZip(files);
  if (!equalBytes(again, archive)) bad(differenceAt(archive, again));
  return files;
}

function differenceAt(archive: Uint8Array, canonical: Uint8Array): string {
  const shared = Math.min(archive.length, canonical.length);
  let at = 0;
  while (at < shared && archive[at] === canonical[at]) at++;
  return `it differs from its re-serialisation at byte ${at} (${archive.length} bytes, canonical ${canonical.length})`;
}
