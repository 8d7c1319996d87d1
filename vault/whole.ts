/** What a vault remembers of logs: whether its own have all they had, and whether others tell one history. */
import { ArqonError, fromUtf8, toHex } from "@arqon/core/base";
import {
  attestationKeyPath,
  type BundleFiles,
  ENVELOPE_PATH,
  ledgerKeyPath,
  PROOF_PATH,
} from "@arqon/core/bundle";
import {
  BOTH_SUITES,
  leafHash,
  parseTlogProof,
  publicKeyFromPem,
  systemVerifier,
  treeRoot,
  verifyCheckpoint,
} from "@arqon/core/proof";
import { IMPORT_EVENT, notes, RUNS_MARK } from "./catch-up.ts";
import type { VaultParts } from "./parts.ts";

const RESTORE = {
  remedy:
    "The ledger was cut or replaced by an older copy: restore the newest one. Runs can still be exported, and imported elsewhere.",
} as const;

/**
 * The ledgers have at least what the index, the governance ledger's notes and the store of objects know of them. The index
 * is written behind and does not wait for the disk; the store does, with every checkpoint but the last.
 * @throws ArqonError `LEDGER_ROLLED_BACK`
 */
export async function requireWhole({ index, objects, runs, governance }: VaultParts): Promise<void> {
  // What is known first: other processes append meanwhile.
  const known = Math.max((await index.lastLedgerIndex()) + 1, await index.mark(RUNS_MARK), objects.mark());
  const noted = await index.mark("imports");
  requireSize("run", runs.size(), known);
  requireSize("governance", governance.size(), noted);
}

function requireSize(name: string, size: number, known: number): void {
  if (size < known)
    throw new ArqonError(
      "LEDGER_ROLLED_BACK",
      `the ${name} ledger has ${size} entries, but ${known} were made before`,
      RESTORE,
    );
}

/** What a bundle proves of the log it stands in. */
interface Place {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly index: number;
  readonly leaf: string;
  /** Who signed the checkpoint. Anyone may use any log's name: only one key that signs two histories proves a fork. */
  readonly keys: readonly string[];
}

/** Where a bundle that verifies stands. */
export async function placeOf(files: BundleFiles): Promise<Place> {
  const { index, signed } = parseTlogProof(fromUtf8(files.get(PROOF_PATH) as Uint8Array));
  const { origin, size, root } = signed;
  const keys = BOTH_SUITES.flat()
    .flatMap((suite) => [ledgerKeyPath(suite), attestationKeyPath(suite)])
    .flatMap((path) => {
      const pem = files.get(path);
      return pem ? [publicKeyFromPem(fromUtf8(pem), path)] : [];
    });
  const { validKeyIds } = await verifyCheckpoint(signed, { keys, require: [], verifier: systemVerifier() });
  return {
    keys: validKeyIds,
    origin,
    size,
    root: toHex(root),
    index,
    leaf: toHex(leafHash(files.get(ENVELOPE_PATH) as Uint8Array)),
  };
}

/**
 * A bundle's log says nothing else than this vault's own ledger, or than what was imported of that log before.
 * @throws ArqonError `LEDGER_FORK`, or `LEDGER_ROLLED_BACK` where the bundle proves that this vault's ledger was longer.
 */
export async function requireOneHistory(parts: VaultParts, place: Place): Promise<void> {
  const { runs, governance } = parts;
  const isTheirs = (keyIds: readonly string[]): boolean => keyIds.some((id) => place.keys.includes(id));
  const fork = (what: string): never => {
    throw new ArqonError("LEDGER_FORK", `${place.origin} ${what}`);
  };
  if (place.origin === runs.origin && isTheirs(parts.keys.map(({ keyId }) => keyId))) {
    requireSize("run", runs.size(), place.size);
    const root = treeRoot(place.size, (level, i) => runs.hashes(level, i, 1));
    if (toHex(root) !== place.root) fork(`has another tree of ${place.size} entries here`);
    return;
  }
  for await (const { log } of notes(parts, 0, governance.size(), [IMPORT_EVENT])) {
    const seen = log as Partial<Place> | undefined;
    if (seen?.origin !== place.origin || !isTheirs(seen.keys ?? [])) continue;
    if (seen.size === place.size && seen.root !== place.root)
      fork(`has two trees of ${place.size} entries: another bundle shows the other`);
    if (seen.index === place.index && seen.leaf !== place.leaf)
      fork(`has two entries ${place.index}: another bundle shows the other`);
  }
}
