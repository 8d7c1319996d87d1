/** Second half of sealing: envelope, ledger proof, public keys and `SHA256SUMS`. */
import { fromUtf8, utf8 } from "../base/index.ts";
import { type PublicKey, parseEnvelope, parseTlogProof, pemOf } from "../proof/index.ts";
import type { FileFacts } from "./contents.ts";
import type { BundleFiles } from "./draft.ts";
import { attestationKeyPath, ENVELOPE_PATH, ledgerKeyPath, PROOF_PATH } from "./layout.ts";
import type { Prepared } from "./prepare.ts";
import { renderSums, SUMS_PATH } from "./sums.ts";

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
  const files = new Map(prepared.files);
  files.set(ENVELOPE_PATH, parts.envelope);
  files.set(PROOF_PATH, utf8(parts.tlogProof));
  for (const key of parts.publicKeys) files.set(attestationKeyPath(key.algorithm), utf8(pemOf(key.spki)));
  for (const key of parts.ledgerKeys ?? []) files.set(ledgerKeyPath(key.algorithm), utf8(pemOf(key.spki)));
  files.set(SUMS_PATH, renderSums(new Map<string, Uint8Array | FileFacts>([...files, ...prepared.large])));
  return files;
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
