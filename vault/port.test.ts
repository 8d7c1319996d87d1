import { MessageChannel, Worker } from "node:worker_threads";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { afterEach, expect, test } from "vitest";
import { connectVault, openVault, serveVault } from "./front.ts";
import { temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);

test("a vault behind a port does what it does at hand: many calls at once, errors with their code", async () => {
  const local = await openVault({ home: newHome(), clock: systemClock, entropy: systemEntropy });
  const { port1, port2 } = new MessageChannel();
  const served = serveVault(local, port1);
  const vault = connectVault(port2);
  const sealed = await Promise.all([1, 2, 3].map((seed) => vault.seal(testDraft({ seed }), `run ${seed}`)));
  expect(sealed.map(({ ledgerIndex }) => ledgerIndex).sort()).toEqual([0, 1, 2]);
  const id = sealed[0]?.recordId ?? "";
  const [files, row, keys] = await Promise.all([vault.bundle(id), vault.find(id), vault.publicKeys()]);
  expect(files).toEqual(await local.bundle(id));
  expect(row.title).toBe("run 1");
  expect(keys).toEqual(await local.publicKeys());
  await expect(vault.find("ffff")).rejects.toMatchObject({
    name: "ArqonError",
    code: "ARTIFACT_UNKNOWN",
    remedy: expect.stringContaining("arqon runs"),
  });
  const last = vault.audit({ event: "test" });
  await vault.close();
  await last;
  await served;
  await expect(vault.list(1)).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
  expect(await local.auditTail(1)).toMatchObject([{ event: "test" }]);
  await local.close();
});

test("what is not a method of the vault is refused, and what cannot be sent is the caller's mistake", async () => {
  const local = await openVault({ home: newHome(), clock: systemClock, entropy: systemEntropy });
  const { port1, port2 } = new MessageChannel();
  const served = serveVault(local, port1);
  const answer = new Promise((resolve) => port2.once("message", resolve));
  port2.postMessage({ id: 7, method: "constructor", args: [] });
  expect(await answer).toMatchObject({ id: 7, failure: { code: "INTERNAL" } });
  const vault = connectVault(port2);
  await expect(vault.audit({ call: (() => 0) as unknown as string })).rejects.toThrow(TypeError);
  await vault.close();
  await served;
  await local.close();
});

test("calls reject when the vault's thread ends", async () => {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker("require('node:worker_threads').workerData.start()", {
    eval: true,
    workerData: port1,
    transferList: [port1],
  });
  const vault = connectVault(port2);
  const refused = expect(vault.list(1)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  await new Promise((resolve) => worker.once("online", resolve));
  await worker.terminate();
  await refused;
  await expect(vault.check()).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  await vault.close();
});
