/** The C2SP transparency-log proof file: an inclusion proof and the checkpoint it leads to. */
import { ArqonError, fromBase64, toBase64 } from "../base/index.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { parseCheckpoint, type SignedCheckpoint } from "./note.ts";

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_HASHES = 63;

/** A leaf's place in a log, and the way to the log's root. */
export interface TlogProof {
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  /** The signed note, as text. */
  readonly checkpoint: string;
}

function bad(what: string): never {
  throw new ArqonError("LEDGER_INVALID", `the ledger proof ${what}`);
}

/** The file's text. */
export function formatTlogProof(proof: TlogProof): string {
  const hashes = proof.hashes.map((hash) => `${toBase64(hash)}\n`).join("");
  return `${HEADER}\nindex ${proof.index}\n${hashes}\n${proof.checkpoint}`;
}

/** Reads a proof file; its `extra` line, if any, is passed over. @throws ArqonError `LEDGER_INVALID`. */
export function parseTlogProof(text: string): TlogProof & { readonly signed: SignedCheckpoint } {
  const gap = text.indexOf("\n\n");
  if (gap < 0) bad("has no checkpoint");
  const lines = text.slice(0, gap).split("\n");
  if (lines.shift() !== HEADER) bad(`does not start with "${HEADER}"`);
  if (/^extra [A-Za-z0-9+/]+={0,2}$/.test(lines[0] ?? "")) lines.shift();
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? "")?.[1];
  if (index === undefined || !Number.isSafeInteger(Number(index))) bad("has no index");
  if (lines.length > MAX_HASHES) bad(`has ${lines.length} hashes`);
  const hashes = lines.map((line, i) => {
    let hash: Uint8Array | undefined;
    try {
      hash = fromBase64(line);
    } catch {
      hash = undefined;
    }
    return hash?.length === 32 ? hash : bad(`has a malformed hash ${i}`);
  });
  const checkpoint = text.slice(gap + 2);
  return { index: Number(index), hashes, checkpoint, signed: parseCheckpoint(checkpoint) };
}

/** Whether a parsed proof holds for an entry's bytes. The checkpoint's signatures are judged separately. */
export function verifyTlogProof(
  proof: TlogProof & { readonly signed: SignedCheckpoint },
  entry: Uint8Array,
): boolean {
  return verifyInclusion(proof.index, proof.signed.size, leafHash(entry), proof.hashes, proof.signed.root);
}
