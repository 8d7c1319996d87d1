/** Checks ledgers, index, objects, keys and trust against each other. */
import { ArqonError, equalBytes, utf8 } from "@arqon/core/base";
import {
  type BundleContents,
  type BundleFiles,
  ENVELOPE_PATH,
  heldFiles,
  labelsIn,
  problemsOf,
  readManifest,
  verifyBundle,
} from "@arqon/core/bundle";
import { CRYPTO_MODES, type CryptoMode, leafHash, systemVerifier } from "@arqon/core/proof";
import { ANNOTATE_EVENT, type Annotation, annotationIn, tagsAfter } from "./annotation.ts";
import { catchUp, placedNotes } from "./catch-up.ts";
import { EVERYBODY, encodeSheet, type IndexRow, ownerOf, parseSheet, sheetOf } from "./index/index.ts";
import { contentsOf, proveLarge } from "./large.ts";
import type { VaultParts } from "./parts.ts";
import { readTrust } from "./trust.ts";
import { requireWhole } from "./whole.ts";

/** One line a finding; lines that start with "note:" say something is odd but harmless. Empty when all is well. */
export async function checkVault(parts: VaultParts): Promise<string[]> {
  try {
    await requireWhole(parts);
  } catch (error) {
    // Everything else would follow from this.
    const { code, message, remedy } = ArqonError.from(error);
    return [`${message} [${code}] ${remedy}`];
  }
  const findings: string[] = [];
  const attempt = async (what: string, step: () => void | Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      findings.push(`${what}: ${ArqonError.from(error).message}`);
    }
  };
  await attempt("run ledger", () => parts.runs.verify("all"));
  await attempt("governance ledger", () => checkGovernance(parts));
  await attempt("keystore", () => checkKeys(parts));
  await attempt("trust.json", () => checkTrust(parts, findings));
  let rows: IndexRow[] = [];
  let said: Said = new Map();
  // Nothing is sealed or imported meanwhile, by any process: what then has no record is an orphan.
  await parts.runs.exclusive(async () => {
    await attempt("index", () => catchUp(parts));
    rows = await parts.index.list(Number.MAX_SAFE_INTEGER);
    for (const index of await parts.index.missing(parts.runs.size()))
      findings.push(`run ledger: entry ${index} has no record: its sheet is missing or damaged`);
    await attempt("objects", () => checkOrphans(parts, findings));
    await attempt("annotations", async () => {
      said = await annotationsIn(parts);
    });
  });
  // Records never change: looking at them needs no lock, however many there are.
  for (const row of rows) await checkRecord(parts, row, said, findings);
  return findings;
}

async function checkGovernance({ governance }: VaultParts): Promise<void> {
  await governance.verify("all");
  for (let from = 0; from < governance.size(); from += 1000)
    for (const [i, entry] of (await governance.entries(from, 1000)).entries())
      if (!equalBytes(leafHash(entry), governance.leaf(from + i)))
        throw new ArqonError("LEDGER_INVALID", `entry ${from + i} was altered`);
}

async function checkKeys({ keystore, signers }: VaultParts): Promise<void> {
  if (!keystore) return;
  const message = utf8("arqon.vault.check.v1");
  for (const { algorithm, spki, keyId, sign } of signers())
    if ((await systemVerifier().verify(algorithm, spki, message, await sign(message))) !== "valid")
      throw new ArqonError("KEYSTORE_LOCKED", `key ${keyId} does not sign`);
}

async function checkTrust({ home, keys }: VaultParts, findings: string[]): Promise<void> {
  const trusted = new Set((await readTrust(home)).map((key) => key.keyId));
  for (const key of keys)
    if (!trusted.has(key.keyId))
      findings.push(`note: trust.json does not list this vault's own key ${key.keyId}`);
}

/** Reads a record as a stranger would get it, verifies it, and compares it with its row and its place in the ledger. */
async function checkRecord(parts: VaultParts, row: IndexRow, said: Said, findings: string[]): Promise<void> {
  const name = `record ${row.recordId}`;
  let contents: BundleContents;
  try {
    contents = await contentsOf(parts, row.recordId);
    await proveLarge(contents);
  } catch (error) {
    findings.push(`${name}: ${ArqonError.from(error).message}`);
    return;
  }
  const files = heldFiles(contents);
  const own = row.ledgerIndex >= 0;
  // A key's validity was held to when it signed; the time a bundle states of itself proves nothing.
  const trust = parts.keys.map(({ keyId, algorithm, spki }) => ({ keyId, algorithm, spki }));
  const report = await verifyBundle(contents, {
    require: CRYPTO_MODES[modeOf(parts, files, own)].require,
    ...(own && { trust }),
  });
  if (report.verdict !== "VERIFIED") {
    findings.push(`${name} does not verify: ${problemsOf(report).slice(0, 3).join("; ")}`);
    return;
  }
  if (own && !standsAt(parts, row.ledgerIndex, files))
    findings.push(`${name} is not what entry ${row.ledgerIndex} of the run ledger was made for`);
  if (!(await isTold(parts, row, contents)))
    findings.push(`${name}: its row in the index does not agree with its files`);
  if (!(await isOwned(parts, row, files)))
    findings.push(
      `${name}: the index does not show it to its tenant, or to others too; make the index anew with \`arqon reindex\``,
    );
  const agree = (all: Said): Promise<boolean> =>
    isLabelled(parts, row.recordId, files, all.get(row.recordId) ?? []);
  // Somebody may have said something since: then it agrees once nobody is about to.
  const isSo =
    (await agree(said)) ||
    (await parts.runs.exclusive(async () => {
      await catchUp(parts);
      return agree(await annotationsIn(parts));
    }));
  if (!isSo)
    findings.push(
      `${name}: its labels in the index do not agree with its files and the governance ledger; make the index anew with \`arqon reindex\``,
    );
}

/** What the governance ledger says of records after they were sealed, with where it stands. */
type Said = ReadonlyMap<string, readonly (Annotation & { readonly position: number })[]>;

async function annotationsIn(parts: VaultParts): Promise<Said> {
  const said = new Map<string, (Annotation & { readonly position: number })[]>();
  for await (const { position, note } of placedNotes(parts, 0, parts.governance.size(), [ANNOTATE_EVENT])) {
    const found = annotationIn(note);
    if (found) said.set(found.recordId, [...(said.get(found.recordId) ?? []), { ...found, position }]);
  }
  return said;
}

/** Whether the index has the labels that a record's files and the ledger give it. */
async function isLabelled(
  { index }: VaultParts,
  recordId: string,
  files: BundleFiles,
  said: readonly (Annotation & { readonly position: number })[],
): Promise<boolean> {
  const kept = (await index.tags([recordId])).get(recordId) ?? [];
  const positions = (await index.annotations(recordId)).map(({ position }) => position);
  return (
    kept.join() === tagsAfter(tagsIn(files), said).join() &&
    positions.join() === said.map(({ position }) => position).join()
  );
}

/** A foreign record may say anything. */
function tagsIn(files: BundleFiles): readonly string[] {
  try {
    return labelsIn(files)?.tags ?? [];
  } catch {
    return [];
  }
}

/** Whether the sheet of a record says of it what its files and its row say. */
async function isTold(
  { index, objects }: VaultParts,
  { recordId, title, ledgerIndex, addedAt }: IndexRow,
  contents: BundleContents,
): Promise<boolean> {
  const bytes = await objects.get((await index.sheetDigest(recordId)) ?? "");
  if (!bytes) return false;
  const { within } = parseSheet(bytes, `the sheet of ${recordId}`);
  const sheet = sheetOf(contents, { title, ledgerIndex, addedAt }, (path) => within.has(path));
  return equalBytes(bytes, encodeSheet(sheet));
}

/** Whether the index shows a record to those who may see it: a version that knew no tenants may have written its row. */
async function isOwned({ index }: VaultParts, row: IndexRow, files: BundleFiles): Promise<boolean> {
  const owner = ownerOf(row, readManifest(files));
  const isSeen = (tenant: string): Promise<boolean> =>
    index.find(row.recordId, tenant).then(
      () => true,
      (thrown) => {
        if (ArqonError.from(thrown).code === "ARTIFACT_UNKNOWN") return false;
        throw thrown;
      },
    );
  const byOwner = owner === null || (await isSeen(owner));
  return byOwner && (await isSeen(EVERYBODY)) === (owner === EVERYBODY);
}

/** Own records hold to the mode they were sealed in, which the ledger's signatures cover; others to the mode of here. */
function modeOf({ policy }: VaultParts, files: BundleFiles, own: boolean): CryptoMode {
  try {
    return own ? readManifest(files).crypto_mode : policy.defaultMode;
  } catch {
    return "hybrid"; // Verification says what is wrong with the manifest.
  }
}

function standsAt({ runs }: VaultParts, index: number, files: BundleFiles): boolean {
  const envelope = files.get(ENVELOPE_PATH);
  return envelope !== undefined && index < runs.size() && equalBytes(runs.leaf(index), leafHash(envelope));
}

async function checkOrphans({ objects, index, clock }: VaultParts, findings: string[]): Promise<void> {
  await objects.sweep(clock.nowUs());
  const needed = await index.objects();
  const orphans = (await objects.list("")).filter((digest) => !needed.has(digest)).length;
  if (orphans > 0)
    findings.push(
      `note: ${orphans} objects belong to no record; sealing was interrupted before the ledger took it in`,
    );
}
