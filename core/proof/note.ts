/** Checkpoints as C2SP signed notes: a log's origin, size and root, signed. */
import {
  ArqonError,
  concatBytes,
  type ErrorCode,
  equalBytes,
  fromBase64,
  sha256,
  toBase64,
  utf8,
} from "../base/index.ts";
import type { CheckStatus, RequiredSuites } from "./dsse-verify.ts";
import { type PublicKey, rawPublicKey, type SignatureAlgorithm } from "./suite.ts";
import type { SignatureVerifier } from "./verifier.ts";

/** The state of a log. */
export interface Checkpoint {
  /** The log's name; one line without spaces or "+". */
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** One signature line of a note. */
export interface NoteSignature {
  readonly name: string;
  /** Key hash (4 bytes) and signature. */
  readonly bytes: Uint8Array;
}

/** A checkpoint with its signatures, and the text they cover. */
export interface SignedCheckpoint extends Checkpoint {
  readonly body: string;
  readonly signatures: readonly NoteSignature[];
}

/** Signs a checkpoint's body. */
export interface NoteSigner {
  readonly algorithm: SignatureAlgorithm;
  readonly spki: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Most signature lines a note may carry. */
const MAX_NOTE_SIGNATURES = 16;

// Type 1 is Ed25519; 0xff is for algorithms without a number and is followed by a name nobody else would choose.
const NOTE_TYPES: Readonly<Record<SignatureAlgorithm, Uint8Array>> = {
  ed25519: Uint8Array.of(1),
  "ml-dsa-65": concatBytes(Uint8Array.of(0xff), utf8("urn:arqon:note:ml-dsa-65:v1")),
};

const NAME = /^[^\s+\p{C}]{1,255}$/u;
const LINE = /^\u2014 ([^\s+\p{C}]{1,255}) ([A-Za-z0-9+/]+={0,2})$/u;

function bad(what: string): never {
  throw new ArqonError("LEDGER_INVALID", what);
}

/** First four bytes of SHA-256(name, line feed, type, public key): how a note names the key that signed it. */
export function noteKeyHash(name: string, algorithm: SignatureAlgorithm, spki: Uint8Array): Uint8Array {
  const raw = rawPublicKey(algorithm, spki);
  if (!raw) throw new TypeError(`not an ${algorithm} public key`);
  return sha256(utf8(`${name}\n`), NOTE_TYPES[algorithm], raw).slice(0, 4);
}

/** The key as C2SP tools want it: name, key hash and key on one line. */
export function verifierKey(name: string, algorithm: SignatureAlgorithm, spki: Uint8Array): string {
  const hash = noteKeyHash(name, algorithm, spki);
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${name}+${hex}+${toBase64(concatBytes(NOTE_TYPES[algorithm], rawPublicKey(algorithm, spki) ?? hash))}`;
}

/** The text that signatures of a checkpoint cover: three lines. */
export function checkpointBody(checkpoint: Checkpoint): string {
  if (!NAME.test(checkpoint.origin)) throw new TypeError(`"${checkpoint.origin}" cannot name a log`);
  return `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`;
}

/** Signs a checkpoint with every signer, in their order. Returns the note. */
export async function signCheckpoint(
  checkpoint: Checkpoint,
  signers: readonly NoteSigner[],
): Promise<string> {
  const body = checkpointBody(checkpoint);
  let note = `${body}\n`;
  for (const signer of signers) {
    const hash = noteKeyHash(checkpoint.origin, signer.algorithm, signer.spki);
    const signature = await signer.sign(utf8(body));
    note += `\u2014 ${checkpoint.origin} ${toBase64(concatBytes(hash, signature))}\n`;
  }
  return note;
}

function base64(text: string, what: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch {
    return bad(`${what} is not canonical base64`);
  }
}

/** Reads a signed checkpoint; nothing is verified yet. @throws ArqonError `LEDGER_INVALID`. */
export function parseCheckpoint(note: string): SignedCheckpoint {
  const gap = note.indexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n")) bad("the checkpoint is not a signed note");
  const body = note.slice(0, gap + 1);
  const [origin, size, root, ...rest] = body.split("\n");
  if (origin === undefined || !NAME.test(origin)) bad("the checkpoint's origin is malformed");
  if (size === undefined || !/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    bad("the checkpoint's size is malformed");
  if (rest.length !== 1 || rest[0] !== "") bad("the checkpoint has other than three lines");
  const rootBytes = base64(root ?? "", "the checkpoint's root");
  if (rootBytes.length !== 32) bad(`the checkpoint's root has ${rootBytes.length} bytes, not 32`);
  const lines = note.slice(gap + 2, -1).split("\n");
  if (lines.length > MAX_NOTE_SIGNATURES) bad(`the checkpoint has ${lines.length} signature lines`);
  const signatures = lines.map((line) => {
    const [, name, data] = LINE.exec(line) ?? bad("a signature line of the checkpoint is malformed");
    const bytes = base64(data as string, "a signature of the checkpoint");
    if (bytes.length < 5) bad("a signature of the checkpoint is too short");
    return { name: name as string, bytes };
  });
  return { origin, size: Number(size), root: rootBytes, body, signatures };
}

/** How a checkpoint fared. */
export interface CheckpointVerdict {
  readonly status: CheckStatus;
  /** Where it failed: what of, as an error of the catalogue. */
  readonly code?: ErrorCode;
  readonly detail: string;
  /** Keys whose signatures are valid. */
  readonly validKeyIds: readonly string[];
}

/**
 * Judges the signatures of a checkpoint. As with envelopes, an invalid signature by a known key refuses the whole, lines
 * of unknown keys (witnesses, say) are ignored, and every required group must have signed.
 */
export async function verifyCheckpoint(
  checkpoint: SignedCheckpoint,
  policy: {
    readonly keys: readonly PublicKey[];
    readonly require: RequiredSuites;
    readonly verifier: SignatureVerifier;
  },
): Promise<CheckpointVerdict> {
  const message = utf8(checkpoint.body);
  const signed = new Set<SignatureAlgorithm>();
  const unavailable = new Set<SignatureAlgorithm>();
  const validKeyIds: string[] = [];
  const answer = (
    status: CheckStatus,
    detail: string,
    code: ErrorCode = "LEDGER_INVALID",
  ): CheckpointVerdict => ({ status, detail, validKeyIds, ...(status === "failed" && { code }) });
  let lines = checkpoint.signatures.filter(({ name }) => name === checkpoint.origin);
  for (const key of policy.keys) {
    const hash = noteKeyHash(checkpoint.origin, key.algorithm, key.spki);
    const isOwn = ({ bytes }: NoteSignature): boolean => equalBytes(bytes.subarray(0, 4), hash);
    const own = lines.filter(isOwn);
    lines = lines.filter((line) => !isOwn(line));
    if (own.length > 1) return answer("failed", `two checkpoint signatures by ${key.keyId}`);
    for (const { bytes } of own) {
      const verdict = await policy.verifier.verify(key.algorithm, key.spki, message, bytes.subarray(4));
      if (verdict === "invalid")
        return answer("failed", `the ${key.algorithm} signature of the checkpoint is invalid`);
      if (verdict === "unavailable") unavailable.add(key.algorithm);
      else {
        signed.add(key.algorithm);
        validKeyIds.push(key.keyId);
      }
    }
  }
  const open = policy.require.filter((group) => !group.some((name) => signed.has(name)));
  const missing = open.find((group) => !group.some((name) => unavailable.has(name)));
  if (missing)
    return answer(
      "failed",
      `no valid ${missing.join(" or ")} signature on the checkpoint by a known key`,
      lines.length > 0 ? "KEY_UNKNOWN" : "SIGNATURE_MISSING",
    );
  if (open.length > 0)
    return answer("not-checked", `this runtime cannot check ${[...unavailable].join(", ")} signatures`);
  return answer(
    "ok",
    `${checkpoint.origin}, ${checkpoint.size} entries, signed with ${[...signed].join(" and ")}`,
  );
}
