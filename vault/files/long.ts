import { constants, renameSync, unlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ArqonError } from "@arqon/core/base";
import { syncDirectory } from "./directory.ts";

const PIECE_BYTES = 262_144;
let serial = 0;

/**
 * Writes a read-only file of mode 0400 piece by piece, by way of `temporaryDirectory` on the same file system. It appears
 * whole, durable once resolved; when `bytes` throws it does not appear.
 */
export async function writeLongFile(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  temporaryDirectory: string,
): Promise<void> {
  const temporary = join(temporaryDirectory, `.long.${process.pid}-${serial++}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(temporary, flags, 0o400);
  try {
    for await (const piece of bytes)
      for (let at = 0; at < piece.length; ) at += (await handle.write(piece, at)).bytesWritten;
    await handle.sync();
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  } finally {
    await handle.close();
  }
  syncDirectory(dirname(path));
}

/** The bytes of a regular file in pieces, without following a link. @throws ArqonError `FILE_UNREADABLE`. */
export async function* readLongFile(path: string): AsyncIterable<Uint8Array> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ArqonError("FILE_UNREADABLE", `${path} cannot be opened (${code})`, { cause });
  }
  try {
    if (!(await handle.stat()).isFile())
      throw new ArqonError("FILE_UNREADABLE", `${path} is not a regular file`);
    for (;;) {
      const piece = new Uint8Array(PIECE_BYTES);
      const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
