/** Sealing and importing: the only ways a record comes into the vault. */
import { ArqonError, canonicalJson, sha256Hex, utf8 } from "@arqon/core/base";
import {
  attestationKeyPath,
  type BundleContents,
  type BundleDraft,
  type BundleFiles,
  type BundleListing,
  digestOf,
  type FileFacts,
  finishBundle,
  heldFiles,
  isStubSource,
  type OnProgress,
  prepareBundle,
  problemsOf,
  verifyBundle,
} from "@arqon/core/bundle";
import {
  CRYPTO_MODES,
  createEnvelope,
  encodeEnvelope,
  IN_TOTO_TYPE,
  leafHash,
  type PublicKey,
  type SignatureAlgorithm,
} from "@arqon/core/proof";
import { catchUp, IMPORT_EVENT } from "./catch-up.ts";
import { encodeSheet, factsOf, type IndexEntry, type SheetContext, sheetOf } from "./index/index.ts";
import { againAfterRotation } from "./keys/index.ts";
import { keepLarge } from "./large.ts";
import type { ObjectStore } from "./objects/index.ts";
import type { VaultParts } from "./parts.ts";
import { refuseSecrets } from "./secrets.ts";
import { isoTime } from "./time.ts";
import type { SealedRun } from "./vault.ts";

/** Thrown inside the ledger's transaction to leave it as it was. */
class AlreadySealed extends Error {}

/**
 * Seals a draft. Objects are durable before the ledger commits, and the ledger before the index: whatever moment it
 * stops at, either nothing speaks of the record, or all of it is there and {@link catchUp} finds it. A draft that was
 * sealed before gives the record it gave then.
 */
export async function sealDraft(parts: VaultParts, draft: BundleDraft, title: string): Promise<SealedRun> {
  refuseSecrets(draft, title, parts.secrets);
  const { tenant } = draft.manifest;
  if (!parts.policy.allows(tenant, "sign"))
    throw new ArqonError("KEY_REFUSED", `tenant "${tenant}" may not sign with the vault's keys`);
  const cryptoMode = parts.policy.modeOf(tenant);
  const suites = CRYPTO_MODES[cryptoMode].sign;
  parts.signers("run", tenant, suites); // Without keys nothing more is done.
  const prepared = prepareBundle(
    { ...draft, manifest: { ...draft.manifest, cryptoMode } },
    { title, suites, ...parts.profile, parents: await parentsOf(parts, draft, suites) },
  );
  const { recordId } = prepared.ids;
  let sealedAt: number | undefined;
  if (!(await parts.index.get(recordId))) {
    const { envelope, publicKeys } = await signStatement(parts, prepared.statement, tenant, suites);
    let entry: IndexEntry | undefined;
    const append = parts.runs.appendWith(leafHash(envelope), async ({ index, proof }) => {
      // Every sealer sees to it that the entry before its own is indexed, so none is ever missing but the last.
      const last = await parts.index.lastLedgerIndex();
      if (last >= index)
        throw new ArqonError(
          "LEDGER_INVALID",
          `the run ledger has ${index} entries, but entry ${last} was made before`,
          {
            remedy: "The ledger was cut or replaced by an older copy: restore the newest one.",
          },
        );
      if (last !== index - 1) await catchUp(parts, index);
      if (await parts.index.get(recordId)) throw new AlreadySealed();
      const files = finishBundle(prepared, {
        envelope,
        tlogProof: proof,
        publicKeys,
        ...ledgerKeys(parts, publicKeys),
      });
      const all = new Map<string, Uint8Array | FileFacts>([...files, ...prepared.large]);
      entry = await store(parts.objects, all, { title, ledgerIndex: index, addedAt: isoTime(parts.clock) });
      return utf8(canonicalJson({ sheet: entry.sheetDigest }));
    });
    await append.catch((error: unknown) => {
      if (!(error instanceof AlreadySealed)) throw error;
    });
    if (entry) await parts.index.add([entry]);
    sealedAt = entry?.sheet.ledgerIndex;
  }
  return {
    ...prepared.ids,
    ledgerIndex: sealedAt ?? (await parts.index.get(recordId))?.ledgerIndex ?? -1,
    reproduced: await parts.index.reproduced(prepared.ids.artifactId),
  };
}

/** The signed statement, and the keys that signed. When another process rotates them just then, the new ones sign. */
async function signStatement(
  parts: VaultParts,
  statement: Uint8Array,
  tenant: string,
  suites: readonly SignatureAlgorithm[],
): Promise<{ readonly envelope: Uint8Array; readonly publicKeys: readonly PublicKey[] }> {
  return againAfterRotation(async () => {
    const publicKeys = parts.signers("run", tenant, suites);
    return {
      envelope: encodeEnvelope(await createEnvelope(IN_TOTO_TYPE, statement, publicKeys)),
      publicKeys,
    };
  });
}

/** The keys of the checkpoint, where they are not those of the envelope: fewer suites sign that, or older keys did. */
function ledgerKeys(
  parts: VaultParts,
  publicKeys: readonly PublicKey[],
): { readonly ledgerKeys?: readonly PublicKey[] } {
  const keys = parts.signers();
  const ids = new Set(publicKeys.map(({ keyId }) => keyId));
  return keys.length === ids.size && keys.every(({ keyId }) => ids.has(keyId)) ? {} : { ledgerKeys: keys };
}

/**
 * Of every parent that is here, the files a stub is made of. One that not all of the child's suites signed is left out:
 * whoever asks for them of the child could not verify it.
 */
async function parentsOf(
  { index, objects }: VaultParts,
  { parents }: BundleDraft,
  suites: readonly SignatureAlgorithm[],
): Promise<BundleFiles[]> {
  const found: BundleFiles[] = [];
  for (const artifactId of new Set(parents.map((parent) => parent.artifactId))) {
    if ((await index.reproduced(artifactId)) === 0) continue;
    const files = new Map<string, Uint8Array>();
    for (const [path, digest] of await index.files((await index.find(artifactId)).recordId)) {
      if (!isStubSource(path)) continue;
      const bytes = await objects.get(digest);
      if (!bytes)
        throw new ArqonError(
          "BUNDLE_TAMPERED",
          `${path} of the parent ${artifactId} is missing: object sha256:${digest}`,
        );
      files.set(path, bytes);
    }
    if (suites.every((suite) => files.has(attestationKeyPath(suite)))) found.push(files);
  }
  return found;
}

/** Stores what is held. What is not must be there already. */
async function store(
  objects: ObjectStore,
  contents: BundleListing,
  context: SheetContext,
): Promise<IndexEntry> {
  const sheet = sheetOf(contents, context);
  const bytes = encodeSheet(sheet);
  const files = heldFiles(contents);
  for (const [path, file] of contents)
    if (!files.has(path) && !(await objects.has(digestOf(file))))
      throw new ArqonError("BUNDLE_TAMPERED", `${path} is missing: object sha256:${digestOf(file)}`);
  await objects.put([...files.values(), bytes]);
  return {
    sheet,
    sheetDigest: sha256Hex(bytes),
    facts: await factsOf(sheet, async (path) => files.get(path)),
  };
}

/**
 * Takes in a bundle of another vault, after verifying that nothing of it was changed. Whether its signers are trusted is
 * for whoever verifies it later; importing one that is here already changes nothing.
 *
 * @throws ArqonError `BUNDLE_TAMPERED` naming what is wrong with the bundle.
 */
export async function importFiles(
  parts: VaultParts,
  files: BundleContents,
  title: string,
  onProgress: OnProgress = () => {},
): Promise<string> {
  parts.signers(); // The import is noted in the governance log: without keys nothing may be written.
  const report = await verifyBundle(files, { require: CRYPTO_MODES[parts.policy.defaultMode].require });
  if (report.verdict !== "VERIFIED" || !report.ids) {
    const problems = problemsOf(report);
    throw new ArqonError(
      "BUNDLE_TAMPERED",
      `the bundle does not verify: ${problems.slice(0, 3).join("; ")}`,
      {
        details: { problems: problems.length },
      },
    );
  }
  const { recordId } = report.ids;
  if (await parts.index.get(recordId)) return recordId;
  // The large ones first, without the lock: they are young, which keeps them until the record speaks of them.
  await keepLarge(parts.objects, files, onProgress);
  // Under the run ledger's lock, as sealing is, so that no check takes the objects for orphans.
  await parts.runs.exclusive(async () => {
    const entry = await store(parts.objects, files, {
      title: title.replaceAll("\0", ""),
      ledgerIndex: -1,
      addedAt: isoTime(parts.clock),
    });
    await parts.audit.append({ event: IMPORT_EVENT, record: recordId, sheet: entry.sheetDigest });
    await parts.index.add([entry]);
  });
  return recordId;
}
