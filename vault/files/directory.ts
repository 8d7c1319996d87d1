import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { ArqonError } from "@arqon/core/base";

/**
 * Whether this process runs under `node --permission`, which refuses `fsync`: files are then opened to be written
 * synchronously, and whoever started the process syncs its directory.
 */
export function isConfined(): boolean {
  return process.permission !== undefined;
}

/** Makes names created or renamed in a directory durable. */
export function syncDirectory(path: string): void {
  if (isConfined()) return;
  // Windows cannot open directories; NTFS journals renames itself.
  if (process.platform === "win32") return;
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Creates a directory of mode 0700, and its parents, durably. An existing one is left as it is.
 * @throws ArqonError `FILE_UNREADABLE` when the path is a link or not a directory.
 */
export function makePrivateDirectory(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found) {
    if (!found.isDirectory())
      throw new ArqonError(
        "FILE_UNREADABLE",
        `${path} is ${found.isSymbolicLink() ? "a link" : "a file"}, not a directory`,
      );
    return;
  }
  const parent = dirname(path);
  if (!lstatSync(parent, { throwIfNoEntry: false })) makePrivateDirectory(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  syncDirectory(parent);
}
