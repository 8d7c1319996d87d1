/** Signature suites: their names, the form of their public keys, and how keys are named. */
import {
  ArqonError,
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  sha256Hex,
  toBase64,
} from "../base/index.ts";

/** A signature algorithm this house uses. */
export type SignatureAlgorithm = "ed25519" | "ml-dsa-65";

/** What is fixed about an algorithm. */
export interface Suite {
  readonly algorithm: SignatureAlgorithm;
  /** Name of the algorithm in WebCrypto. */
  readonly webName: string;
  /** DER of a SubjectPublicKeyInfo up to the key itself. */
  readonly spkiPrefix: Uint8Array;
  readonly publicKeyBytes: number;
  readonly signatureBytes: number;
}

/** Every suite, by algorithm. */
export const SUITES: Readonly<Record<SignatureAlgorithm, Suite>> = {
  ed25519: {
    algorithm: "ed25519",
    webName: "Ed25519",
    spkiPrefix: fromHex("302a300506032b6570032100"),
    publicKeyBytes: 32,
    signatureBytes: 64,
  },
  "ml-dsa-65": {
    algorithm: "ml-dsa-65",
    webName: "ML-DSA-65",
    spkiPrefix: fromHex("308207b2300b0609608648016503040312038207a100"),
    publicKeyBytes: 1952,
    signatureBytes: 3309,
  },
};

/** A public key that is trusted for something. */
export interface PublicKey {
  /** "sha256:" and the hexadecimal digest of the SPKI DER. */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  readonly spki: Uint8Array;
  /** RFC 3339 times between which what it signs is accepted; open where left out. */
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** Whether a text names a suite. */
export function isSignatureAlgorithm(text: string): text is SignatureAlgorithm {
  return Object.hasOwn(SUITES, text);
}

/** The id of a public key: "sha256:" and the digest of its SPKI DER. */
export function keyIdOf(spki: Uint8Array): string {
  return `sha256:${sha256Hex(spki)}`;
}

/** The key inside a SubjectPublicKeyInfo, or `undefined` when the DER is not exactly one of this algorithm. */
export function rawPublicKey(algorithm: SignatureAlgorithm, spki: Uint8Array): Uint8Array | undefined {
  const { spkiPrefix, publicKeyBytes } = SUITES[algorithm];
  if (spki.length !== spkiPrefix.length + publicKeyBytes) return undefined;
  if (!equalBytes(spki.subarray(0, spkiPrefix.length), spkiPrefix)) return undefined;
  return spki.subarray(spkiPrefix.length);
}

/** The SubjectPublicKeyInfo DER of a raw public key. @throws TypeError on a wrong length. */
export function spkiOf(algorithm: SignatureAlgorithm, raw: Uint8Array): Uint8Array {
  const { spkiPrefix, publicKeyBytes } = SUITES[algorithm];
  if (raw.length !== publicKeyBytes) throw new TypeError(`${algorithm} key of ${raw.length} bytes`);
  return concatBytes(spkiPrefix, raw);
}

/** The algorithm whose SubjectPublicKeyInfo this is, if any. */
export function algorithmOf(spki: Uint8Array): SignatureAlgorithm | undefined {
  return (Object.keys(SUITES) as SignatureAlgorithm[]).find((name) => rawPublicKey(name, spki));
}

/** PEM of a SubjectPublicKeyInfo: base64 in lines of 64, with a final line feed. */
export function pemOf(spki: Uint8Array): string {
  const lines = toBase64(spki).match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
}

/**
 * Reads a public key from PEM. Only the exact form that {@link pemOf} writes is accepted.
 * @throws ArqonError `SIGNATURE_INVALID` naming `what`.
 */
export function publicKeyFromPem(pem: string, what: string): PublicKey {
  const body = /^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END PUBLIC KEY-----\n$/.exec(pem)?.[1];
  let spki: Uint8Array | undefined;
  try {
    if (body !== undefined) spki = fromBase64(body.replaceAll("\n", ""));
  } catch {
    spki = undefined;
  }
  if (!spki || pemOf(spki) !== pem)
    throw new ArqonError("SIGNATURE_INVALID", `${what} is not a PEM public key in canonical form`);
  const algorithm = algorithmOf(spki);
  if (!algorithm)
    throw new ArqonError("SIGNATURE_INVALID", `${what} is a public key of an algorithm that is not known`);
  return { keyId: keyIdOf(spki), algorithm, spki };
}
