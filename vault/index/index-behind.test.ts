import { systemClock } from "@arqon/core/base";
import { expect, test } from "vitest";
import { IN_MEMORY } from "../sqlite/index.ts";
import { testEntry } from "./describe-index.ts";
import { indexBehind, openIndex } from "./index.ts";

const ids = (...entries: readonly ReturnType<typeof testEntry>[]) =>
  entries.map(({ sheet }) => sheet.recordId);

async function bothIndexes() {
  const index = await openIndex({ place: { path: IN_MEMORY }, clock: systemClock });
  return { index, behind: indexBehind(index) };
}

test("what waits is found by position, counted, and not written for that", async () => {
  const { index, behind } = await bothIndexes();
  const [one, two, other] = [testEntry(1, { artifact: 7 }), testEntry(2, { artifact: 7 }), testEntry(3)];
  await behind.add([one]);
  await behind.addLater([two, other]);
  expect([...(await behind.positions(ids(one, other)))]).toEqual([
    [one.sheet.recordId, 1],
    [other.sheet.recordId, 3],
  ]);
  expect(await behind.lastLedgerIndex()).toBe(3);
  const artifacts = [one.sheet.artifactId, other.sheet.artifactId, "sha256:none"];
  expect([...(await behind.reproducedAll(artifacts))].map(([, n]) => n).sort()).toEqual([1, 2]);
  expect(await index.list(9)).toHaveLength(1);
  // Another process caught up with one of them: it is not counted twice.
  await index.add([two]);
  expect((await behind.reproducedAll(artifacts)).get(one.sheet.artifactId)).toBe(2);
  // Of both tenants' only the other's own, which is one of those that wait.
  expect([...(await behind.reproducedAll(artifacts, "other"))]).toEqual([[other.sheet.artifactId, 1]]);
  expect([...(await behind.reproducedAll(artifacts, "local"))]).toEqual([[one.sheet.artifactId, 2]]);
  await behind.close();
});

test("any other question is answered from what was written first, as an index that never waited is", async () => {
  const entries = Array.from({ length: 6 }, (_, i) => testEntry(i));
  const plain = await openIndex({ place: { path: IN_MEMORY }, clock: systemClock });
  await plain.add(entries);
  const expected = await plain.dump();
  const last = entries[5] as (typeof entries)[0];
  const questions = [
    (index: typeof plain) => index.dump(),
    (index: typeof plain) => index.list(9),
    (index: typeof plain) => index.get(last.sheet.recordId),
    (index: typeof plain) => index.find(last.sheet.artifactId),
    (index: typeof plain) => index.sheetDigest(last.sheet.recordId),
    (index: typeof plain) => index.reproduced(last.sheet.artifactId),
    (index: typeof plain) => index.lineage(last.sheet.artifactId),
    (index: typeof plain) => index.missing(6),
    (index: typeof plain) => index.objects(),
  ];
  for (const ask of questions) {
    const { index, behind } = await bothIndexes();
    await behind.addLater(entries.slice(0, 3));
    await behind.addLater(entries.slice(3));
    expect(await ask(behind)).toEqual(await ask(plain));
    expect(await index.dump()).toEqual(expected);
    await behind.close();
  }
  await plain.close();
});

test("many are written without being asked, and what cannot be written waits until it can", async () => {
  const { index, behind } = await bothIndexes();
  await behind.addLater(Array.from({ length: 300 }, (_, i) => testEntry(i)));
  expect(await index.lastLedgerIndex()).toBe(299);

  let broken = true;
  const failing = indexBehind({
    ...index,
    add: async (entries) => {
      if (broken) throw new TypeError("no room");
      await index.add(entries);
    },
  });
  await failing.addLater([testEntry(300)]);
  await expect(failing.list(1)).rejects.toThrow("no room");
  expect(await failing.lastLedgerIndex()).toBe(300);
  broken = false;
  expect((await failing.list(1))[0]?.ledgerIndex).toBe(300);
  await failing.close();
});
