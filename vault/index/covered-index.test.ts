import { type ArqonError, systemClock } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IN_MEMORY } from "../sqlite/index.ts";
import { coverWith } from "./cover.ts";
import { settleCover } from "./covered-index.ts";
import { testEntry } from "./describe-index.ts";
import { openIndex } from "./open-index.ts";
import type { RunIndex } from "./run-index.ts";

const SECRET = new Uint8Array(32).fill(3);
const COVER = coverWith(SECRET);
const OTHER = coverWith(new Uint8Array(32).fill(4));

describe("a cover", () => {
  test("gives every text back in its place, and in no other, under no other key, and not altered", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string(),
        fc.string(),
        fc.nat(),
        (text, place, elsewhere, at) => {
          const covered = COVER.cover(place, text);
          expect(COVER.uncover(place, covered)).toBe(text);
          expect(COVER.cover(place, text)).toBe(covered);
          expect(() => OTHER.uncover(place, covered)).toThrow("altered");
          if (elsewhere !== place) expect(() => COVER.uncover(elsewhere, covered)).toThrow("altered");
          const bytes = Buffer.from(covered, "base64url");
          bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ 1;
          expect(() => COVER.uncover(place, bytes.toString("base64url"))).toThrow("altered");
        },
      ),
    );
    expect(() => COVER.uncover("x", "")).toThrow("altered");
  });

  test("of equal texts in two places looks different", () => {
    expect(COVER.cover("title of a", "bell")).not.toBe(COVER.cover("title of b", "bell"));
    expect(COVER.check).not.toBe(OTHER.check);
  });
});

async function memory(): Promise<RunIndex> {
  return openIndex({ place: { path: IN_MEMORY }, clock: systemClock });
}

describe("a covered index", () => {
  test("answers as a plain one does, and its tables hold no text", async () => {
    const [plain, under] = [await memory(), await memory()];
    const covered = await settleCover(under, COVER);
    const entries = Array.from({ length: 12 }, (_, n) =>
      testEntry(n, { artifact: n % 4, job: n, backend: n % 3, imported: n % 5 === 0 }),
    );
    const first = testEntry(1).sheet.recordId;
    for (const index of [plain, covered]) {
      await index.add(entries);
      const said = '{"note":"said later"}';
      await index.annotate([
        { recordId: first, position: 3, added: ["later on"], removed: ["bell"], said },
        { recordId: first, position: 4, added: ["bell"], removed: [], said },
      ]);
    }
    const questions: ((index: RunIndex) => Promise<unknown>)[] = [
      (index) => index.list(99),
      (index) => index.objects(),
      (index) => index.missing(12),
      (index) => index.lastLedgerIndex(),
      (index) => index.list(99, ["bell"]),
      (index) => index.list(99, ["bell", "later on"]),
      ...["local", "other", "nobody", ""].map(
        (tenant) => (index: RunIndex) => index.list(99, ["bell"], tenant),
      ),
      (index) => index.list(99, ["étude — 2", "zz"]),
      (index) => index.tags(entries.map(({ sheet }) => sheet.recordId)),
      (index) => index.annotations(first),
      ...entries.flatMap(({ sheet }) => [
        (index: RunIndex) => index.get(sheet.recordId),
        (index: RunIndex) => index.find(sheet.artifactId),
        (index: RunIndex) => index.latest(sheet.artifactType, sheet.backendId, 0),
        (index: RunIndex) => index.lineage(sheet.artifactId),
        (index: RunIndex) => index.sheetDigest(sheet.recordId),
        (index: RunIndex) => index.reproduced(sheet.artifactId),
        (index: RunIndex) => index.reproduced(sheet.artifactId, "other"),
        (index: RunIndex) => index.reproducedAll([sheet.artifactId], "other"),
        (index: RunIndex) => index.find(sheet.artifactId, "other").catch(({ code }: ArqonError) => code),
      ]),
    ];
    for (const ask of questions) expect(await ask(covered)).toEqual(await ask(plain));
    expect(await covered.latest("run", "no such backend", 0)).toBeUndefined();
    const rows = (await under.dump()).join("\n");
    for (const { sheet } of entries)
      for (const text of [sheet.title, sheet.jobId, sheet.backendId, sheet.createdAt, ...sheet.files.keys()])
        expect(rows).not.toContain(text);
    for (const text of ["bell", "étude", "later on", "said later", "other"]) expect(rows).not.toContain(text);
    await covered.add(entries);
    expect((await under.dump()).join("\n")).toBe(rows);
    for (const index of [plain, covered]) await index.close();
  });

  test("forgets what was plain, or under another key, and keeps what is its own", async () => {
    const under = await memory();
    await under.add([testEntry(1)]);
    expect(await (await settleCover(under, COVER)).list(9)).toEqual([]);
    await (await settleCover(under, COVER)).add([testEntry(1)]);
    expect(await (await settleCover(under, COVER)).list(9)).toHaveLength(1);
    expect(await (await settleCover(under, OTHER)).list(9)).toEqual([]);
    const again = await settleCover(under, OTHER);
    await again.add([testEntry(2)]);
    await again.clear();
    await again.add([testEntry(3)]);
    expect(await (await settleCover(under, OTHER)).list(9)).toHaveLength(1);
    expect(await (await settleCover(under, undefined)).list(9)).toEqual([]);
    await under.close();
  });
});
