import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { ArqonError } from "@arqon/core/base";

/** How a file may be read. */
export interface ReadOptions {
  readonly limitBytes: number;
  /** Refuse a file that other users of the machine may read or write. */
  readonly secret?: boolean;
}

/**
 * The bytes of a regular file, without following a link; `undefined` when there is none.
 * @throws ArqonError `FILE_UNREADABLE` for a link, a directory, or a secret others may read; `LIMIT_EXCEEDED` for a
 *   file over the limit.
 */
export function readRegularFile(path: string, options: ReadOptions): Uint8Array | undefined {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    const why = code === "ELOOP" ? "is a link" : `cannot be opened (${code})`;
    throw new ArqonError("FILE_UNREADABLE", `${path} ${why}`, { cause: error });
  }
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw new ArqonError("FILE_UNREADABLE", `${path} is not a regular file`);
    if (stat.size > options.limitBytes)
      throw new ArqonError("LIMIT_EXCEEDED", `${path} has ${stat.size} bytes, limit ${options.limitBytes}`);
    if (options.secret && process.platform !== "win32" && (stat.mode & 0o077) !== 0)
      throw new ArqonError("FILE_UNREADABLE", `${path} has mode 0${(stat.mode & 0o777).toString(8)}`, {
        remedy: `It holds a secret: run chmod 600 ${path}.`,
      });
    // A copy of its own: Node reads small files into a pool it shares, which would travel along to other threads.
    return new Uint8Array(readFileSync(handle));
  } finally {
    closeSync(handle);
  }
}
