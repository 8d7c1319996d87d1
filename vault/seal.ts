/** Sealing and importing: the only ways a record comes into the vault. */
import { ArqonError, canonicalJson, utf8 } from "@arqon/core/base";
import {
  attestationKeyPath,
  type BundleContents,
  type BundleDraft,
  type BundleFiles,
  finishListed,
  heldFiles,
  isStubSource,
  type OnProgress,
  type Prepared,
  prepareBundle,
  problemsOf,
  type RunManifest,
  verifyBundle,
} from "@arqon/core/bundle";
import {
  CRYPTO_MODES,
  createEnvelope,
  encodeEnvelope,
  IN_TOTO_TYPE,
  leafHash,
  type PublicKey,
  requireEntry,
  type SignatureAlgorithm,
} from "@arqon/core/proof";
import { catchUp, IMPORT_EVENT } from "./catch-up.ts";
import { readDistrust } from "./distrust.ts";
import {
  encodeSheet,
  factsOf,
  filesBeside,
  type IndexEntry,
  type RecordSheet,
  sheetFrom,
  sheetOf,
} from "./index/index.ts";
import { againAfterRotation, type VaultSigner } from "./keys/index.ts";
import { fileOf, keepLarge, sheetOfRecord } from "./large.ts";
import type { Receipt } from "./ledger/index.ts";
import type { ObjectStore } from "./objects/index.ts";
import type { VaultParts } from "./parts.ts";
import { refuseSecrets } from "./secrets.ts";
import { isoTime } from "./time.ts";
import type { SealedRun } from "./vault.ts";
import { placeOf, requireOneHistory } from "./whole.ts";

/** A draft with its ids and its signatures: what is left is to log and to keep it. */
export interface Signed {
  readonly prepared: Prepared;
  readonly title: string;
  readonly envelope: Uint8Array;
  readonly publicKeys: readonly PublicKey[];
}

/** Signers by a name for them: those at hand, or else what `ask` gives. */
export type SignersAtHand = (name: string, ask: () => readonly VaultSigner[]) => readonly VaultSigner[];

/**
 * Computes the ids of a draft and signs its statement: one ceremony, which covers the manifest and every digest.
 * @throws ArqonError `SECRET_FOUND`, `KEY_REFUSED`, `KEYSTORE_LOCKED` and what `prepareBundle` refuses.
 */
export async function signDraft(
  parts: VaultParts,
  draft: BundleDraft,
  title: string,
  atHand: SignersAtHand = (_, ask) => ask(),
): Promise<Signed> {
  refuseSecrets(draft, title, parts.secrets);
  const { tenant } = draft.manifest;
  if (!parts.policy.allows(tenant, "sign"))
    throw new ArqonError("KEY_REFUSED", `tenant "${tenant}" may not sign with the vault's keys`);
  const cryptoMode = parts.policy.modeOf(tenant);
  const suites = CRYPTO_MODES[cryptoMode].sign;
  const signersNow = () => parts.signers("run", tenant, suites);
  // Without keys nothing more is done.
  let signers: readonly VaultSigner[] | undefined = atHand(`${cryptoMode} ${tenant}`, signersNow);
  const prepared = prepareBundle(
    { ...draft, manifest: { ...draft.manifest, cryptoMode, ...(parts.fips && { fips: parts.fips }) } },
    { title, suites, ...parts.profile, parents: await parentsOf(parts, draft, suites) },
  );
  // When another process rotates the keys just then, the new ones sign.
  return againAfterRotation(async () => {
    const publicKeys = signers ?? signersNow();
    signers = undefined;
    const envelope = encodeEnvelope(await createEnvelope(IN_TOTO_TYPE, prepared.statement, publicKeys));
    requireEntry(envelope, "the signed statement", "Give fewer results: every file of them is named in it.");
    return { prepared, title, envelope, publicKeys };
  });
}

/** Thrown inside the ledger's transaction to leave it as it was. */
class AlreadySealed extends Error {}

/**
 * Logs and keeps drafts under one checkpoint. Objects are durable before the ledger commits, and the ledger before the
 * index: whatever moment it stops at, either nothing speaks of a record, or all of it is there and {@link catchUp} finds
 * it. A draft that was sealed before gives the record it gave then. No two may be of the same record.
 */
export async function keepSigned(parts: VaultParts, signed: readonly Signed[]): Promise<SealedRun[]> {
  const { index, runs } = parts;
  const ids = signed.map(({ prepared }) => prepared.ids.recordId);
  let held = await index.positions(ids);
  for (let fresh = missingFrom(signed, held); fresh.length > 0; fresh = missingFrom(signed, held)) {
    let entries: readonly IndexEntry[] = [];
    const leaves = fresh.map(({ envelope }) => leafHash(envelope));
    const append = runs.appendWith(leaves, async (receipts) => {
      const first = (receipts[0] as Receipt).index;
      await requireNext(parts, first);
      held = await index.positions(ids);
      if (missingFrom(signed, held).length < fresh.length) throw new AlreadySealed();
      entries = await keepFinished(parts, fresh, receipts);
      return entries.map(({ sheetDigest }) => utf8(canonicalJson({ sheet: sheetDigest })));
    });
    await append.catch((error: unknown) => {
      if (!(error instanceof AlreadySealed)) throw error;
    });
    await index.addLater(entries);
    for (const { sheet } of entries) held.set(sheet.recordId, sheet.ledgerIndex);
  }
  const reproduced = await index.reproducedAll(signed.map(({ prepared }) => prepared.ids.artifactId));
  return signed.map(({ prepared: { ids } }) => ({
    ...ids,
    ledgerIndex: held.get(ids.recordId) ?? -1,
    reproduced: reproduced.get(ids.artifactId) ?? 0,
  }));
}

const missingFrom = (signed: readonly Signed[], held: ReadonlyMap<string, number>): Signed[] =>
  signed.filter(({ prepared }) => !held.has(prepared.ids.recordId));

/** Every sealer sees to it that the entries before its own are indexed, so none is ever missing but the last ones. */
async function requireNext(parts: VaultParts, first: number): Promise<void> {
  const last = await parts.index.lastLedgerIndex();
  if (last >= first)
    throw new ArqonError(
      "LEDGER_ROLLED_BACK",
      `the run ledger has ${first} entries, but entry ${last} was made before`,
      { remedy: "The ledger was cut or replaced by an older copy: restore the newest one." },
    );
  if (last !== first - 1) await catchUp(parts, first);
}

/** The bundles with their proofs, kept together. */
async function keepFinished(
  parts: VaultParts,
  signed: readonly Signed[],
  receipts: readonly Receipt[],
): Promise<IndexEntry[]> {
  const addedAt = isoTime(parts.clock);
  const keys = parts.signers();
  const stored = signed.map(({ prepared, title, envelope, publicKeys }, i) => {
    const { index, proof } = receipts[i] as Receipt;
    const { files, digests } = finishListed(prepared, {
      envelope,
      tlogProof: proof,
      publicKeys,
      ...ledgerKeys(keys, publicKeys),
    });
    const { manifest } = prepared;
    const sheet = sheetFrom({ ...prepared, files, digests }, { title, ledgerIndex: index, addedAt });
    return { sheet, files, manifest };
  });
  // That the ledger had all before is durable by now; that it has these is not yet.
  return store(parts.objects, stored, receipts[0]?.index);
}

/** The keys of the checkpoint, where they are not those of the envelope: fewer suites sign that, or older keys did. */
function ledgerKeys(
  keys: readonly PublicKey[],
  publicKeys: readonly PublicKey[],
): { readonly ledgerKeys?: readonly PublicKey[] } {
  const ids = new Set(publicKeys.map(({ keyId }) => keyId));
  return keys.length === ids.size && keys.every(({ keyId }) => ids.has(keyId)) ? {} : { ledgerKeys: keys };
}

/**
 * Of every parent that is here, the files a stub is made of. One that not all of the child's suites signed is left out:
 * whoever asks for them of the child could not verify it.
 */
async function parentsOf(
  parts: VaultParts,
  { parents, manifest: { tenant } }: BundleDraft,
  suites: readonly SignatureAlgorithm[],
): Promise<BundleFiles[]> {
  const { index, objects } = parts;
  const found: BundleFiles[] = [];
  for (const artifactId of new Set(parents.map((parent) => parent.artifactId))) {
    // Another tenant's record of an equal run tells when that was run, and as which job.
    if ((await index.reproduced(artifactId, tenant)) === 0) continue;
    const files = new Map<string, Uint8Array>();
    const sheet = await sheetOfRecord(parts, (await index.find(artifactId, tenant)).recordId);
    for (const path of sheet.files.keys()) {
      if (!isStubSource(path)) continue;
      const bytes = await fileOf(objects, sheet, path);
      if (!bytes) throw new ArqonError("BUNDLE_TAMPERED", `${path} of the parent ${artifactId} is missing`);
      files.set(path, bytes);
    }
    if (suites.every((suite) => files.has(attestationKeyPath(suite)))) found.push(files);
  }
  return found;
}

/** A record to store, with the files of it that are held. */
interface Stored {
  readonly sheet: RecordSheet;
  readonly files: BundleFiles;
  readonly manifest?: RunManifest;
}

/**
 * Stores what is held, all at once. What is not must be there already.
 * @param ledgerSize  entries the run ledger is known to have, which is kept with them.
 */
async function store(
  objects: ObjectStore,
  records: readonly Stored[],
  ledgerSize?: number,
): Promise<IndexEntry[]> {
  const beside: Uint8Array[] = [];
  for (const { sheet, files } of records)
    for (const [path, digest] of filesBeside(sheet)) {
      const file = files.get(path);
      if (file) beside.push(file);
      else if (!(await objects.has(digest)))
        throw new ArqonError("BUNDLE_TAMPERED", `${path} is missing: object sha256:${digest}`);
    }
  const sheets = records.map(({ sheet }) => encodeSheet(sheet));
  const digests = await objects.put([...sheets, ...beside], ledgerSize);
  const entries: IndexEntry[] = [];
  for (const [i, { sheet, files, manifest }] of records.entries()) {
    const sheetDigest = digests[i] as string;
    entries.push({
      sheet,
      sheetDigest,
      facts: await factsOf(sheet, sheetDigest, async (path) => files.get(path), manifest),
    });
  }
  return entries;
}

/**
 * Takes in a bundle of another vault, after verifying that nothing of it was changed. Whether its signers are trusted is
 * for whoever verifies it later, but a key that was removed is refused; importing one that is here already changes nothing.
 *
 * @throws ArqonError with the code of what is wrong with the bundle, `BUNDLE_TAMPERED` unless it is something particular;
 *   `LEDGER_FORK` when its log shows another history than here.
 */
export async function importFiles(
  parts: VaultParts,
  files: BundleContents,
  title: string,
  onProgress: OnProgress = () => {},
): Promise<string> {
  parts.signers(); // The import is noted in the governance log: without keys nothing may be written.
  const report = await verifyBundle(files, {
    require: CRYPTO_MODES[parts.policy.defaultMode].require,
    refused: readDistrust(parts.home),
  });
  if (report.verdict !== "VERIFIED" || !report.ids) {
    const problems = problemsOf(report);
    throw new ArqonError(
      report.code ?? "BUNDLE_TAMPERED",
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
  const place = await placeOf(heldFiles(files));
  // Under the run ledger's lock, as sealing is, so that no check takes the objects for orphans.
  await parts.runs.exclusive(async () => {
    await requireOneHistory(parts, place);
    const context = { title: title.replaceAll("\0", ""), ledgerIndex: -1, addedAt: isoTime(parts.clock) };
    const [entry] = (await store(parts.objects, [
      { sheet: sheetOf(files, context), files: heldFiles(files) },
    ])) as [IndexEntry];
    await parts.audit.append({
      event: IMPORT_EVENT,
      record: recordId,
      sheet: entry.sheetDigest,
      log: { ...place },
    });
    await parts.index.add([entry]);
  });
  return recordId;
}
