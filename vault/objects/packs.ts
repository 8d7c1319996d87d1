/** Files in which blobs lie side by side: written at their end, wiped where a blob is not needed any more. */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { isConfined, makePrivateDirectory, syncDirectory } from "../files/index.ts";

/** Where a blob lies. */
export interface Extent {
  readonly pack: number;
  readonly at: number;
  readonly bytes: number;
}

/** The files, numbered from 1. Whoever writes holds a lock over them: nothing here looks for others. */
export interface Packs {
  /** Puts pieces one after another, from `at` on; what is there already is written over. Durable on return. */
  write(pack: number, at: number, pieces: readonly Uint8Array[]): void;
  /** The bytes, or fewer where the file was cut or is gone. */
  read(extent: Extent): Uint8Array;
  /** Writes zeros over what of it is in the file. Durable on return. */
  wipe(extent: Extent): void;
  /** Cuts off what lies behind `bytes`. */
  cut(pack: number, bytes: number): void;
  remove(pack: number): void;
  where(pack: number): string;
  close(): void;
}

/** Files kept open; a pack has hundreds of megabytes. */
const MOST_OPEN = 32;
const ZEROS = new Uint8Array(1 << 16);

/** Packs of mode 0600 in `directory`, which is created with the first of them. No link is followed. */
export function filePacks(directory: string): Packs {
  const open = new Map<number, number>();
  const where = (pack: number): string => join(directory, String(pack));
  const close = (pack: number): void => {
    const handle = open.get(pack);
    open.delete(pack);
    if (handle !== undefined) closeSync(handle);
  };

  const handleOf = (pack: number, create: boolean): number => {
    const kept = open.get(pack);
    if (kept !== undefined) return kept;
    for (const other of open.keys()) if (open.size >= MOST_OPEN) close(other);
    const sync = isConfined() ? constants.O_SYNC : 0;
    const flags = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | sync;
    let handle: number;
    try {
      handle = openSync(where(pack), flags);
    } catch (error) {
      if (!create || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      makePrivateDirectory(directory);
      handle = openSync(where(pack), flags | constants.O_CREAT, 0o600);
      syncDirectory(directory);
    }
    open.set(pack, handle);
    return handle;
  };

  /** The part of an extent that its file has; whoever altered the database may say anything. */
  const within = (extent: Extent): (Extent & { readonly handle: number }) | undefined => {
    try {
      const handle = handleOf(extent.pack, false);
      const bytes = extent.at < 0 ? 0 : Math.min(extent.bytes, fstatSync(handle).size - extent.at);
      return { ...extent, bytes: Math.max(0, bytes), handle };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return undefined;
    }
  };

  const put = (handle: number, at: number, bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; )
      done += writeSync(handle, bytes, done, bytes.length - done, at + done);
  };
  const sync = (handle: number): void => {
    if (!isConfined()) fdatasyncSync(handle);
  };

  return {
    write(pack, at, pieces) {
      const handle = handleOf(pack, true);
      let end = at;
      for (const piece of pieces) {
        put(handle, end, piece);
        end += piece.length;
      }
      sync(handle);
    },
    read(extent) {
      const found = within(extent);
      if (!found) return new Uint8Array(0);
      const { handle, at, bytes } = found;
      const whole = new Uint8Array(bytes);
      let done = 0;
      for (let got = 1; got > 0 && done < bytes; done += got)
        got = readSync(handle, whole, done, bytes - done, at + done);
      return whole.subarray(0, done);
    },
    wipe(extent) {
      const found = within(extent);
      if (!found) return;
      const { handle, at, bytes } = found;
      for (let done = 0; done < bytes; done += ZEROS.length)
        put(handle, at + done, ZEROS.subarray(0, Math.min(ZEROS.length, bytes - done)));
      sync(handle);
    },
    cut(pack, bytes) {
      ftruncateSync(handleOf(pack, true), bytes);
    },
    remove(pack) {
      close(pack);
      try {
        unlinkSync(where(pack));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    },
    where,
    close: () => {
      for (const pack of [...open.keys()]) close(pack);
    },
  };
}
