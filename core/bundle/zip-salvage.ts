/** Reads stored files out of an archive that is not canonical, only to say what in it was changed. */
import { fromUtf8 } from "../base/index.ts";
import type { BundleFiles } from "./draft.ts";
import { requirePaths } from "./path.ts";
import * as zip from "./zip-layout.ts";
import type { ZipLimits } from "./zip-read.ts";

/**
 * The stored files of an archive, whatever else is odd about it; `undefined` when anything about it is dangerous or
 * cannot be read: compression, paths that may not be, sizes over the limits, bytes out of range. Checksums are not
 * looked at, since digests say more. The files share the archive's memory. Never believe them.
 */
export function salvageZip(archive: Uint8Array, limits: ZipLimits): BundleFiles | undefined {
  try {
    return salvage(archive, limits);
  } catch {
    return undefined; // Out of range, not UTF-8, or a bad path: nothing to say beyond the strict reader's reason.
  }
}

function salvage(archive: Uint8Array, limits: ZipLimits): BundleFiles | undefined {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  let endAt = archive.length - zip.END_BYTES;
  const lowest = Math.max(0, endAt - 0xffff);
  while (endAt >= lowest && view.getUint32(endAt, true) !== zip.END_SIGNATURE) endAt--;
  if (endAt < lowest) return undefined;
  const count = view.getUint16(endAt + 10, true);
  if (count > limits.maxEntries) return undefined;
  const files = new Map<string, Uint8Array>();
  const names: string[] = [];
  let at = view.getUint32(endAt + 16, true);
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (view.getUint32(at, true) !== zip.CENTRAL_SIGNATURE) return undefined;
    const size = view.getUint32(at + 20, true);
    const nameBytes = view.getUint16(at + 28, true);
    const localAt = view.getUint32(at + 42, true);
    const start =
      localAt + zip.LOCAL_BYTES + view.getUint16(localAt + 26, true) + view.getUint16(localAt + 28, true);
    const name = fromUtf8(archive.subarray(at + zip.CENTRAL_BYTES, at + zip.CENTRAL_BYTES + nameBytes));
    total += size;
    const stored = view.getUint16(at + 10, true) === zip.METHOD;
    if (
      !stored ||
      size > limits.maxFileBytes ||
      total > limits.maxTotalBytes ||
      start + size > archive.length
    )
      return undefined;
    names.push(name);
    files.set(name, archive.subarray(start, start + size));
    at += zip.CENTRAL_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  requirePaths(names);
  return files;
}
