import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../base/index.ts";
import {
  appendLeaf,
  entryBundle,
  fromTiles,
  leafHash,
  parseTilePath,
  proveConsistency,
  proveInclusion,
  type Tile,
  tilePath,
  tilesOf,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from "./index.ts";

/** A tree of so many leaves, and its tiles. */
function treeOf(size: number) {
  const nodes = new Map<string, Uint8Array>();
  const read = (level: number, index: number): Uint8Array => nodes.get(`${level}/${index}`) as Uint8Array;
  for (let i = 0; i < size; i++)
    for (const { level, index, hash } of appendLeaf(i, leafHash(utf8(`${i}`)), read))
      nodes.set(`${level}/${index}`, hash);
  const fetched: string[] = [];
  const fetchTile = async (path: string): Promise<Uint8Array> => {
    fetched.push(path);
    const { level, index, width } = parseTilePath(path) as Tile & { level: number };
    return Buffer.concat(Array.from({ length: width }, (_, i) => read(8 * level, 256 * index + i)));
  };
  return { read, fetchTile, fetched };
}

describe("tiles", () => {
  test("their paths are those of the specification, and each has one form", () => {
    expect(tilePath({ level: 0, index: 5, width: 256 })).toBe("tile/0/005");
    expect(tilePath({ level: 1, index: 1_234_067, width: 256 })).toBe("tile/1/x001/x234/067");
    expect(tilePath({ level: 2, index: 273, width: 3 })).toBe("tile/2/273.p/3");
    expect(tilePath({ level: "entries", index: 1000, width: 1 })).toBe("tile/entries/x001/000.p/1");
    const tiles = fc.record({
      level: fc.oneof(fc.nat(63), fc.constant("entries" as const)),
      index: fc.nat(2 ** 31 - 1),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tiles, (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual(tile);
      }),
    );
    for (const path of [
      "tile/0/5",
      "tile/0/x000/005",
      "tile/0/005.p/256",
      "tile/0/005.p/0",
      "tile/0/005.p/01",
    ])
      expect(parseTilePath(path), path).toBeUndefined();
    for (const path of [
      "tile/01/005",
      "tile//005",
      "tile/0/../005",
      "/tile/0/005",
      "tile/0/005/",
      "checkpoint",
    ])
      expect(parseTilePath(path), path).toBeUndefined();
  });

  test("there are as many as the size of the log asks for", () => {
    const paths = (size: number): string[] => [...tilesOf(size)].map(tilePath);
    expect(paths(0)).toEqual([]);
    expect(paths(1)).toEqual(["tile/entries/000.p/1", "tile/0/000.p/1"]);
    expect(paths(256)).toEqual(["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    expect(paths(257)).toContain("tile/0/001.p/1");
    expect(paths(65_536).slice(-3)).toEqual(["tile/0/255", "tile/1/000", "tile/2/000.p/1"]);
  });

  test("every proof from them is that of the tree, and few are fetched", async () => {
    const size = 1_900;
    const { read, fetchTile, fetched } = treeOf(size);
    const root = treeRoot(size, read);
    expect(await fromTiles(size, fetchTile, (tiles) => treeRoot(size, tiles))).toEqual(root);
    for (const at of [0, 1, 255, 256, 257, 1023, 1024, 1791, 1899]) {
      fetched.length = 0;
      const inclusion = await fromTiles(size, fetchTile, (tiles) => proveInclusion(at, size, tiles));
      expect(verifyInclusion(at, size, read(0, at), inclusion, root)).toBe(true);
      expect(fetched.length).toBeLessThanOrEqual(3);
      const old = at + 1;
      const consistency = await fromTiles(size, fetchTile, (tiles) => proveConsistency(old, size, tiles));
      expect(verifyConsistency(old, size, consistency, treeRoot(old, read), root)).toBe(true);
    }
  });

  test("a tile of another length is refused", async () => {
    const { fetchTile } = treeOf(3);
    const short = async (path: string) => (await fetchTile(path)).subarray(32);
    await expect(fromTiles(3, short, (read) => treeRoot(3, read))).rejects.toMatchObject({
      code: "LEDGER_INVALID",
    });
  });

  test("entries stand one after another with their lengths; one that is too long is refused", () => {
    const bundle = entryBundle([utf8("ab"), new Uint8Array(0), new Uint8Array(65_535)]);
    expect([...bundle.subarray(0, 8)]).toEqual([0, 2, 97, 98, 0, 0, 255, 255]);
    expect(() => entryBundle([new Uint8Array(65_536)])).toThrow(
      expect.objectContaining({ code: "LIMIT_EXCEEDED" }),
    );
  });
});
