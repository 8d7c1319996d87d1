import { MessageChannel, Worker } from "node:worker_threads";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { afterEach, expect, test } from "vitest";
import { connectFileKeys, connectVault, keyValidity, openVault, serveFileKeys, serveVault } from "./front.ts";
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
  expect(await vault.refusedKeys()).toEqual([]);
  await expect(vault.find("f".repeat(16))).rejects.toMatchObject({
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

test("keys of files come through a door of their own, open in their file alone, and only where the home encrypts", async () => {
  const home = newHome();
  const options = { home, clock: systemClock, entropy: systemEntropy };
  const local = await openVault({ ...options, encryptAtRest: true });
  const { port1, port2 } = new MessageChannel();
  const served = serveFileKeys(local.fileKeys, port1);
  const keys = connectFileKeys(port2);
  const [one, two] = [await keys.create("one"), await keys.create("two")];
  expect(one.key).toHaveLength(32);
  expect(Buffer.compare(one.key, two.key)).not.toBe(0);
  expect(await keys.open(one.wrapped, "one")).toEqual(one.key);
  await expect(keys.open(one.wrapped, "two")).rejects.toMatchObject({ code: "SEAL_BROKEN" });
  await expect(keys.open(new Uint8Array(9), "one")).rejects.toMatchObject({ code: "SEAL_BROKEN" });
  const altered = one.wrapped.slice();
  altered[altered.length - 9] = (altered[altered.length - 9] as number) ^ 1;
  await expect(keys.open(altered, "one")).rejects.toThrow();
  expect(await keys.isNewest(one.wrapped)).toBe(true);
  await local.keys.rotate("at-rest", keyValidity(systemClock));
  expect(await keys.isNewest(one.wrapped)).toBe(false);
  expect(await keys.open(one.wrapped, "one")).toEqual(one.key);
  const answer = new Promise((resolve) => port2.once("message", resolve));
  port2.postMessage({ id: 99, method: "list", args: [1] });
  expect(await answer).toMatchObject({ id: 99, failure: { code: "INTERNAL" } });
  await keys.close();
  await served;
  await local.close();
  const plain = await openVault({ ...options, home: newHome() });
  expect(() => plain.fileKeys).toThrow(TypeError);
  await plain.close();
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
