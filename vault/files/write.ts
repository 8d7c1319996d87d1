import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { syncDirectory } from "./directory.ts";

let serial = 0;

/**
 * Writes a new file of mode 0600 with a name of its own in `directory`, synced, and returns its path.
 * The name carries the process id, so that processes never meet; a file left by an earlier process is stepped over.
 */
export function writeTemporary(directory: string, name: string, bytes: Uint8Array): string {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  for (;;) {
    const path = join(directory, `.${name}.${process.pid}-${serial++}.tmp`);
    let handle: number;
    try {
      handle = openSync(path, flags, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    try {
      writeFileSync(handle, bytes);
      fsyncSync(handle);
    } catch (error) {
      unlinkSync(path);
      throw error;
    } finally {
      closeSync(handle);
    }
    return path;
  }
}

/** Puts `bytes` at `path`, replacing what was there: after a crash the file holds the old bytes or the new ones. */
export function writePrivateFile(path: string, bytes: Uint8Array): void {
  const temporary = writeTemporary(dirname(path), basename(path), bytes);
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Puts `bytes` at `path` unless something is there, e.g. by another process at the same time. Returns whether it did. */
export function createFile(path: string, bytes: Uint8Array): boolean {
  const temporary = writeTemporary(dirname(path), basename(path), bytes);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(temporary);
  }
  syncDirectory(dirname(path));
  return true;
}
