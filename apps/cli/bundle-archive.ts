/** Archives on disk, read and written piece by piece. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { ArqonError } from "@arqon/core/base";
import {
  type BundleContents,
  isHeld,
  type LargeFile,
  type OnProgress,
  openZip,
  writeZipTo,
  ZIP_LIMITS,
  type ZipFile,
  type ZipSource,
} from "@arqon/core/bundle";

/** Above this, only files that must be are held. */
const PLENTY_BYTES = 64 * 2 ** 20;
const SMALL_BYTES = 2 ** 16;

/** An archive that is open: its files can be read until it is closed. */
export interface OpenArchive {
  readonly contents: BundleContents;
  readonly bytes: number;
  close(): Promise<void>;
}

/**
 * Opens an archive and reads it once: every byte is checked, and the digests of large files are computed.
 * @throws ArqonError `FILE_UNREADABLE`, `BUNDLE_MALFORMED`, `LIMIT_EXCEEDED`.
 */
export async function openArchive(path: string, onProgress: OnProgress): Promise<OpenArchive> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    throw new ArqonError("FILE_UNREADABLE", `${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    const { size } = await handle.stat();
    const files = await openZip(sourceOf(handle, size));
    return { contents: await contentsOf(files, size, onProgress), bytes: size, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A file of a folder, read once for its digest. */
export async function largeFile(path: string, size: number, onProgress: OnProgress): Promise<LargeFile> {
  const hash = createHash("sha256");
  let done = 0;
  for await (const piece of createReadStream(path)) {
    hash.update(piece);
    done += piece.length;
    onProgress(done, size);
  }
  return { sha256: hash.digest("hex"), size: done, open: () => createReadStream(path) };
}

/** Writes an archive to a new file, whole and durable once resolved. @returns its length. */
export async function writeArchive(
  path: string,
  files: BundleContents,
  onProgress: OnProgress,
): Promise<number> {
  const handle = await open(path, "wx");
  try {
    const write = async (at: number, bytes: Uint8Array): Promise<void> => {
      for (let done = 0; done < bytes.length; )
        done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    };
    const length = await writeZipTo({ write }, files, onProgress);
    await handle.sync();
    return length;
  } finally {
    await handle.close();
  }
}

/** Makes a name that was given in a directory durable. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(dirname(path), "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function sourceOf(handle: FileHandle, size: number): ZipSource {
  return {
    size,
    async read(at, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
        if (bytesRead === 0)
          throw new ArqonError("FILE_UNREADABLE", "the archive became shorter while it was read");
        done += bytesRead;
      }
      return bytes;
    },
  };
}

async function contentsOf(
  files: readonly ZipFile[],
  total: number,
  onProgress: OnProgress,
): Promise<BundleContents> {
  const contents = new Map<string, Uint8Array | LargeFile>();
  let done = 0;
  let held = 0;
  for (const { path, size, open: pieces } of files) {
    const mustBeHeld = isHeld(path, Number.POSITIVE_INFINITY);
    const hold = mustBeHeld || (isHeld(path, size) && (held < PLENTY_BYTES || size <= SMALL_BYTES));
    if (hold) held += size;
    if (held > ZIP_LIMITS.maxTotalBytes)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `files that must be held have over ${ZIP_LIMITS.maxTotalBytes} bytes`,
      );
    const bytes = hold ? new Uint8Array(size) : undefined;
    const hash = createHash("sha256");
    let at = 0;
    for await (const piece of pieces()) {
      if (bytes) bytes.set(piece, at);
      else hash.update(piece);
      at += piece.length;
      onProgress(done + at, total);
    }
    done += size;
    contents.set(path, bytes ?? { sha256: hash.digest("hex"), size, open: pieces });
  }
  return contents;
}
