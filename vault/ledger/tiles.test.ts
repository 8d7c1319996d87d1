import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, utf8 } from "@arqon/core/base";
import { leafHash, nodeHash, parseCheckpoint } from "@arqon/core/proof";
import { afterEach, expect, test } from "vitest";
import { temporaryHomes, testSigners } from "../testing/index.ts";
import { openLedger, tilePath, writeTiles } from "./index.ts";

const newHome = temporaryHomes(afterEach);

test("paths of tiles are those of the specification", () => {
  expect(tilePath(0, 5, 256)).toBe("tile/0/005");
  expect(tilePath(1, 1_234_067, 256)).toBe("tile/1/x001/x234/067");
  expect(tilePath(2, 273, 3)).toBe("tile/2/273.p/3");
});

/** The root, from the hashes of the lowest level that the tiles have: slow and obvious. */
function rootFrom(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0] as Uint8Array;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootFrom(hashes.slice(0, split)), rootFrom(hashes.slice(split)));
}

test("tiles grow with the log, never change, and lead to the checkpoint's root on every level", async () => {
  const home = newHome();
  const signers = testSigners(home, systemClock);
  const log = await openLedger({
    path: join(home, "log.sqlite"),
    origin: "tests/log",
    clock: systemClock,
    keys: signers,
    signers: () => signers,
  });
  const folder = join(home, "public");
  mkdirSync(folder);
  const note = (): string | undefined =>
    existsSync(join(folder, "checkpoint")) ? readFileSync(join(folder, "checkpoint"), "utf8") : undefined;
  expect(writeTiles(log, folder, note())).toBe(0);
  let size = 0;
  for (const step of [1, 254, 1, 300, 211]) {
    await log.append(Array.from({ length: step }, (_, i) => utf8(`entry ${size + i}`)));
    size += step;
    expect(writeTiles(log, folder, note())).toBeGreaterThan(0);
    expect(writeTiles(log, folder, note())).toBe(0);
    const checkpoint = parseCheckpoint(note() ?? "");
    expect(checkpoint.size).toBe(size);
    const read = (level: number, count: number): Uint8Array[] =>
      Array.from({ length: count }, (_, i) => {
        const index = Math.floor(i / 256);
        const bytes = readFileSync(join(folder, tilePath(level, index, Math.min(256, count - 256 * index))));
        return bytes.subarray(32 * (i % 256), 32 * (i % 256) + 32);
      });
    const leaves = read(0, size);
    expect(Buffer.from(leaves[size - 1] as Uint8Array)).toEqual(
      Buffer.from(leafHash(utf8(`entry ${size - 1}`))),
    );
    expect(Buffer.from(rootFrom(leaves))).toEqual(Buffer.from(checkpoint.root));
    const above = Math.floor(size / 256);
    for (const [i, hash] of (above > 0 ? read(1, above) : []).entries())
      expect(Buffer.from(hash)).toEqual(Buffer.from(rootFrom(leaves.slice(256 * i, 256 * i + 256))));
  }
  const other = await openLedger({
    path: join(home, "other.sqlite"),
    origin: "tests/log",
    clock: systemClock,
    keys: signers,
    signers: () => signers,
  });
  await other.append([utf8("short")]);
  expect(() => writeTiles(other, folder, note())).toThrow(
    expect.objectContaining({ code: "LEDGER_ROLLED_BACK" }),
  );
  log.close();
  other.close();
});
