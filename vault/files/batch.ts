import { closeSync, fsync, openSync, renameSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { openTemporary } from "./write.ts";

const sync = promisify(fsync);

/** A file to write: where, and what. */
export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes read-only files of mode 0400 by way of `temporaryDirectory`, on the same file system; each appears whole, and all
 * are durable once resolved. Waiting for the disk is done for all at once, which a file system answers in few commits.
 */
export async function writeTogether(files: readonly NewFile[], temporaryDirectory: string): Promise<void> {
  const written: { temporary: string; handle: number; path: string }[] = [];
  try {
    for (const { path, bytes } of files)
      written.push({ path, ...openTemporary(temporaryDirectory, "object", bytes, 0o400) });
    await Promise.all(written.map(({ handle }) => sync(handle)));
    for (const { temporary, path } of written) renameSync(temporary, path);
  } catch (error) {
    for (const { temporary } of written)
      try {
        unlinkSync(temporary);
      } catch {
        // It had its name already, or the disk is gone altogether; the first error says more.
      }
    throw error;
  } finally {
    for (const { handle } of written) closeSync(handle);
  }
  await Promise.all([...new Set(files.map(({ path }) => dirname(path)))].map(syncLater));
}

async function syncLater(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = openSync(directory, "r");
  try {
    await sync(handle);
  } finally {
    closeSync(handle);
  }
}
