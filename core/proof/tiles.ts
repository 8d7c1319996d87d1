/** Tiles of a log (C2SP tlog-tiles): the static files that a log is read from, and any proof computed from them. */
import { ArqonError, concatBytes } from "../base/index.ts";
import { nodeHash } from "./merkle.ts";
import type { ReadNode } from "./merkle-prove.ts";

/** Hashes in a whole tile, and levels of the tree from one row of tiles to the next. */
const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
/** Most bytes of an entry that a bundle can hold: its length stands before it in 16 bits. */
const MAX_ENTRY_BYTES = 0xffff;

/** The entry, if a tile can hold it: what is longer never enters a log. @throws ArqonError `LIMIT_EXCEEDED` naming `what`. */
export function requireEntry(entry: Uint8Array, what: string, remedy: string): Uint8Array {
  if (entry.length <= MAX_ENTRY_BYTES) return entry;
  throw new ArqonError(
    "LIMIT_EXCEEDED",
    `${what} has ${entry.length} bytes, at most ${MAX_ENTRY_BYTES} fit into a log`,
    { remedy },
  );
}

/** A tile: hashes of one level side by side, or the entries themselves. */
export interface Tile {
  /** In rows of tiles from the leaves up; "entries" for those. */
  readonly level: number | "entries";
  readonly index: number;
  /** 256, or fewer at the edge of the log. */
  readonly width: number;
}

/** Path of a tile: `tile/0/x001/x234/067`, and `.p/5` where it has five hashes so far. */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits
    .padStart(Math.ceil(digits.length / 3) * 3, "0")
    .match(/.{3}/g)
    ?.map((group, i, all) => (i < all.length - 1 ? `x${group}` : group));
  return `tile/${level}/${groups?.join("/")}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}

const PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,4}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/** The tile of a path in its one form; `undefined` for any other text. */
export function parseTilePath(path: string): Tile | undefined {
  const [, level, groups = "", width] = PATH.exec(path) ?? [];
  if (level === undefined) return undefined;
  const tile: Tile = {
    level: level === "entries" ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, "")),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  return tile.width > 0 && tilePath(tile) === path ? tile : undefined;
}

/** How many hashes a tile has in a log of `size` entries; 0 where it has no such tile. */
function tileWidth(level: number | "entries", index: number, size: number): number {
  const row = level === "entries" ? size : Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, row - index * TILE_WIDTH));
}

/** Every tile of a log of `size` entries, leaves first. */
export function* tilesOf(size: number): Generator<Tile> {
  for (const first of ["entries", 0] as const)
    for (let level: number | "entries" = first; tileWidth(level, 0, size) > 0; level++) {
      for (let index = 0, width = 1; width > 0; index++) {
        width = tileWidth(level, index, size);
        if (width > 0) yield { level, index, width };
      }
      if (level === "entries") break;
    }
}

/** Entries one after another, each with its length before it in 16 bits. @throws ArqonError `LIMIT_EXCEEDED` */
export function entryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const remedy = "Its hash is in the tiles; ask for the artifact itself to see the entry.";
  const pieces = entries.flatMap((entry, i) => {
    requireEntry(entry, `entry ${i} of the bundle`, remedy);
    return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
  });
  return concatBytes(...pieces);
}

/** A tile that is needed and not there yet. */
class Missing extends Error {
  readonly tile: Tile;
  constructor(tile: Tile) {
    super("a tile is not there yet");
    this.tile = tile;
  }
}

/**
 * Computes something from the tiles of a log of `size` entries, fetching those it needs. What a tile says is believed: prove
 * the result against a signed root.
 * @throws ArqonError `LEDGER_INVALID` for a tile of another length than it must have; what `fetchTile` throws.
 */
export async function fromTiles<T>(
  size: number,
  fetchTile: (path: string) => Promise<Uint8Array>,
  work: (read: ReadNode) => T,
): Promise<T> {
  const tiles = new Map<string, Uint8Array>();
  const read: ReadNode = (level, index) => {
    const row = Math.floor(level / TILE_HEIGHT);
    const span = 2 ** (level % TILE_HEIGHT);
    const from = index * span;
    const place = Math.floor(from / TILE_WIDTH);
    const tile = { level: row, index: place, width: tileWidth(row, place, size) };
    const bytes = tiles.get(tilePath(tile));
    if (!bytes) throw new Missing(tile);
    return treeHash(bytes, from - place * TILE_WIDTH, span);
  };
  for (;;) {
    try {
      return work(read);
    } catch (thrown) {
      if (!(thrown instanceof Missing)) throw thrown;
      const path = tilePath(thrown.tile);
      const bytes = await fetchTile(path);
      if (bytes.length !== 32 * thrown.tile.width)
        throw new ArqonError(
          "LEDGER_INVALID",
          `${path} has ${bytes.length} bytes, not ${32 * thrown.tile.width}`,
        );
      tiles.set(path, bytes);
    }
  }
}

/** Root over `span` hashes of a tile, a power of two. */
function treeHash(tile: Uint8Array, from: number, span: number): Uint8Array {
  if (span === 1) return tile.slice(32 * from, 32 * from + 32);
  const half = span / 2;
  return nodeHash(treeHash(tile, from, half), treeHash(tile, from + half, half));
}
