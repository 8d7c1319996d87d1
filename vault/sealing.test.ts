import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { verifyBundle } from "@arqon/core/bundle";
import { parseTlogProof } from "@arqon/core/proof";
import { afterEach, expect, test } from "vitest";
import { openVault, readTrust } from "./front.ts";
import { encodeSheet, sheetOf } from "./index/index.ts";
import { contentsOf } from "./large.ts";
import { memoryObjects } from "./objects/index.ts";
import type { VaultParts } from "./parts.ts";
import { temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const open = (home: string) => openVault({ home, clock: systemClock, entropy: systemEntropy });
const draft = (n: number) =>
  testDraft({ seed: n, jobId: `0198c0de-0000-7000-8000-${n.toString(16).padStart(12, "0")}` });

test("what is sealed together stands under one checkpoint, each run with its own signatures and proof", async () => {
  const home = newHome();
  const vault = await open(home);
  const sealed = await Promise.all(Array.from({ length: 10 }, (_, i) => vault.seal(draft(i), `run ${i}`)));
  expect(sealed.map(({ ledgerIndex }) => ledgerIndex)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const trust = await readTrust(home);
  const notes = new Set<string>();
  for (const { recordId } of sealed) {
    const files = await vault.bundle(recordId);
    expect((await verifyBundle(files, { trust })).verdict).toBe("VERIFIED");
    const proof = Buffer.from(files.get("ledger/inclusion.tlog-proof") as Uint8Array).toString();
    notes.add(parseTlogProof(proof).checkpoint);
  }
  expect(notes.size).toBe(1);
  expect(await vault.check()).toEqual([]);
  await vault.close();
});

test("a record from before, with every file an object of its own, is read as it is", async () => {
  const vault = await open(newHome());
  const { recordId } = await vault.seal(draft(1), "now");
  const files = await vault.bundle(recordId);
  await vault.close();
  const sheet = sheetOf(
    files,
    { title: "before", ledgerIndex: 0, addedAt: "2026-01-02T03:04:05Z" },
    () => false,
  );
  const objects = memoryObjects();
  const [digest] = await objects.put([encodeSheet(sheet), ...files.values()]);
  const parts = { objects, index: { sheetDigest: async () => digest } } as unknown as VaultParts;
  expect(new Map([...(await contentsOf(parts, recordId))].sort())).toEqual(new Map([...files].sort()));
});

test("the same draft twice at once gives one record, and one that cannot be kept fails alone", async () => {
  const home = newHome();
  const vault = await open(home);
  const lost = { sha256: "0".repeat(64), size: 5, logicalSha256: "1".repeat(64), rows: 1 };
  const bad = { ...draft(3), large: new Map([["lost.bin", lost]]) };
  const [one, again, other, failed, secret] = await Promise.allSettled([
    vault.seal(draft(1), "one"),
    vault.seal(draft(1), "one"),
    vault.seal(draft(2), "other"),
    vault.seal(bad, "bad"),
    vault.seal(testDraft({ record: [["key.txt", utf8("-----BEGIN PRIVATE KEY-----")]] }), "secret"),
  ]);
  expect(one).toEqual(again);
  expect(one).toMatchObject({ status: "fulfilled", value: { reproduced: 1 } });
  expect(other).toMatchObject({ status: "fulfilled" });
  expect(failed).toMatchObject({ reason: { code: "BUNDLE_TAMPERED" } });
  expect(secret).toMatchObject({ reason: { code: "SECRET_FOUND" } });
  expect(await vault.list(9)).toHaveLength(2);
  expect((await vault.check()).filter((line) => !line.startsWith("note:"))).toEqual([]);
  await vault.close();
});
