/** Writes the canonical ZIP archive of a bundle: equal files give equal bytes, anywhere. */
import { ArqonError, utf8 } from "../base/index.ts";
import { crc32 } from "./crc32.ts";
import type { BundleFiles } from "./draft.ts";
import { comparePaths, requirePaths } from "./path.ts";
import * as zip from "./zip-layout.ts";

/**
 * The archive. Its length is computed before anything is allocated.
 * @throws ArqonError `BUNDLE_MALFORMED` for a path that may not be, `LIMIT_EXCEEDED` beyond 65,535 files or 4 GiB.
 */
export function writeZip(files: BundleFiles): Uint8Array {
  requirePaths(files.keys());
  const entries = [...files]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([path, bytes]) => ({ name: utf8(path), bytes, crc: 0, at: 0 }));
  let centralAt = 0;
  let centralBytes = 0;
  for (const entry of entries) {
    entry.at = centralAt;
    centralAt += zip.LOCAL_BYTES + entry.name.length + entry.bytes.length;
    centralBytes += zip.CENTRAL_BYTES + entry.name.length;
  }
  const total = centralAt + centralBytes + zip.END_BYTES;
  if (entries.length > zip.MAX_ENTRIES || total > zip.MAX_ARCHIVE_BYTES)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `an archive of ${entries.length} files and ${total} bytes is over the limit of ${zip.MAX_ENTRIES} files or ${zip.MAX_ARCHIVE_BYTES} bytes`,
    );

  const archive = new Uint8Array(total);
  const view = new DataView(archive.buffer);
  let at = 0;
  const u16 = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const u32 = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const put = (bytes: Uint8Array): void => {
    archive.set(bytes, at);
    at += bytes.length;
  };
  const common = (entry: (typeof entries)[number]): void => {
    u16(zip.VERSION_NEEDED);
    u16(zip.FLAGS);
    u16(zip.METHOD);
    u16(zip.DOS_TIME);
    u16(zip.DOS_DATE);
    u32(entry.crc);
    u32(entry.bytes.length);
    u32(entry.bytes.length);
    u16(entry.name.length);
    u16(0); // no extra field
  };
  for (const entry of entries) {
    entry.crc = crc32(entry.bytes);
    u32(zip.LOCAL_SIGNATURE);
    common(entry);
    put(entry.name);
    put(entry.bytes);
  }
  for (const entry of entries) {
    u32(zip.CENTRAL_SIGNATURE);
    u16(zip.MADE_BY);
    common(entry);
    u16(0); // no comment
    u16(0); // disk
    u16(0); // internal attributes
    u32(zip.ATTRIBUTES);
    u32(entry.at);
    put(entry.name);
  }
  u32(zip.END_SIGNATURE);
  u16(0);
  u16(0);
  u16(entries.length);
  u16(entries.length);
  u32(centralBytes);
  u32(centralAt);
  u16(0); // no comment
  return archive;
}
