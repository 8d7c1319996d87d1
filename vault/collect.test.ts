import { rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { type LocalVaultHandle, openVault } from "./front.ts";
import { openIndexSchema } from "./index/index.ts";
import { objectsOf, storedObjects, temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const DAY_MS = 86_400_000;

async function opened<T>(
  home: string,
  use: (vault: LocalVaultHandle) => Promise<T>,
  readOnly = false,
): Promise<T> {
  const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy, readOnly });
  try {
    return await use(vault);
  } finally {
    await vault.close();
  }
}

const job = (n: number): string => `0198c0de-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

async function dumpOf(home: string): Promise<string[]> {
  const { index } = await openIndexSchema({
    place: { path: join(home, "index.sqlite") },
    clock: systemClock,
  });
  const rows = await index.dump();
  await index.close();
  return rows;
}

test("only what no record needs and what is older than the grace period is deleted, and only when asked", async () => {
  const home = newHome();
  const loose = await objectsOf(home);
  await opened(home, async (vault) => {
    await vault.seal(testDraft({ seed: 1 }), "one");
    const [old = "", young = ""] = await loose.put([utf8("old"), utf8("young")]);
    using stored = storedObjects(home);
    stored.age(old, 1);
    const before = await loose.list("");
    const found = { objects: before.length, garbage: 1, garbageBytes: 3, young: 1 };
    expect(await vault.collect({ graceMs: DAY_MS, delete: false })).toEqual({ ...found, deleted: false });
    expect(await loose.list("")).toEqual(before);
    expect(await vault.collect({ graceMs: DAY_MS, delete: true })).toEqual({ ...found, deleted: true });
    expect(await loose.list("")).toEqual(before.filter((digest) => digest !== old));
    expect(await vault.auditTail(1)).toMatchObject([{ event: "objects.collect", objects: 1, bytes: 3 }]);
    expect(await loose.has(young)).toBe(true);
    expect(await vault.check()).toEqual([expect.stringMatching(/^note: 1 objects/)]);
  });
});

test("opened read-only it can look, and not delete", async () => {
  const home = newHome();
  await opened(home, (vault) => vault.seal(testDraft(), "one"));
  const loose = await objectsOf(home);
  await loose.put([utf8("garbage")]);
  await opened(
    home,
    async (vault) => {
      expect(await vault.collect({ graceMs: -1000, delete: false })).toMatchObject({ garbage: 1 });
      await expect(vault.collect({ graceMs: -1000, delete: true })).rejects.toMatchObject({
        code: "KEYSTORE_LOCKED",
      });
    },
    true,
  );
  expect(await loose.has((await loose.put([utf8("garbage")]))[0] as string)).toBe(true);
});

test("where a record's sheet is lost, nothing is deleted: what it needs is not known", async () => {
  const [home, there] = [newHome(), newHome()];
  const files = await opened(there, async (vault) =>
    vault.bundle((await vault.seal(testDraft({ seed: 9 }), "x")).recordId),
  );
  for (const lost of ["run", "import"]) {
    const sheets = await opened(home, async (vault) => {
      if (lost === "run") await vault.seal(testDraft({ seed: 1 }), "one");
      else await vault.import(files, "theirs");
      await vault.list(1); // The index is written behind, and before it is asked.
      return dumpOf(home);
    });
    const rows = sheets
      .filter((row) => row.startsWith("run "))
      .map((row) => JSON.parse(row.slice(4)) as { sheet: string; ledger_index: number });
    const { sheet = "" } = rows.find(({ ledger_index }) => ledger_index < 0 === (lost === "import")) ?? {};
    const loose = await objectsOf(home);
    const bytes = (await loose.get(sheet)) as Uint8Array;
    await loose.delete(sheet);
    for (const end of ["", "-wal", "-shm"]) rmSync(join(home, `index.sqlite${end}`), { force: true });
    const before = await loose.list("");
    await opened(home, async (vault) => {
      await expect(vault.collect({ graceMs: -1000, delete: true })).rejects.toMatchObject({
        code: "LEDGER_INVALID",
      });
    });
    expect(await loose.list("")).toEqual(before);
    await loose.put([bytes]);
    await opened(home, (vault) => vault.reindex());
  }
});

test("an index that is made anew from objects is the same as the one that grew", async () => {
  const there = newHome();
  const foreign = await opened(there, async (vault) => {
    const bundles = [];
    for (const seed of [91, 92])
      bundles.push(
        await vault.bundle((await vault.seal(testDraft({ seed, jobId: job(seed) }), "x")).recordId),
      );
    return bundles;
  });
  const step = fc.record({ seed: fc.nat(3), job: fc.nat(4), foreign: fc.option(fc.nat(1)) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const home = newHome();
      await opened(home, async (vault) => {
        for (const [i, { seed, job: n, foreign: which }] of steps.entries()) {
          const bundle = which === null ? undefined : foreign[which];
          if (bundle) await vault.import(bundle, `import ${i}`);
          else
            await vault.seal(
              testDraft({ seed, jobId: job(n), record: [["n.txt", utf8(String(i))]] }),
              `run ${i}`,
            );
        }
        const listed = await vault.list(99);
        const live = await dumpOf(home);
        expect(live.length).toBeGreaterThanOrEqual(4);
        expect(await vault.reindex()).toBe(listed.length);
        expect(await dumpOf(home)).toEqual(live);
        expect(await vault.list(99)).toEqual(listed);
      });
      for (const end of ["", "-wal", "-shm"]) rmSync(join(home, `index.sqlite${end}`), { force: true });
      await opened(home, async (vault) => expect(await vault.check()).toEqual([]));
    }),
    { numRuns: 6 },
  );
});
