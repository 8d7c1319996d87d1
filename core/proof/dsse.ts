/** DSSE envelopes: the bytes that are signed, making an envelope, and its one encoding. */
import {
  ArqonError,
  canonicalJsonFile,
  concatBytes,
  jsonObject,
  parseCanonicalJson,
  toBase64,
  utf8,
} from "../base/index.ts";
import type { SignatureAlgorithm } from "./suite.ts";

/** Payload type of an in-toto statement. */
export const IN_TOTO_TYPE = "application/vnd.in-toto+json";

/** Most signatures an envelope may carry. */
export const MAX_SIGNATURES = 8;

/** One signature of an envelope; `sig` is base64. */
export interface EnvelopeSignature {
  readonly keyid: string;
  readonly sig: string;
}

/** A DSSE envelope. */
export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly EnvelopeSignature[];
}

/** Something that signs, wherever its key is. */
export interface Signer {
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** The pre-authentication encoding: what every signature of an envelope covers. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const typeBytes = utf8(payloadType).length;
  return concatBytes(utf8(`DSSEv1 ${typeBytes} ${payloadType} ${payload.length} `), payload);
}

/** Signs a payload with every signer, in their order. */
export async function createEnvelope(
  payloadType: string,
  payload: Uint8Array,
  signers: readonly Signer[],
): Promise<Envelope> {
  const message = pae(payloadType, payload);
  const signatures: EnvelopeSignature[] = [];
  for (const signer of signers)
    signatures.push({ keyid: signer.keyId, sig: toBase64(await signer.sign(message)) });
  return { payloadType, payload: toBase64(payload), signatures };
}

/** The file form of an envelope: canonical JSON and a line feed. These bytes are the ledger's leaf. */
export function encodeEnvelope(envelope: Envelope): Uint8Array<ArrayBuffer> {
  const signatures = envelope.signatures.map(({ keyid, sig }) => ({ keyid, sig }));
  return canonicalJsonFile({ payload: envelope.payload, payloadType: envelope.payloadType, signatures });
}

const text = (value: unknown, what: string): string => {
  if (typeof value !== "string") throw new ArqonError("JSON_INVALID", `${what} must be a text`);
  return value;
};

/**
 * Reads an envelope from canonical JSON, with or without a final line feed.
 * @throws ArqonError `JSON_INVALID` naming `what`; nothing is verified yet.
 */
export function parseEnvelope(bytes: Uint8Array, what = "envelope"): Envelope {
  const object = jsonObject(parseCanonicalJson(bytes, what), what);
  if (Object.keys(object).join() !== "payload,payloadType,signatures" || !Array.isArray(object["signatures"]))
    throw new ArqonError("JSON_INVALID", `${what} must have exactly payload, payloadType and signatures`);
  const signatures = object["signatures"].map((item, i) => {
    const entry = jsonObject(item, `${what} signature ${i}`);
    if (Object.keys(entry).join() !== "keyid,sig")
      throw new ArqonError("JSON_INVALID", `${what} signature ${i} must have exactly keyid and sig`);
    return { keyid: text(entry["keyid"], `${what} keyid ${i}`), sig: text(entry["sig"], `${what} sig ${i}`) };
  });
  return {
    payloadType: text(object["payloadType"], `${what} payloadType`),
    payload: text(object["payload"], `${what} payload`),
    signatures,
  };
}
