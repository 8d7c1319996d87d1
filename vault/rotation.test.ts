import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJsonFile, ManualTime, systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { verifyBundle } from "@arqon/core/bundle";
import { parseEnvelope, publicKeyFromPem, systemVerifier, verifyEnvelope } from "@arqon/core/proof";
import { afterEach, expect, test } from "vitest";
import { type LocalVaultHandle, openVault, parseTrust, readTrust } from "./front.ts";
import type { KeyInfo } from "./keys/index.ts";
import { keyValidity } from "./open-keys.ts";
import { startChild, temporaryHomes, testDraft } from "./testing/index.ts";
import { isoTime } from "./time.ts";

const newHome = temporaryHomes(afterEach);
const open = (home: string, passphrase?: string) =>
  openVault({ home, clock: systemClock, entropy: systemEntropy, ...(passphrase && { passphrase }) });
const rotate = (vault: LocalVaultHandle) => vault.keys.rotate("vault", keyValidity(systemClock));

/** Another record, made now. */
function draftNow(n: number) {
  const draft = testDraft({ jobId: `0198c0de-0000-7000-8000-${String(n).padStart(12, "0")}` });
  return { ...draft, manifest: { ...draft.manifest, createdAt: isoTime(systemClock) } };
}

test("bundles sealed before and after a rotation verify offline under the exported trust file", async () => {
  const home = newHome();
  const vault = await open(home);
  const before = await vault.seal(draftNow(1), "before");
  const old = vault.keys.list().map(({ keyId }) => keyId);
  const successors = await rotate(vault);
  expect(successors.map(({ algorithm, state }) => [algorithm, state])).toEqual([
    ["ed25519", "active"],
    ["ml-dsa-65", "active"],
  ]);
  const after = await vault.seal(draftNow(2), "after");
  const trust = parseTrust(readFileSync(join(home, "trust.json"), "utf8"), "exported");
  expect(trust.map(({ keyId }) => keyId)).toEqual([...old, ...successors.map(({ keyId }) => keyId)]);
  for (const { keyId, notAfter, notBefore } of trust) {
    expect(notAfter !== undefined, keyId).toBe(old.includes(keyId));
    expect(notBefore !== undefined, keyId).toBe(!old.includes(keyId));
  }
  const signedBy: string[][] = [];
  for (const { recordId } of [before, after]) {
    const files = await vault.bundle(recordId);
    expect(await verifyBundle(files, { trust })).toMatchObject({ verdict: "VERIFIED", trusted: true });
    const envelope = parseEnvelope(files.get("attestations/provenance.dsse.json") as Uint8Array);
    signedBy.push(envelope.signatures.map(({ keyid }) => keyid));
  }
  expect(signedBy).toEqual([old, successors.map(({ keyId }) => keyId)]);
  expect(await vault.check()).toEqual([]);
  expect((await vault.auditTail(1))[0]).toMatchObject({ event: "keys.rotate", old });
  await vault.close();
  const again = await open(home);
  expect(await again.check()).toEqual([]);
  expect((await again.auditTail(1))[0]).toMatchObject({
    event: "keys.use",
    uses: expect.arrayContaining([expect.objectContaining({ operation: "sign", purpose: "run", count: 1 })]),
  });
  await again.close();
});

test("a bundle that claims to be made after its key was retired is not trusted", async () => {
  const home = newHome();
  const vault = await open(home);
  const { recordId } = await vault.seal(
    { ...draftNow(1), manifest: { ...draftNow(1).manifest, createdAt: "2099-01-01T00:00:00Z" } },
    "late",
  );
  await rotate(vault);
  const report = await verifyBundle(await vault.bundle(recordId), { trust: await readTrust(home) });
  expect(report.verdict).toBe("UNTRUSTED");
  expect(report.checks.filter(({ name }) => name === "trust")[0]?.detail).toContain("valid only up to");
  await vault.close();
});

test("retired, disabled and expired keys sign no more, each with its code, and still verify", async () => {
  const home = newHome();
  const time = new ManualTime();
  const vault = await openVault({ home, clock: time, entropy: systemEntropy });
  const user = { tenant: "local", purpose: "test" };
  const [old] = vault.keys.list() as unknown as readonly [KeyInfo];
  const signature = await vault.keys.sign(user, old.keyId, utf8("m"));
  const [next] = (await vault.keys.rotate("vault", keyValidity(time))) as unknown as readonly [KeyInfo];
  await expect(vault.keys.sign(user, old.keyId, utf8("m"))).rejects.toMatchObject({ code: "KEY_DISABLED" });
  expect(vault.keys.verify(old.keyId, utf8("m"), signature)).toBe(true);
  expect(vault.keys.verify(old.keyId, utf8("n"), signature)).toBe(false);
  await expect(vault.keys.sign(user, "sha256:00", utf8("m"))).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
  const short = await vault.keys.generate("ecdsa-p256", "short", {
    notBeforeUs: time.nowUs(),
    notAfterUs: time.nowUs() + 1_000_000,
  });
  time.advance(2000);
  await expect(vault.keys.sign(user, short.keyId, utf8("m"))).rejects.toMatchObject({ code: "KEY_EXPIRED" });
  // The key the vault works with is rotated, not disabled: without it nothing could be sealed or noted.
  await expect(vault.keys.disable(next.keyId, "lost")).rejects.toMatchObject({ code: "KEY_REFUSED" });
  await vault.keys.rotate("vault", keyValidity(time));
  expect(await vault.keys.disable(next.keyId, "lost")).toMatchObject({ state: "disabled" });
  await expect(vault.keys.sign(user, next.keyId, utf8("m"))).rejects.toMatchObject({ code: "KEY_DISABLED" });
  expect((await vault.auditTail(3)).find(({ event }) => event === "keys.disable")).toMatchObject({
    event: "keys.disable",
    reason: "lost",
  });
  await vault.seal(testDraft(), "x");
  await vault.close();
  expect((await readTrust(home)).find(({ keyId }) => keyId === next.keyId)?.notAfter).toBeDefined();
});

test("a vault that is open elsewhere seals with the new keys at once", async () => {
  const home = newHome();
  const [server, cli] = [await open(home), await open(home)];
  await server.seal(draftNow(1), "one");
  const successors = await rotate(cli);
  const { recordId } = await server.seal(draftNow(2), "two");
  const envelope = parseEnvelope(
    (await server.bundle(recordId)).get("attestations/provenance.dsse.json") as Uint8Array,
  );
  expect(envelope.signatures.map(({ keyid }) => keyid)).toEqual(successors.map(({ keyId }) => keyId));
  const signed = parseEnvelope(await server.sign("text/plain", utf8("x")));
  const keys = (await server.publicKeys()).map((key) => publicKeyFromPem(key.publicKeyPem, "key"));
  const policy = { keys, require: [["ed25519"], ["ml-dsa-65"]] as const, verifier: systemVerifier() };
  expect(await verifyEnvelope(signed, policy)).toMatchObject({ status: "ok" });
  await Promise.all([server.close(), cli.close()]);
});

test("a key taken out of trust.json by hand stays out, and one added stays in, across a rotation", async () => {
  const home = newHome();
  const vault = await open(home);
  const path = join(home, "trust.json");
  const entries = JSON.parse(readFileSync(path, "utf8")) as object[];
  writeFileSync(path, canonicalJsonFile([{ ...entries[0], comment: "kept" }] as never));
  await rotate(vault);
  const after = JSON.parse(readFileSync(path, "utf8")) as { comment?: string; notAfter?: string }[];
  expect(after).toHaveLength(3);
  expect(after[0]).toMatchObject({ comment: "kept", notAfter: expect.any(String) });
  await vault.close();
});

test("killed while it rotates, twenty times: everything verifies, and no key is lost or half made", async () => {
  const home = newHome();
  const program = new URL("./testing/rotate-program.ts", import.meta.url);
  const acknowledged = new Set<string>();
  for (let kill = 0; kill < 20; kill++) {
    const child = startChild(program, home, String(kill));
    await child.saw(1 + (kill % 3));
    for (let turn = 0; turn < kill * 17; turn++) await new Promise((resolve) => setImmediate(resolve));
    child.kill();
    expect((await child.ended).how, (await child.ended).stderr).toBe("SIGKILL");
    for (const line of child.lines) if (line !== "open") acknowledged.add(line);
  }
  const vault = await open(home);
  const keys = vault.keys.list();
  const ids = new Set(keys.map(({ keyId }) => keyId));
  expect([...acknowledged].filter((line) => line.startsWith("key ") && !ids.has(line.slice(4)))).toEqual([]);
  expect(keys.filter(({ state }) => state === "active")).toHaveLength(2);
  expect(keys.filter(({ state }) => state === "pending")).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(10);
  const trust = await readTrust(home);
  expect(new Set(trust.map(({ keyId }) => keyId))).toEqual(ids);
  for (const { state, keyId } of keys)
    expect(trust.find((key) => key.keyId === keyId)?.notAfter === undefined).toBe(state === "active");
  for (const { recordId } of await vault.list(1000))
    expect((await verifyBundle(await vault.bundle(recordId), { trust })).verdict).toBe("VERIFIED");
  expect((await vault.check()).filter((line) => !line.startsWith("note:"))).toEqual([]);
  await vault.close();
});
