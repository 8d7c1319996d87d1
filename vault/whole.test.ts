import { copyFileSync, cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemEntropy } from "@arqon/core/base";
import type { BundleFiles } from "@arqon/core/bundle";
import { afterEach, expect, test } from "vitest";
import { type LocalVaultHandle, openVault, writePolicy } from "./front.ts";
import { temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);

async function using<T>(
  home: string,
  use: (vault: LocalVaultHandle) => Promise<T>,
  how: { readOnly?: boolean; encryptAtRest?: boolean } = {},
): Promise<T> {
  const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy, ...how });
  try {
    return await use(vault);
  } finally {
    await vault.close();
  }
}

const forget = (home: string, name: string): void => {
  for (const end of ["", "-wal", "-shm"]) rmSync(join(home, `${name}${end}`), { force: true });
};

/** A vault of two runs whose run ledger has only the first again. Gives the second. */
async function rolledBack(home: string, encryptAtRest = false): Promise<BundleFiles> {
  await using(home, (vault) => vault.seal(testDraft({ seed: 1 }), "one"), { encryptAtRest });
  const ledger = join(home, "ledger.sqlite");
  copyFileSync(ledger, `${home}.old`);
  const files = await using(home, async (vault) => {
    const { recordId } = await vault.seal(testDraft({ seed: 2 }), "two");
    return new Map(await vault.bundle(recordId));
  });
  forget(home, "ledger.sqlite");
  copyFileSync(`${home}.old`, ledger);
  rmSync(`${home}.old`);
  return files;
}

const CUT = expect.objectContaining({ code: "LEDGER_ROLLED_BACK" });

test("a ledger that was rolled back takes nothing more, also once the index was made anew or lost", async () => {
  const home = newHome();
  await rolledBack(home);
  const refused = async (): Promise<void> => {
    await expect(using(home, (vault) => vault.seal(testDraft({ seed: 3 }), "three"))).rejects.toEqual(CUT);
    await using(
      home,
      async (vault) => {
        await expect(vault.reindex()).rejects.toEqual(CUT);
        await expect(vault.collect({ graceMs: 0, delete: false })).rejects.toEqual(CUT);
        expect(await vault.check()).toEqual([expect.stringContaining("[LEDGER_ROLLED_BACK]")]);
      },
      { readOnly: true },
    );
  };
  await refused();
  await using(home, async (vault) => expect(await vault.list(9)).toHaveLength(2), { readOnly: true });
  forget(home, "index.sqlite");
  await refused();
});

test("a vault that encrypts, and so keeps no index, remembers how long its ledger was", async () => {
  const home = newHome();
  await rolledBack(home, true);
  await expect(using(home, async () => {})).rejects.toEqual(CUT);
});

test("one that was rolled back just after a crash, before the index was written, is known by its objects", async () => {
  const home = newHome();
  const seal = (vault: LocalVaultHandle, seed: number) => vault.seal(testDraft({ seed }), `run ${seed}`);
  await using(home, (vault) => seal(vault, 1));
  // What a crash leaves of those that are written later, or do not wait for the disk.
  const early = ["ledger.sqlite", "index.sqlite", "governance.sqlite"];
  for (const name of early) copyFileSync(join(home, name), join(home, "..", `${name}.old`));
  await using(home, async (vault) => {
    await seal(vault, 2);
    await seal(vault, 3);
  });
  for (const name of early) {
    forget(home, name);
    copyFileSync(join(home, "..", `${name}.old`), join(home, name));
    rmSync(join(home, "..", `${name}.old`));
  }
  await expect(using(home, async () => {})).rejects.toEqual(CUT);
  await using(home, async (vault) => expect(await vault.list(9)).toHaveLength(1), { readOnly: true });
});

test("a governance ledger that was rolled back is noticed", async () => {
  const home = newHome();
  await using(home, (vault) => vault.audit({ event: "one" }));
  copyFileSync(join(home, "governance.sqlite"), `${home}.old`);
  await using(home, (vault) => vault.audit({ event: "two" }));
  await using(home, async () => {});
  forget(home, "governance.sqlite");
  copyFileSync(`${home}.old`, join(home, "governance.sqlite"));
  rmSync(`${home}.old`);
  for (let time = 0; time < 2; time++) await expect(using(home, async () => {})).rejects.toEqual(CUT);
});

test("of a log that tells two histories, only one is taken in: by itself and by others", async () => {
  const [home, copy, third] = [newHome(), newHome(), newHome()];
  await using(home, (vault) => vault.seal(testDraft({ seed: 1 }), "one"));
  cpSync(home, copy, { recursive: true });
  const bundles: BundleFiles[] = [];
  for (const [i, one] of [home, copy].entries())
    await using(one, async (vault) => {
      const { recordId } = await vault.seal(testDraft({ seed: 2 + i }), "two");
      bundles.push(new Map(await vault.bundle(recordId)));
    });
  const [mine, theirs] = bundles as [BundleFiles, BundleFiles];
  const fork = expect.objectContaining({ code: "LEDGER_FORK" });
  await using(home, (vault) => expect(vault.import(theirs, "two")).rejects.toEqual(fork));
  await using(third, async (vault) => {
    await vault.import(mine, "two");
    await expect(vault.import(theirs, "two")).rejects.toEqual(fork);
    await vault.reindex();
    await expect(vault.import(theirs, "two")).rejects.toEqual(fork);
  });
  const longer = await using(copy, async (vault) => {
    const { recordId } = await vault.seal(testDraft({ seed: 9 }), "three");
    return new Map(await vault.bundle(recordId));
  });
  await using(home, (vault) => expect(vault.import(longer, "three")).rejects.toEqual(CUT));
});

test("a vault that was encrypted is not opened as one that is not", async () => {
  const home = newHome();
  await using(home, (vault) => vault.seal(testDraft(), "one"), { encryptAtRest: true });
  writePolicy(home, { encryptAtRest: false });
  const refused = expect.objectContaining({ message: expect.stringContaining("encryptAtRest") });
  for (const readOnly of [true, false])
    await expect(using(home, async () => {}, { readOnly })).rejects.toEqual(refused);
  writePolicy(home, { encryptAtRest: true });
  await using(home, async (vault) => expect(await vault.check()).toEqual([]));
});
