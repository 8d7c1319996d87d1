/** A log as static files (C2SP tlog-tiles): anyone can serve the folder, and anyone can prove from it. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ArqonError, utf8 } from "@arqon/core/base";
import { parseCheckpoint } from "@arqon/core/proof";
import { syncDirectory, writePrivateFile } from "../files/index.ts";
import type { Ledger } from "./ledger.ts";

/** Hashes in a whole tile. */
const WIDTH = 256;

/** Path of a tile: `tile/0/x001/x234/067`, and `.p/5` where it has five hashes so far. */
export function tilePath(level: number, index: number, width: number): string {
  const digits = String(index);
  const groups = digits
    .padStart(Math.ceil(digits.length / 3) * 3, "0")
    .match(/.{3}/g)
    ?.map((group, i, all) => (i < all.length - 1 ? `x${group}` : group));
  return `tile/${level}/${groups?.join("/")}${width < WIDTH ? `.p/${width}` : ""}`;
}

/**
 * Writes what is not there yet of the log's tiles below `directory`, and then its newest checkpoint. Tiles never change;
 * a checkpoint is there only when all its tiles are. Returns how many tiles were written.
 * @throws ArqonError `LEDGER_ROLLED_BACK` when the folder has a checkpoint of a longer log, or of another one.
 */
export function writeTiles(ledger: Ledger, directory: string, present?: string): number {
  const note = ledger.checkpoint();
  if (note === undefined) return 0;
  const { size, origin } = parseCheckpoint(note);
  const before = present === undefined ? undefined : parseCheckpoint(present);
  if (before && before.origin !== origin)
    throw new ArqonError("LEDGER_FORK", `${directory} has the log ${before.origin}, not ${origin}`);
  if (before && before.size > size)
    throw new ArqonError("LEDGER_ROLLED_BACK", `${directory} has ${before.size} entries, the log ${size}`);
  let written = 0;
  const put = (path: string, bytes: Uint8Array): void => {
    const file = join(directory, path);
    if (existsSync(file)) return;
    mkdirSync(dirname(file), { recursive: true });
    writePrivateFile(file, bytes);
    written++;
  };
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / WIDTH)) {
    for (let index = 0; index * WIDTH < count; index++) {
      const width = Math.min(WIDTH, count - index * WIDTH);
      const path = tilePath(level, index, width);
      if (!existsSync(join(directory, path))) put(path, ledger.hashes(8 * level, index * WIDTH, width));
    }
  }
  writePrivateFile(join(directory, "checkpoint"), utf8(note));
  syncDirectory(directory);
  return written;
}
