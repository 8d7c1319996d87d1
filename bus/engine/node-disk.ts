/** The disk of this machine, asynchronous on Node's thread pool: the only file of this room that touches it. */
import fs from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ArqonError } from "@arqon/core/base";
import type { Disk, DiskFile, OpenMode } from "./disk.ts";

const FLAGS: Readonly<Record<OpenMode, string>> = { create: "wx+", write: "r+", read: "r" };

/** An open file of this machine, by its descriptor. */
class NodeFile implements DiskFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array, offset: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.write(this.#fd, bytes, 0, bytes.length, offset, (error, done) =>
        error ? reject(error) : resolve(done),
      );
    });
  }

  read(into: Uint8Array, offset: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, into, 0, into.length, offset, (error, done) =>
        error ? reject(error) : resolve(done),
      );
    });
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error ? reject(error) : resolve()));
    });
  }

  truncate(bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.ftruncate(this.#fd, bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  size(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.#fd, (error, stats) => (error ? reject(error) : resolve(stats.size)));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.close(this.#fd, (error) => (error ? reject(error) : resolve()));
    });
  }
}

async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return; // directories cannot be opened there; NTFS journals their changes
  const handle = await fs.promises.open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Files below `root`, which is made when it does not exist. Directories are 0700 and files 0600.
 * Locks are those SQLite takes on an empty database file: held by the kernel for this process, so neither kill -9 nor
 * a reused process id can leave or break one. Nothing else may open a lock file.
 */
export function nodeDisk(root: string): Disk {
  const at = (relative: string): string => {
    if (path.isAbsolute(relative) || relative.split("/").includes(".."))
      throw new TypeError(`path leaves the disk: ${relative}`);
    return path.join(root, relative);
  };
  const makeDirectory = async (relative: string): Promise<void> => {
    const made = await fs.promises.mkdir(at(relative), { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    const above = path.dirname(made);
    for (let each = at(relative); each.length > above.length; each = path.dirname(each))
      await syncDirectory(each);
    await syncDirectory(above);
  };
  return {
    makeDirectory,
    open: async (relative, mode) =>
      new NodeFile(
        await new Promise<number>((resolve, reject) => {
          fs.open(at(relative), FLAGS[mode], 0o600, (error, fd) => (error ? reject(error) : resolve(fd)));
        }),
      ),
    list: async (relative) => {
      try {
        return (await fs.promises.readdir(at(relative))).sort();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    },
    syncDirectory: (relative) => syncDirectory(at(relative)),
    rename: (from, to) => fs.promises.rename(at(from), at(to)),
    remove: (relative) => fs.promises.rm(at(relative)),
    lock: async (relative) => {
      await makeDirectory(path.posix.dirname(relative));
      return lockFile(at(relative));
    },
  };
}

/** Takes the kernel's lock on a file, which is made when it does not exist. */
function lockFile(file: string): () => Promise<void> {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === 5)
      throw new ArqonError("LOG_LOCKED", `${file} is held by another server`, { cause: error });
    throw error;
  }
  return async () => {
    if (database.isOpen) database.close();
  };
}
