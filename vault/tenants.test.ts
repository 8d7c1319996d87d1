import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { afterEach, expect, test } from "vitest";
import { type LocalVaultHandle, openVault } from "./front.ts";
import { temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const open = (home: string): Promise<LocalVaultHandle> =>
  openVault({ home, clock: systemClock, entropy: systemEntropy });

test("the check finds a record that the index hides from its tenant, or shows to others; reindex sets it right", async () => {
  const home = newHome();
  const first = await open(home);
  const { recordId } = await first.seal(testDraft({ seed: 1 }), "one");
  const calibration = { ...testDraft({ seed: 2 }), artifactType: "calibration" as const };
  const shared = await first.seal(calibration, "two");
  expect(await first.check()).toEqual([]);
  await first.close();
  for (const [id, tenant] of [
    [recordId, "NULL"], // as a version writes it that knows no tenants
    [recordId, "''"],
    [recordId, "'another'"],
    [shared.recordId, "'local'"],
    [shared.recordId, "NULL"],
  ] as const) {
    const db = new DatabaseSync(join(home, "index.sqlite"));
    db.exec(`UPDATE run SET tenant = ${tenant} WHERE record_id = '${id}'`);
    db.close();
    const vault = await open(home);
    expect(await vault.check(), tenant).toEqual([
      expect.stringContaining(`record ${id}: the index does not show it`),
    ]);
    await vault.reindex();
    expect(await vault.check()).toEqual([]);
    expect(await vault.list(9, [], "local")).toHaveLength(2);
    expect(await vault.list(9, [], "another")).toMatchObject([{ recordId: shared.recordId }]);
    await vault.close();
  }
});
