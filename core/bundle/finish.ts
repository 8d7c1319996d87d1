/** Second half of sealing: envelope, ledger proof, public keys and `SHA256SUMS`. */
import { fromUtf8, sha256Hex, utf8 } from "../base/index.ts";
import { type PublicKey, parseEnvelope, parseTlogProof, pemOf } from "../proof/index.ts";
import type { BundleFiles } from "./draft.ts";
import { attestationKeyPath, ENVELOPE_PATH, ledgerKeyPath, PROOF_PATH } from "./layout.ts";
import type { Prepared } from "./prepare.ts";
import { renderDigests, renderSums, SUMS_PATH } from "./sums.ts";

/** What signing and logging gave. */
export interface SealParts {
  /** The envelope's file form, as `encodeEnvelope` gives it: also the ledger's entry. */
  readonly envelope: Uint8Array;
  /** The proof file, as `formatTlogProof` gives it. */
  readonly tlogProof: string;
  /** One public key for each suite that signed. */
  readonly publicKeys: readonly PublicKey[];
  /** Keys of the ledger's checkpoints, when they are not the same. */
  readonly ledgerKeys?: readonly PublicKey[];
}

/**
 * Every file of the bundle that is held. It does not verify signatures: whoever seals holds the keys.
 * @throws ArqonError when the envelope or the proof cannot even be read.
 */
export function finishBundle(prepared: Prepared, parts: SealParts): BundleFiles {
  parseEnvelope(parts.envelope);
  parseTlogProof(parts.tlogProof);
  return finishListed(prepared, parts).files;
}

/** As {@link finishBundle}, of parts that were made just now, with the digest of every file, held or not. */
export function finishListed(
  prepared: Prepared,
  parts: SealParts,
): { readonly files: BundleFiles; readonly digests: ReadonlyMap<string, string> } {
  const files = new Map(prepared.files);
  const digests = new Map<string, string>();
  for (const [path, { sha256 }] of prepared.facts) digests.set(path, sha256);
  const add = (path: string, bytes: Uint8Array): void => {
    files.set(path, bytes);
    digests.set(path, sha256Hex(bytes));
  };
  add(ENVELOPE_PATH, parts.envelope);
  add(PROOF_PATH, utf8(parts.tlogProof));
  const addKey = (path: string, { spki }: PublicKey): void => {
    const { bytes, sha256 } = keyFile(spki);
    files.set(path, bytes);
    digests.set(path, sha256);
  };
  for (const key of parts.publicKeys) addKey(attestationKeyPath(key.algorithm), key);
  for (const key of parts.ledgerKeys ?? []) addKey(ledgerKeyPath(key.algorithm), key);
  add(SUMS_PATH, renderDigests(digests));
  return { files, digests };
}

/** Key files by their keys, which stay the same over many bundles and are not changed. */
const keyFiles = new WeakMap<Uint8Array, { readonly bytes: Uint8Array; readonly sha256: string }>();

function keyFile(spki: Uint8Array): { readonly bytes: Uint8Array; readonly sha256: string } {
  let file = keyFiles.get(spki);
  if (!file) {
    const bytes = utf8(pemOf(spki));
    file = { bytes, sha256: sha256Hex(bytes) };
    keyFiles.set(spki, file);
  }
  return file;
}

/** The same bundle with a newer proof of the same entry; its ids and signatures stay. */
export function withProof(files: BundleFiles, tlogProof: string): BundleFiles {
  parseTlogProof(tlogProof);
  const renewed = new Map(files).set(PROOF_PATH, utf8(tlogProof));
  return renewed.set(SUMS_PATH, renderSums(renewed));
}

/** A file of a bundle as text. @throws TypeError when it is not there, or not UTF-8. */
export function textOf(files: BundleFiles, path: string): string {
  const bytes = files.get(path);
  if (!bytes) throw new TypeError(`the bundle has no ${path}`);
  return fromUtf8(bytes);
}
