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
import { isConfined, syncDirectory } from "./directory.ts";

let serial = 0;

/**
 * Creates and fills a file with a name of its own in `directory`; it is not synced yet and still open.
 * The name carries the process id, so that processes never meet; a file left by an earlier process is stepped over.
 */
export function openTemporary(
  directory: string,
  name: string,
  bytes: Uint8Array,
  mode: number,
): { readonly temporary: string; readonly handle: number } {
  const flags =
    constants.O_WRONLY |
    constants.O_CREAT |
    constants.O_EXCL |
    (constants.O_NOFOLLOW ?? 0) |
    (isConfined() ? constants.O_SYNC : 0);
  for (;;) {
    const temporary = join(directory, `.${name}.${process.pid}-${serial++}.tmp`);
    let handle: number;
    try {
      handle = openSync(temporary, flags, mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    try {
      writeFileSync(handle, bytes);
    } catch (error) {
      closeSync(handle);
      unlinkSync(temporary);
      throw error;
    }
    return { temporary, handle };
  }
}

/** The same, of mode 0600, synced and closed. Returns its path. */
function writeTemporary(directory: string, name: string, bytes: Uint8Array): string {
  const { temporary, handle } = openTemporary(directory, name, bytes, 0o600);
  try {
    if (!isConfined()) fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return temporary;
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
