import { MessageChannel } from "node:worker_threads";
import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { type BundleDraft, ENVELOPE_PATH, type ResultFile } from "@arqon/core/bundle";
import { entryBundle, fromTiles, parseCheckpoint, treeRoot } from "@arqon/core/proof";
import { afterEach, expect, test } from "vitest";
import { connectVault, openVault, serveVault } from "./front.ts";
import { storedObjects, temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);

test.each([false, true])(
  "the entries of the run ledger are the envelopes, whether encrypted at rest (%s) or not",
  async (encryptAtRest) => {
    const home = newHome();
    const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy, encryptAtRest });
    const envelopes: Uint8Array[] = [];
    for (const seed of [1, 2, 3]) {
      const { recordId } = await vault.seal(testDraft({ seed }), `run ${seed}`);
      envelopes.push((await vault.bundle(recordId)).get(ENVELOPE_PATH) as Uint8Array);
    }
    await vault.audit({ event: "test" });
    const { port1, port2 } = new MessageChannel();
    const served = serveVault(vault, port1);
    const remote = connectVault(port2);
    expect(await remote.logFile("runs", "tile/entries/000.p/3")).toEqual(entryBundle(envelopes));
    expect(await remote.logFile("runs", "tile/entries/000.p/4")).toBeUndefined();
    expect(await remote.logFile("runs", "../keystore.json")).toBeUndefined();
    for (const log of ["runs", "governance"] as const) {
      const file = async (path: string): Promise<Uint8Array> =>
        (await remote.logFile(log, path)) ?? new Uint8Array();
      const { size, root } = parseCheckpoint(new TextDecoder().decode(await file("checkpoint")));
      expect(await fromTiles(size, file, (read) => treeRoot(size, read))).toEqual(root);
    }
    const records = Buffer.from((await remote.logFile("governance", "tile/entries/000.p/1")) ?? []);
    expect(JSON.parse(records.toString("utf8", 2))).toHaveProperty("at");
    await remote.close();
    await served;
    await vault.close();
  },
);

test("an envelope that was lost is said to be missing, and its hash is still there", async () => {
  const home = newHome();
  const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy });
  await vault.seal(testDraft(), "run");
  await vault.logs.runs.append([utf8("no sheet of a run")]);
  await expect(vault.logFile("runs", "tile/entries/000.p/2")).rejects.toMatchObject({
    code: "LEDGER_INVALID",
  });
  expect(await vault.logFile("runs", "tile/0/000.p/2")).toHaveLength(64);
  await vault.close();
});

test("what no tile can hold enters no log: a run of too many results is refused and leaves nothing", async () => {
  const home = newHome();
  const vault = await openVault({ home, clock: systemClock, entropy: systemEntropy });
  await vault.seal(testDraft(), "run");
  using before = storedObjects(home);
  const draft = testDraft({ seed: 2 });
  const [result] = [...draft.results.values()];
  const many = (count: number): BundleDraft => ({
    ...draft,
    results: new Map(Array.from({ length: count }, (_, i) => [`${i}/counts.json`, result as ResultFile])),
  });
  await expect(vault.seal(many(400), "too many")).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringContaining("65535"),
  });
  await expect(vault.audit({ event: "long", text: "x".repeat(65_535) })).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
  });
  await expect(vault.logs.governance.append([new Uint8Array(65_536)])).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
  });
  expect(await vault.list(9)).toHaveLength(1);
  expect(vault.logs.runs.size()).toBe(1);
  using after = storedObjects(home);
  expect(after.names).toEqual(before.names);
  const { recordId } = await vault.seal(many(300), "many");
  const files = await vault.bundle(recordId);
  const entries = (await vault.logFile("runs", "tile/entries/000.p/2")) ?? new Uint8Array();
  expect(Buffer.from(entries).includes(files.get(ENVELOPE_PATH) as Uint8Array)).toBe(true);
  expect(await vault.check()).toEqual([]);
  await vault.close();
});
