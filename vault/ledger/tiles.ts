/** A log as static files (C2SP tlog-tiles): anyone can serve the folder, and anyone can prove from it. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ArqonError, equalBytes, fromUtf8, utf8 } from "@arqon/core/base";
import {
  entryBundle,
  fromTiles,
  leafHash,
  parseCheckpoint,
  parseTilePath,
  tilePath,
  tilesOf,
  treeRoot,
} from "@arqon/core/proof";
import { syncDirectory, writePrivateFile } from "../files/index.ts";
import type { Ledger } from "./ledger.ts";

/** Gives entries as they were hashed. */
export type ReadEntries = (from: number, count: number) => Promise<readonly Uint8Array[]>;
/** Gives a file of a log by its path; `undefined` where there is none. */
export type ReadLogFile = (path: string) => Promise<Uint8Array | undefined>;

/**
 * The files of a log: `checkpoint`, `tile/<level>/<index>`, `tile/entries/<index>`, and `.p/<width>` of each. They say what
 * is committed: a checkpoint that is seen is never taken back.
 * Throws ArqonError `LEDGER_INVALID` for an entry that is not the one of its leaf, `LIMIT_EXCEEDED` for one that is too long.
 */
export function logFiles(ledger: Ledger, entries: ReadEntries = ledger.entries.bind(ledger)): ReadLogFile {
  return async (path) => {
    const tile = parseTilePath(path);
    if (!tile && path !== "checkpoint") return undefined;
    const found = await ledger.committed(() => {
      const note = ledger.checkpoint();
      if (!tile || note === undefined) return note === undefined ? undefined : utf8(note);
      const { level, index, width } = tile;
      const row = level === "entries" ? 0 : level;
      const from = index * 256;
      if (from + width > Math.floor(parseCheckpoint(note).size / 256 ** row)) return undefined;
      return ledger.hashes(8 * row, from, width);
    });
    if (!found || tile?.level !== "entries") return found;
    const from = tile.index * 256;
    const bundle = await entries(from, tile.width);
    for (let i = 0; i < tile.width; i++) {
      const entry = bundle[i];
      if (!entry || !equalBytes(leafHash(entry), found.subarray(32 * i, 32 * i + 32)))
        throw new ArqonError(
          "LEDGER_INVALID",
          `entry ${from + i} of ${ledger.origin} is not the one of its leaf`,
        );
    }
    return entryBundle(bundle);
  };
}

/**
 * Writes what is not there yet of a log's files below `directory`, and last its newest checkpoint: it is there only when all
 * its tiles are. Tiles never change. Returns how many were written.
 * @param present  The checkpoint that is there.
 * @throws ArqonError `LEDGER_ROLLED_BACK` when the folder has a checkpoint of a longer log, `LEDGER_FORK` of another one.
 */
export async function writeTiles(read: ReadLogFile, directory: string, present?: string): Promise<number> {
  const note = await read("checkpoint");
  if (note === undefined) return 0;
  const { size, origin } = parseCheckpoint(fromUtf8(note));
  const before = present === undefined ? undefined : parseCheckpoint(present);
  if (before && before.origin !== origin)
    throw new ArqonError("LEDGER_FORK", `${directory} has the log ${before.origin}, not ${origin}`);
  if (before && before.size > size)
    throw new ArqonError("LEDGER_ROLLED_BACK", `${directory} has ${before.size} entries, the log ${size}`);
  if (before) {
    const fetchTile = async (path: string): Promise<Uint8Array> => (await read(path)) ?? new Uint8Array();
    const root = await fromTiles(size, fetchTile, (hash) => treeRoot(before.size, hash));
    if (!equalBytes(root, before.root))
      throw new ArqonError(
        "LEDGER_FORK",
        `${directory} has another log called ${origin}: its ${before.size} entries are not the first of this one`,
      );
  }
  let written = 0;
  for (const tile of tilesOf(size)) {
    const path = tilePath(tile);
    const file = join(directory, path);
    if (existsSync(file)) continue;
    const bytes = await read(path);
    if (!bytes) throw new ArqonError("LEDGER_INVALID", `${origin}: there is no ${path}`);
    mkdirSync(dirname(file), { recursive: true });
    writePrivateFile(file, bytes);
    written++;
  }
  writePrivateFile(join(directory, "checkpoint"), note);
  syncDirectory(directory);
  return written;
}
