/** Reads the directory at the end of an archive, each record checked on its own. */
import { ArqonError } from "../base/index.ts";
import { requirePaths } from "./path.ts";
import * as zip from "./zip-layout.ts";

/** What an archive may hold at most. */
export interface ZipLimits {
  readonly maxEntries: number;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}

/** An entry and its name as text. */
export interface DirectoryEntry extends zip.ZipEntry {
  readonly path: string;
}

/** Where the directory is, as the end of an archive says. */
export interface DirectoryPlace {
  readonly count: number;
  readonly at: number;
  readonly bytes: number;
}

/** Most bytes of the end of an archive that {@link findDirectory} looks at. */
export const TAIL_BYTES: number = zip.END_BYTES + zip.LOCATOR_BYTES + zip.END64_BYTES;

/** More than any record has whose path may stand in a bundle: bounds what is read. */
const MAX_RECORD_BYTES = 2048;

/** Finds the directory. `tail` are the last bytes of an archive, at most TAIL_BYTES, of `size` in all. */
export function findDirectory(tail: Uint8Array, size: number, limits: ZipLimits): DirectoryPlace {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const endAt = tail.length - zip.END_BYTES;
  if (endAt < 0 || view.getUint32(endAt, true) !== zip.END_SIGNATURE)
    zip.notCanonical("it does not end in an end-of-directory record without comment");
  let count = view.getUint16(endAt + 10, true);
  let bytes = view.getUint32(endAt + 12, true);
  let at = view.getUint32(endAt + 16, true);
  let end = size - zip.END_BYTES;
  const locatorAt = endAt - zip.LOCATOR_BYTES;
  if (locatorAt >= zip.END64_BYTES && view.getUint32(locatorAt, true) === zip.LOCATOR_SIGNATURE) {
    const end64At = locatorAt - zip.END64_BYTES;
    if (view.getUint32(end64At, true) !== zip.END64_SIGNATURE)
      zip.notCanonical("it has no Zip64 end record where its locator says");
    const field = (offset: number): number => Number(view.getBigUint64(end64At + offset, true));
    count = field(32);
    bytes = field(40);
    at = field(48);
    end = size - (tail.length - end64At);
  } else if (count === 0xffff || bytes === 0xffffffff || at === 0xffffffff)
    zip.notCanonical("it says that it is a Zip64 archive, and has no Zip64 records");
  if (count > limits.maxEntries)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `the archive has ${count} files, at most ${limits.maxEntries} allowed`,
    );
  if (at + bytes !== end) zip.notCanonical("its directory does not end where the end record starts");
  if (bytes > count * MAX_RECORD_BYTES) zip.notCanonical("its directory has bytes that belong to no entry");
  return { count, at, bytes };
}

/** The records of the directory. @throws ArqonError `BUNDLE_MALFORMED`, `LIMIT_EXCEEDED`. */
export function readDirectory(directory: Uint8Array, count: number, limits: ZipLimits): DirectoryEntry[] {
  const view = new DataView(directory.buffer, directory.byteOffset, directory.byteLength);
  const bad = zip.notCanonical;
  const entries: DirectoryEntry[] = [];
  let at = 0;
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (at + zip.CENTRAL_BYTES > directory.length) bad(`entry ${i} runs over the end of the directory`);
    if (view.getUint32(at, true) !== zip.CENTRAL_SIGNATURE) bad(`entry ${i} has no directory record`);
    const nameAt = at + zip.CENTRAL_BYTES;
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    if (nameAt + nameBytes + extraBytes > directory.length)
      bad(`entry ${i} runs over the end of the directory`);
    const name = directory.slice(nameAt, nameAt + nameBytes);
    const path = zip.readName(name, i);
    const shown = JSON.stringify(path);
    const method = view.getUint16(at + 10, true);
    if (method !== zip.METHOD) bad(`${shown} uses compression method ${method}; files must be stored`);
    if (view.getUint16(at + 8, true) !== zip.FLAGS) bad(`${shown} has other flags than UTF-8 names`);
    const attributes = view.getUint32(at + 38, true);
    if (view.getUint16(at + 4, true) >> 8 === 3 && attributes >>> 28 !== 8)
      bad(`${shown} has the mode 0${(attributes >>> 16).toString(8)}, which is not a regular file`);
    if (view.getUint16(at + 32, true) !== 0) bad(`${shown} has an extra field or a comment`);
    const long = longFields(view, nameAt + nameBytes, extraBytes, shown);
    const field = (offset: number): number => {
      const value = view.getUint32(at + offset, true);
      if (value !== 0xffffffff) return value;
      return long.shift() ?? value;
    };
    const size = field(24);
    const stored = field(20);
    const place = field(42);
    if (long.length > 0) bad(`${shown} has a Zip64 field that nothing refers to`);
    if (size !== stored) bad(`${shown} is stored in another size than its own`);
    total += size;
    if (size > limits.maxFileBytes || total > limits.maxTotalBytes)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `${shown} has ${size} bytes; at most ${limits.maxFileBytes} a file and ${limits.maxTotalBytes} in all are allowed`,
      );
    entries.push({ path, name, size, crc: view.getUint32(at + 16, true), at: place });
    at = nameAt + nameBytes + extraBytes;
  }
  if (at !== directory.length) bad("its directory has bytes that belong to no entry");
  requirePaths(entries.map(({ path }) => path));
  return entries;
}

/** The values of the one extra field there may be. */
function longFields(view: DataView, at: number, bytes: number, shown: string): number[] {
  if (bytes === 0) return [];
  const values = (bytes - 4) / 8;
  if (
    ![1, 2, 3].includes(values) ||
    view.getUint16(at, true) !== 1 ||
    view.getUint16(at + 2, true) !== bytes - 4
  )
    zip.notCanonical(`${shown} has an extra field or a comment`);
  return Array.from({ length: values }, (_, i) => {
    const value = view.getBigUint64(at + 4 + 8 * i, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) zip.notCanonical(`${shown} states a size that no file has`);
    return Number(value);
  });
}
