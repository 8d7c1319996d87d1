/** What must be refused, each with its code, and leave nothing behind. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ArqonError, fromUtf8, systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { type BundleFiles, problemsOf, renderSums, SUMS_PATH, verifyBundle } from "@arqon/core/bundle";
import {
  formatCosignRequest,
  openEnvelope,
  parseEnvelope,
  publicKeyFromPem,
  systemVerifier,
} from "@arqon/core/proof";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LocalVaultHandle, openVault, openWitness, readTrust } from "./front.ts";
import { openFileKeystore, openIsolatedKeystore } from "./keys/index.ts";
import { openToken } from "./keys/pkcs11/open-token.ts";
import { objectsOf, temporaryHomes, testDraft } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const common = { clock: systemClock, entropy: systemEntropy };
const ENVELOPE = "attestations/provenance.dsse.json";
const PROOF = "ledger/inclusion.tlog-proof";
const again = (seed: number) => testDraft({ seed, jobId: `0198c0de-0000-7000-8000-00000000000${seed}` });

/** A vault with two runs, and copies of its ledger and index from when there was one. */
interface Scene {
  readonly home: string;
  vault: LocalVaultHandle;
  readonly first: BundleFiles;
  readonly second: BundleFiles;
}

const text = (files: BundleFiles, path: string): string => fromUtf8(files.get(path) as Uint8Array);
const replaced = (files: BundleFiles, path: string, bytes: Uint8Array): BundleFiles =>
  new Map(files).set(path, bytes);
const stripped = (files: BundleFiles): Uint8Array => {
  const envelope = JSON.parse(text(files, ENVELOPE)) as { signatures: unknown[] };
  envelope.signatures.length = 1;
  return utf8(`${JSON.stringify(envelope)}\n`);
};
/** As somebody who changes files would leave them. */
const summed = (files: BundleFiles): BundleFiles => replaced(files, SUMS_PATH, renderSums(files));
const keystoreOf = (home: string, notAfterUs: number) =>
  openFileKeystore({
    ...common,
    home,
    initial: [{ algorithm: "ed25519", label: "x", validity: { notBeforeUs: 0, notAfterUs } }],
  });
/** A plug-in whose token answers every log-in with this code. */
const fakeToken = (home: string, code: number): string => {
  mkdirSync(home, { recursive: true });
  const path = join(home, "fake.cjs");
  writeFileSync(
    path,
    `exports.PKCS11 = class {
      load() {} C_Initialize() {} C_Finalize() {} C_CloseSession() {}
      C_GetSlotList() { return [Buffer.alloc(8)]; } C_GetTokenInfo() { return { label: "lab", flags: 12 }; }
      C_GetMechanismList() { return []; } C_OpenSession() { return Buffer.alloc(8); }
      C_Login() { throw Object.assign(new Error("CKR"), { code: ${code} }); }
    };`,
  );
  return path;
};
const witnessOf = async ({ home, vault }: Scene) => {
  const key = (await vault.publicKeys()).find(({ algorithm }) => algorithm === "ed25519");
  const { spki } = publicKeyFromPem(key?.publicKeyPem ?? "", "key");
  return openWitness({
    home: `${home}-witness`,
    clock: systemClock,
    trust: await readTrust(home),
    key: { name: "tests/witness", spki },
    sign: async () => new Uint8Array(64),
  });
};
/** The same vault with the ledger it had when there was one run, and nothing beside it that knows better. */
async function rolledBack(scene: Scene, forget = ["index.sqlite", "governance.sqlite"]): Promise<void> {
  await scene.vault.close();
  copyFileSync(join(scene.home, "..", "ledger.old"), join(scene.home, "ledger.sqlite"));
  for (const name of forget) rmSync(join(scene.home, name));
  scene.vault = await openVault({ ...common, home: scene.home });
}

const CASES: readonly (readonly [what: string, code: string, act: (scene: Scene) => Promise<unknown>])[] = [
  [
    "a wrong passphrase",
    "KEYSTORE_LOCKED",
    async ({ home }) => openVault({ ...common, home, passphrase: "wrong" }),
  ],
  [
    "a token that is not there",
    "KEYSTORE_UNAVAILABLE",
    async ({ home }) =>
      openIsolatedKeystore({
        home: `${home}-2`,
        passphrase: "1",
        token: { module: "/nowhere/lib.so", label: "lab" },
      }),
  ],
  [
    "a wrong PIN",
    "KEYSTORE_LOCKED",
    async ({ home }) => openToken(fakeToken(`${home}-2`, 0xa0), { module: "x", label: "lab" }, "1"),
  ],
  [
    "a locked PIN",
    "TOKEN_LOCKED",
    async ({ home }) => openToken(fakeToken(`${home}-2`, 0xa4), { module: "x", label: "lab" }, "1"),
  ],
  [
    "an unknown key",
    "KEY_UNKNOWN",
    async ({ home }) => keystoreOf(`${home}-2`, 9e15).sign("sha256:00", utf8("m")),
  ],
  [
    "an expired key",
    "KEY_EXPIRED",
    async ({ home }) => {
      const store = keystoreOf(`${home}-2`, 1e15);
      return store.sign(store.list()[0]?.keyId ?? "", utf8("m"));
    },
  ],
  [
    "an envelope without its post-quantum signature",
    "SIGNATURE_MISSING",
    async ({ home, first }) =>
      openEnvelope(parseEnvelope(stripped(first)), {
        keys: await readTrust(home),
        require: [["ed25519"], ["ml-dsa-65"]],
        verifier: systemVerifier(),
      }),
  ],
  [
    "a bundle without its post-quantum signature",
    "SIGNATURE_MISSING",
    async ({ vault, first }) => vault.import(replaced(first, ENVELOPE, stripped(first)), "x"),
  ],
  [
    "a proof for another leaf",
    "PROOF_INVALID",
    async ({ vault, first, second }) =>
      vault.import(replaced(first, PROOF, second.get(PROOF) as Uint8Array), "x"),
  ],
  [
    "a changed view",
    "VIEW_TAMPERED",
    async ({ vault, first }) => vault.import(replaced(first, "VERIFY.md", utf8("trust me\n")), "x"),
  ],
  [
    "a changed result",
    "BUNDLE_TAMPERED",
    async ({ vault, first }) => vault.import(replaced(first, "results/counts.json", utf8('{"00":1}\n')), "x"),
  ],
  [
    "a changed page, and SHA256SUMS made to agree",
    "VIEW_TAMPERED",
    async ({ vault, first }) =>
      vault.import(summed(replaced(first, "CITATION.cff", utf8("cff-version: 1.2.0\n"))), "x"),
  ],
  [
    "a stripped signature with its key, and SHA256SUMS made to agree",
    "SIGNATURE_MISSING",
    async ({ vault, first }) => {
      const files = new Map(replaced(first, ENVELOPE, stripped(first)));
      files.delete("attestations/keys/ml-dsa-65.pub.pem");
      return vault.import(summed(files), "x");
    },
  ],
  [
    "a signature of another run",
    "SIGNATURE_INVALID",
    async ({ vault, first, second }) => {
      const [own, other] = [first, second].map((files) => JSON.parse(text(files, ENVELOPE)));
      const mixed = utf8(`${JSON.stringify({ ...own, signatures: other.signatures })}\n`);
      return vault.import(summed(replaced(first, ENVELOPE, mixed)), "x");
    },
  ],
  [
    "a key twice in artifact.json",
    "JSON_AMBIGUOUS",
    async ({ vault, first }) => {
      const twice = text(first, "artifact.json").replace("{", '{"artifact_id":"",');
      return vault.import(summed(replaced(first, "artifact.json", utf8(twice))), "x");
    },
  ],
  [
    "duplicate keys in signed JSON",
    "JSON_AMBIGUOUS",
    async ({ first }) =>
      parseEnvelope(
        utf8(text(first, ENVELOPE).replace('{"payload":', '{"payload":"","payload":')),
        "envelope",
      ),
  ],
  [
    "NaN in a file to sign",
    "JSON_AMBIGUOUS",
    async ({ vault }) => vault.seal(testDraft({ record: [["note.json", utf8('{"x":NaN}\n')]] }), "x"),
  ],
  [
    "duplicate keys in a file to sign",
    "JSON_AMBIGUOUS",
    async ({ vault }) => vault.seal(testDraft({ record: [["note.json", utf8('{"x":1,"x":2}\n')]] }), "x"),
  ],
  [
    "a ledger that was rolled back",
    "LEDGER_ROLLED_BACK",
    async (scene) => {
      await rolledBack(scene, []);
      return scene.vault.seal(again(3), "x");
    },
  ],
  [
    "a log that a witness knew to be longer",
    "LEDGER_ROLLED_BACK",
    async (scene) => {
      const ask = (): string =>
        formatCosignRequest({ oldSize: 0, proof: [], note: scene.vault.logs.runs.checkpoint() ?? "" });
      const witness = await witnessOf(scene);
      await witness.add(ask());
      await rolledBack(scene);
      return witness.add(ask()).finally(() => witness.close());
    },
  ],
  [
    "a fork that a witness sees",
    "LEDGER_FORK",
    async (scene) => {
      const witness = await witnessOf(scene);
      const note = (): string => scene.vault.logs.runs.checkpoint() ?? "";
      await witness.add(formatCosignRequest({ oldSize: 0, proof: [], note: note() }));
      await rolledBack(scene);
      await scene.vault.logs.runs.append([utf8("another history")]);
      return witness
        .add(formatCosignRequest({ oldSize: 2, proof: [], note: note() }))
        .finally(() => witness.close());
    },
  ],
];

describe("bad input", () => {
  let scene: Scene;
  beforeEach(async () => {
    const home = newHome();
    const vault = await openVault({ ...common, home });
    const one = await vault.seal(again(1), "one");
    await vault.close();
    copyFileSync(join(home, "ledger.sqlite"), join(home, "..", "ledger.old"));
    const opened = await openVault({ ...common, home });
    const two = await opened.seal(again(2), "two");
    scene = {
      home,
      vault: opened,
      first: await opened.bundle(one.recordId),
      second: await opened.bundle(two.recordId),
    };
  });
  afterEach(() => scene.vault.close());

  test.each(CASES)("%s is refused with %s, and nothing is left of it", async (_, code, act) => {
    const objects = await objectsOf(scene.home);
    const before = await objects.list("");
    const rows = await scene.vault.list(9);
    const isRollback = code.startsWith("LEDGER_");
    const error = await act(scene).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArqonError);
    expect((error as ArqonError).code, String(error)).toBe(code);
    expect((error as ArqonError).remedy.length).toBeGreaterThan(10);
    expect(await objects.list("")).toEqual(before);
    objects.close();
    if (isRollback) return;
    expect(await scene.vault.list(9)).toEqual(rows);
    expect(await scene.vault.check()).toEqual([]);
  });

  test("a verifier says of each changed bundle which check failed", async () => {
    const { home, first, second } = scene;
    const trust = await readTrust(home);
    const failed = async (files: BundleFiles): Promise<string> => {
      const report = await verifyBundle(files, { trust });
      expect(report.verdict).toBe("FAILED");
      return problemsOf(report).join("\n");
    };
    expect(await failed(replaced(first, ENVELOPE, stripped(first)))).toMatch(/signature failed/);
    expect(await failed(replaced(first, PROOF, second.get(PROOF) as Uint8Array))).toMatch(/ledger failed/);
    expect(await failed(replaced(first, "VERIFY.md", utf8("trust me\n")))).toMatch(
      /statement failed.*VERIFY\.md/,
    );
  });
});
