import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Entropy, equalBytes, ManualTime, systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { VIEW_PATHS, verifyBundle } from "@arqon/core/bundle";
import {
  BOTH_SUITES,
  parseEnvelope,
  publicKeyFromPem,
  systemVerifier,
  verifyEnvelope,
} from "@arqon/core/proof";
import { afterEach, expect, test } from "vitest";
import { openVault, readTrust, type Vault } from "./front.ts";
import { type StoredObjects, storedObjects, temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const open = (
  home: string,
  more: { passphrase?: string; readOnly?: boolean; entropy?: Entropy; secrets?: string[] } = {},
) => openVault({ home, clock: systemClock, entropy: systemEntropy, ...more });

/** Another record of the same run. */
const again = (n: number) => testDraft({ jobId: `0198c0de-0000-7000-8000-${String(n).padStart(12, "0")}` });

async function using(home: string, work: (vault: Vault) => Promise<void>): Promise<void> {
  const vault = await open(home);
  try {
    await work(vault);
  } finally {
    await vault.close();
  }
}

function everyFile(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test("a sealed run verifies from its files alone under the trusted keys, and is found by its ids", async () => {
  const home = newHome();
  await using(home, async (vault) => {
    const sealed = await vault.seal(testDraft(), "bell.qasm");
    expect(sealed).toMatchObject({ ledgerIndex: 0, reproduced: 1 });
    const files = await vault.bundle(sealed.recordId);
    const trust = await readTrust(home);
    expect(await verifyBundle(files, { trust })).toMatchObject({ verdict: "VERIFIED", trusted: true });
    for (const id of [
      sealed.artifactId,
      sealed.artifactId.slice(7, 15),
      sealed.recordId,
      sealed.recordId.slice(0, 16),
    ])
      expect(await vault.find(id)).toEqual({
        recipeId: sealed.recipeId,
        artifactId: sealed.artifactId,
        recordId: sealed.recordId,
        artifactType: "run",
        jobId: "0198c0de-0000-7000-8000-000000000001",
        backendId: "sim-test",
        createdAt: "2026-01-02T03:04:05Z",
        title: "bell.qasm",
        reported: false,
        imported: false,
        reproduced: 1,
        tags: [],
      });
    expect(await vault.check()).toEqual([]);
  });
});

test("equal runs share an artifact and its objects but keep a record each; the newest is found", async () => {
  const home = newHome();
  await using(home, async (vault) => {
    const first = await vault.seal(again(1), "one");
    const second = await vault.seal(again(2), "two");
    expect(second).toMatchObject({ artifactId: first.artifactId, reproduced: 2, ledgerIndex: 1 });
    expect(second.recordId).not.toBe(first.recordId);
    expect(await vault.find(first.artifactId)).toMatchObject({ recordId: second.recordId, title: "two" });
    expect((await vault.list(10)).map(({ title }) => title)).toEqual(["two", "one"]);
    expect(await vault.list(1)).toHaveLength(1);
    const other = await vault.seal(testDraft({ seed: 7 }), "other");
    expect(other.reproduced).toBe(1);
  });
});

test("sealing the same draft again gives the record it gave before, also when both run at once", async () => {
  await using(newHome(), async (vault) => {
    const first = await vault.seal(testDraft(), "x");
    expect(await vault.seal(testDraft(), "x")).toEqual(first);
    const both = await Promise.all([vault.seal(again(5), "y"), vault.seal(again(5), "y")]);
    expect(both[0]).toEqual(both[1]);
    expect(await vault.list(9)).toHaveLength(2);
    expect(await vault.check()).toEqual([]);
  });
});

test("an unknown or ambiguous prefix names the remedy's code", async () => {
  await using(newHome(), async (vault) => {
    for (const wrong of ["", "xyz", "sha256:", "0123456789", "%"])
      await expect(vault.find(wrong), wrong).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
    const digits = new Set<string>();
    for (let seed = 0; digits.size === 0 || !(await isAmbiguous(vault)); seed++)
      digits.add((await vault.seal(testDraft({ seed }), `${seed}`)).artifactId);
    await expect(vault.bundle("sha256:00")).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
  });
});

/** Whether some one-digit prefix belongs to two artifacts; then it must be refused. */
async function isAmbiguous(vault: Vault): Promise<boolean> {
  const rows = await vault.list(100);
  for (const digit of "0123456789abcdef") {
    const owners = rows.filter((row) => row.artifactId[7] === digit || row.recordId[7] === digit);
    if (new Set(owners.map((row) => row.artifactId)).size < 2) continue;
    await expect(vault.find(digit)).rejects.toMatchObject({ code: "ARTIFACT_UNKNOWN" });
    return true;
  }
  return false;
}

test("the vault signs envelopes with both suites", async () => {
  await using(newHome(), async (vault) => {
    const envelope = parseEnvelope(await vault.sign("application/vnd.arqon.decision+json", utf8("{}")));
    const keys = (await vault.publicKeys()).map((key) => publicKeyFromPem(key.publicKeyPem, "key"));
    const verdict = await verifyEnvelope(envelope, {
      keys,
      require: BOTH_SUITES,
      verifier: systemVerifier(),
    });
    expect(verdict.status).toBe("ok");
  });
});

/** What the loss of these files is, where it is not simply that the bundle was changed: altered, and missing. */
const OWN_CODES: Readonly<Record<string, readonly string[]>> = {
  SHA256SUMS: ["BUNDLE_MALFORMED"],
  "artifact.json": ["JSON_INVALID"],
  "record/run_manifest.json": ["JSON_INVALID"],
  "attestations/provenance.dsse.json": ["JSON_INVALID"],
  "attestations/keys/ed25519.pub.pem": ["SIGNATURE_INVALID", "KEY_UNKNOWN"],
  "attestations/keys/ml-dsa-65.pub.pem": ["SIGNATURE_INVALID", "KEY_UNKNOWN"],
  "ledger/inclusion.tlog-proof": ["LEDGER_INVALID"],
};

test("a bundle of another vault is imported once, verifies, and is marked; a changed one is refused", async () => {
  const [there, here] = [newHome(), newHome()];
  let files = new Map<string, Uint8Array>();
  let recordId = "";
  await using(there, async (vault) => {
    ({ recordId } = await vault.seal(testDraft(), "theirs"));
    files = new Map(await vault.bundle(recordId));
  });
  await using(here, async (vault) => {
    for (const path of files.keys()) {
      const changed = new Map(files);
      changed.set(path, utf8("changed\n"));
      const page = VIEW_PATHS.includes(path) ? "VIEW_TAMPERED" : undefined;
      const [code = "BUNDLE_TAMPERED", missing = "BUNDLE_TAMPERED"] = OWN_CODES[path] ?? [page, page];
      await expect(vault.import(changed, "x"), path).rejects.toMatchObject({ code });
      changed.delete(path);
      await expect(vault.import(changed, "x"), path).rejects.toMatchObject({ code: missing });
    }
    expect(await vault.list(9)).toEqual([]);
    const row = await vault.import(files, "theirs");
    expect(row).toMatchObject({ recordId, imported: true, title: "theirs" });
    expect(await vault.import(files, "another title")).toEqual(row);
    expect(await vault.bundle(recordId)).toEqual(files);
    expect(await vault.seal(again(3), "mine")).toMatchObject({ reproduced: 2, ledgerIndex: 0 });
    expect((await vault.auditTail(5)).map(({ event }) => event)).toEqual(["artifact.import"]);
    expect(await vault.check()).toEqual([]);
  });
});

test("audit entries come back newest first, with their time, after a restart too", async () => {
  const home = newHome();
  const time = new ManualTime();
  const vault = await openVault({ home, clock: time, entropy: systemEntropy });
  await Promise.all([1, 2, 3].map((n) => vault.audit({ event: "refused", n })));
  time.advance(1000);
  await vault.audit({ event: "refused", n: 4 });
  expect(await vault.auditTail(2)).toEqual([
    { at: "2026-01-01T00:00:01.000Z", event: "refused", n: 4 },
    { at: "2026-01-01T00:00:00.000Z", event: "refused", n: 3 },
  ]);
  await vault.close();
  await using(home, async (again) => expect(await again.auditTail(99)).toHaveLength(4));
  await expect(vault.audit({})).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
});

test("a lost index is built anew from ledgers and objects, in the same order", async () => {
  const [there, home] = [newHome(), newHome()];
  let files = new Map<string, Uint8Array>();
  await using(there, async (vault) => {
    files = new Map(await vault.bundle((await vault.seal(testDraft({ seed: 99 }), "theirs")).recordId));
  });
  await using(home, async (vault) => {
    await vault.seal(again(1), "first");
    await vault.import(files, "second");
    await vault.seal(again(2), "third");
  });
  let before: unknown;
  await using(home, async (vault) => {
    before = await vault.list(9);
  });
  for (const end of ["", "-wal", "-shm"]) rmSync(join(home, `index.sqlite${end}`), { force: true });
  await using(home, async (vault) => {
    expect(await vault.list(9)).toEqual(before);
    expect((await vault.list(9)).map(({ title }) => title)).toEqual(["third", "second", "first"]);
    expect(await vault.check()).toEqual([]);
  });
});

test("opened read-only, everything can be read without the passphrase and nothing signed", async () => {
  const home = newHome();
  const empty = await open(home, { readOnly: true });
  expect([await empty.list(9), await empty.publicKeys(), await empty.check()]).toEqual([[], [], []]);
  await empty.close();
  const vault = await open(home, { passphrase: "correct horse" });
  const { recordId, artifactId } = await vault.seal(testDraft(), "x");
  const reader = await open(home, { readOnly: true });
  expect((await reader.find(artifactId)).recordId).toBe(recordId);
  expect(await reader.bundle(recordId)).toEqual(await vault.bundle(recordId));
  expect(await reader.publicKeys()).toEqual(await vault.publicKeys());
  expect(await reader.check()).toEqual([]);
  await expect(reader.seal(again(2), "y")).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
  await expect(reader.import(await vault.bundle(recordId), "y")).rejects.toMatchObject({
    code: "KEYSTORE_LOCKED",
  });
  await expect(reader.audit({})).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
  await reader.close();
  await vault.close();
  await expect(open(home, { passphrase: "wrong" })).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
});

test("a lost keystore is not replaced by a new one", async () => {
  const home = newHome();
  await using(home, async (vault) => void (await vault.seal(testDraft(), "x")));
  rmSync(join(home, "keystore.json"));
  await expect(open(home)).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
  expect(existsSync(join(home, "keystore.json"))).toBe(false);
});

test("no private seed is in any file of the home, and files are for the owner alone", async () => {
  const home = newHome();
  const seeds: Uint8Array[] = [];
  const entropy: Entropy = (bytes) => {
    const made = systemEntropy(bytes);
    seeds.push(made.slice());
    return made;
  };
  const vault = await open(home, { passphrase: "correct horse battery", entropy });
  await vault.seal(testDraft(), "x");
  await vault.audit({ event: "x" });
  const salt = Buffer.from(JSON.parse(readFileSync(join(home, "keystore.json"), "utf8")).kdf.salt, "base64");
  const secret = seeds.filter((seed) => seed.length === 32 && !equalBytes(seed, salt));
  expect(secret).toHaveLength(2);
  for (const path of everyFile(home)) {
    const bytes = readFileSync(path);
    expect(statSync(path).mode & 0o077, path).toBe(0);
    expect(bytes.includes("correct horse"), path).toBe(false);
    for (const seed of secret)
      for (const form of [
        Buffer.from(seed),
        Buffer.from(seed).toString("hex"),
        Buffer.from(seed).toString("base64").slice(0, 40),
      ])
        expect(bytes.includes(form), path).toBe(false);
  }
  await vault.close();
});

const harms: readonly [string, (stored: StoredObjects, name: string) => void, RegExp][] = [
  ["changed", (stored, name) => stored.alter(name, utf8("other")), /does not have the bytes/],
  ["missing", (stored, name) => stored.remove(name), /is missing/],
];

test.each(harms)(
  "the check names a %s file that is an object of its own, and otherwise the record",
  async (_, harm, expected) => {
    const home = newHome();
    const long: [string, Uint8Array] = ["long.txt", new Uint8Array(20_000)];
    let recordId = "";
    await using(home, async (vault) => {
      ({ recordId } = await vault.seal(testDraft({ record: [long] }), "x"));
      await vault.seal(again(2), "y");
    });
    const objects: [what: string, object: string][] = [
      [
        "record/long.txt of record",
        objectIn(home, "SELECT digest AS name FROM file WHERE path = 'record/long.txt'"),
      ],
      ["the sheet of record", objectIn(home, "SELECT sheet AS name FROM run WHERE title = 'x'")],
    ];
    for (const [what, object] of objects) {
      spoil(home, (stored) => harm(stored, object));
      await using(home, async (vault) => {
        const findings = (await vault.check())
          .filter((line) => line.startsWith(`record ${recordId}`))
          .join("\n");
        expect(findings).toMatch(expected);
        expect(findings).toContain(`${what} ${recordId}`);
        await expect(vault.bundle(recordId)).rejects.toMatchObject({ code: "BUNDLE_TAMPERED" });
      });
    }
  },
);

function objectIn(home: string, query: string): string {
  const db = new DatabaseSync(join(home, "index.sqlite"));
  const name = String(db.prepare(query).get()?.["name"]);
  db.close();
  return name;
}

function spoil(home: string, change: (stored: StoredObjects) => void): void {
  using stored = storedObjects(home);
  change(stored);
}

test("the check finds a row that does not agree, a cut-off ledger, and explains what nothing refers to", async () => {
  const home = newHome();
  await using(home, async (vault) => {
    await vault.seal(again(1), "x");
    await vault.seal(again(2), "y");
  });
  const db = new DatabaseSync(join(home, "index.sqlite"));
  db.exec("UPDATE run SET title = 'another' WHERE title = 'x'");
  db.close();
  writeFileSync(join(home, "objects", "sha256", "00", "0".repeat(62)), "left over");
  await using(home, async (vault) => {
    const findings = await vault.check();
    expect(findings).toEqual([
      expect.stringMatching(/^note: 1 objects belong to no record/),
      expect.stringContaining("does not agree with its files"),
    ]);
  });
  const ledger = new DatabaseSync(join(home, "ledger.sqlite"));
  for (const table of ["leaf", "node", "checkpoint"]) ledger.exec(`DROP TRIGGER ${table}_no_delete`);
  ledger.exec(
    "DELETE FROM leaf WHERE i = 1; DELETE FROM node WHERE i >= 1 OR level > 0; DELETE FROM checkpoint WHERE size = 2",
  );
  ledger.close();
  const reader = await open(home, { readOnly: true });
  expect(await reader.check()).toEqual([expect.stringContaining("[LEDGER_ROLLED_BACK]")]);
  await reader.close();
  await expect(open(home)).rejects.toMatchObject({ code: "LEDGER_ROLLED_BACK" });
});

test("a secret is refused by place, before anything is signed, and never repeated", async () => {
  await using(newHome(), async (vault) => {
    const secret = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    const draft = testDraft({ record: [["logs/run.log", utf8(`line one\ntoken ${secret}\n`)]] });
    const refused = await vault.seal(draft, "x").catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "SECRET_FOUND",
      details: { path: "record/logs/run.log", line: 2 },
    });
    expect(String(refused)).not.toContain(secret);
    expect(await vault.list(9)).toEqual([]);
    expect(await vault.check()).toEqual([]);
  });
  const vault = await open(newHome(), { passphrase: "tr0ub4dor&3x", secrets: ["my-api-key-1"] });
  for (const text of ["tr0ub4dor&3x", "...my-api-key-1..."])
    await expect(vault.seal(testDraft({ record: [["log.txt", utf8(text)]] }), "x")).rejects.toMatchObject({
      code: "SECRET_FOUND",
    });
  await vault.close();
});
