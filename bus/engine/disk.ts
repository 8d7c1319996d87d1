/** The disk as an argument, so that one seed can drive a simulated one and tests can break it. */

/** An open file. Failures reject with the error of the system (`code` such as `ENOSPC`, `EIO`). */
export interface DiskFile {
  /** Writes at an offset. Resolves to the bytes written, which may be fewer than given. */
  write(bytes: Uint8Array, offset: number): Promise<number>;
  /** Reads at an offset. Resolves to the bytes read, which may be fewer than fit; 0 at the end. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** Resolves once everything written to this file is on stable media (fdatasync). */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** How to open: `create` fails when the file exists, the others when it does not. */
export type OpenMode = "create" | "write" | "read";

/** A tree of files. Paths are relative, separated by "/". */
export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** Makes a directory and its parents, durably; fine when it exists. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory, sorted; none when it does not exist. */
  list(path: string): Promise<string[]>;
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /**
   * Takes a lock that ends with this process at the latest, however it ends. Returns the way to let go.
   * @throws ArqonError `LOG_LOCKED` when somebody holds it.
   */
  lock(path: string): Promise<() => Promise<void>>;
}

/** Writes all of `bytes`, however short the writes of the disk are. */
export async function writeFully(file: DiskFile, bytes: Uint8Array, offset: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const written = await file.write(done === 0 ? bytes : bytes.subarray(done), offset + done);
    if (written <= 0) throw new Error(`the disk took none of ${bytes.length - done} bytes`);
    done += written;
  }
}

/** Reads until `into` is full or the file ends. Returns the bytes read. */
export async function readFully(file: DiskFile, into: Uint8Array, offset: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const read = await file.read(done === 0 ? into : into.subarray(done), offset + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}
