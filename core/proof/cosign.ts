/** Witness cosignatures on checkpoints (C2SP tlog-cosignature, version 1): "at this time, this was the log as I know it". */
import { ArqonError, concatBytes, equalBytes, fromBase64, sha256, toBase64, utf8 } from "../base/index.ts";
import { checkpointBody, type SignedCheckpoint } from "./note.ts";
import { rawPublicKey } from "./suite.ts";
import type { SignatureVerifier } from "./verifier.ts";

const TYPE = Uint8Array.of(4);

/** A witness as those who check it know it. */
export interface WitnessKey {
  /** One line without spaces or "+", e.g. "witness.example/w1". */
  readonly name: string;
  /** DER of an Ed25519 SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

function rawKey({ spki }: WitnessKey): Uint8Array {
  const raw = rawPublicKey("ed25519", spki);
  if (!raw) throw new TypeError("a witness has an Ed25519 key");
  return raw;
}

const keyHash = (key: WitnessKey): Uint8Array => sha256(utf8(`${key.name}\n`), TYPE, rawKey(key)).slice(0, 4);

/** The witness's key as C2SP tools want it. */
export function witnessVerifierKey(key: WitnessKey): string {
  const hex = Array.from(keyHash(key), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${key.name}+${hex}+${toBase64(concatBytes(TYPE, rawKey(key)))}`;
}

const message = (seconds: number, body: string): Uint8Array =>
  utf8(`cosignature/v1\ntime ${seconds}\n${body}`);

/** The line to append to the note. `seconds` since 1970. */
export async function cosign(
  checkpoint: SignedCheckpoint,
  key: WitnessKey,
  seconds: number,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Promise<string> {
  const body = checkpointBody(checkpoint);
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(seconds));
  const signature = await sign(message(seconds, body));
  return `\u2014 ${key.name} ${toBase64(concatBytes(keyHash(key), time, signature))}\n`;
}

/** When a witness cosigned, in seconds since 1970; `undefined` when it did not, or not validly. */
export async function cosignedAt(
  checkpoint: SignedCheckpoint,
  key: WitnessKey,
  verifier: SignatureVerifier,
): Promise<number | undefined> {
  const hash = keyHash(key);
  for (const { name, bytes } of checkpoint.signatures) {
    if (name !== key.name || bytes.length !== 76 || !equalBytes(bytes.subarray(0, 4), hash)) continue;
    const seconds = Number(new DataView(bytes.buffer, bytes.byteOffset + 4, 8).getBigUint64(0));
    const signed = message(seconds, checkpoint.body);
    if ((await verifier.verify("ed25519", key.spki, signed, bytes.subarray(12))) === "valid") return seconds;
  }
  return undefined;
}

/** What a log asks a witness (C2SP tlog-witness, add-checkpoint). */
export interface CosignRequest {
  /** The size the witness is thought to know; 0 when it knows nothing. */
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note. */
  readonly note: string;
}

/** The request's text. */
export function formatCosignRequest({ oldSize, proof, note }: CosignRequest): string {
  return `old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join("")}\n${note}`;
}

/** @throws ArqonError `LEDGER_INVALID` */
export function parseCosignRequest(text: string): CosignRequest {
  const bad = (what: string): never => {
    throw new ArqonError("LEDGER_INVALID", `the witness request ${what}`);
  };
  const gap = text.indexOf("\n\n");
  if (gap < 0) bad("has no checkpoint");
  const [first = "", ...hashes] = text.slice(0, gap).split("\n");
  const size = /^old (0|[1-9][0-9]{0,15})$/.exec(first)?.[1];
  if (size === undefined || !Number.isSafeInteger(Number(size))) bad('does not start with "old" and a size');
  if (hashes.length > 63) bad(`has ${hashes.length} hashes`);
  const proof = hashes.map((line, i) => {
    try {
      const hash = fromBase64(line);
      return hash.length === 32 ? hash : bad(`has a malformed hash ${i}`);
    } catch {
      return bad(`has a malformed hash ${i}`);
    }
  });
  return { oldSize: Number(size), proof, note: text.slice(gap + 2) };
}
