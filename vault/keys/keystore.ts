/** The keystore's contract: what a sealed file, an isolated process or a token can all do. */
import { isSignatureAlgorithm, type PublicKey } from "@arqon/core/proof";
import type { KeyAlgorithm } from "./algorithms.ts";

/**
 * "pending" keys are announced but do not sign yet, "retired" ones sign and wrap no more but still open what they
 * closed, "disabled" ones do nothing. Signatures of all of them can be verified.
 */
export type KeyState = "pending" | "active" | "retired" | "disabled";

/** Where the private half is while it works. */
export type KeyProtection =
  /** Encrypted at rest; in the memory of a process while it works. */
  | "software-sealed"
  /** Never outside a token. */
  | "hsm-resident";

/** What may be known of a key by everyone. */
export interface KeyInfo {
  /** "sha256:" and the hexadecimal digest of `spki`. */
  readonly keyId: string;
  readonly algorithm: KeyAlgorithm;
  /** DER of the SubjectPublicKeyInfo; of a symmetric key, a check value. */
  readonly spki: Uint8Array;
  /** What the key is for, e.g. "vault". */
  readonly label: string;
  /** UTC, RFC 3339: the key signs from `notBefore` until before `notAfter`. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly state: KeyState;
  /** When it stopped being active. */
  readonly endedAt?: string;
  readonly protection: KeyProtection;
}

/** A key of the suites bundles and checkpoints are signed with. */
export type SuiteKey = KeyInfo & PublicKey;

/** Whether bundles may be signed with keys like this. */
export function isSuiteKey(key: KeyInfo): key is SuiteKey {
  return isSignatureAlgorithm(key.algorithm);
}

/** When a key may sign; UTC microseconds since 1970. */
export interface Validity {
  readonly notBeforeUs: number;
  readonly notAfterUs: number;
}

/** A key to make. */
export interface KeyRequest {
  readonly algorithm: KeyAlgorithm;
  /** What the key is for: letters, digits, ".", "_" and "-". */
  readonly label: string;
  readonly validity: Validity;
}

/**
 * Holds keys and works with them. There is no way to get a private key out. Every method refuses with
 * `KEY_UNKNOWN`, `KEY_EXPIRED`, `KEY_DISABLED`, `KEY_REFUSED` (not what the key is for) or `KEYSTORE_UNAVAILABLE`.
 */
export interface Keystore {
  /** Every key, oldest first, as any process has last left them. */
  list(): readonly KeyInfo[];
  /** Makes a key, active at once; durable once resolved. */
  generate(algorithm: KeyAlgorithm, label: string, validity: Validity): Promise<KeyInfo>;
  /**
   * First half of a rotation: makes a pending successor for every active key with this label. When successors are
   * pending already, an interrupted rotation goes on with those. Returns them.
   */
  prepare(label: string, validity: Validity): Promise<readonly KeyInfo[]>;
  /** Second half: pending keys with this label become active, and those they succeed retired. One step, durable. */
  activate(label: string): Promise<void>;
  /** Ends the use of a key for good; durable once resolved. */
  disable(keyId: string): Promise<KeyInfo>;
  /** Signature over `message` itself (no separate hash); ECDSA over its SHA-256, as DER. */
  sign(keyId: string, message: Uint8Array): Promise<Uint8Array>;
  /** Encrypts a data key of at most 4 KiB; `context` must be given again to unwrap it. */
  wrap(keyId: string, dataKey: Uint8Array, context: string): Promise<Uint8Array>;
  /** @throws ArqonError `SEAL_BROKEN` when key, context or any byte differs. */
  unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /** The shared secret (32 bytes) of a ciphertext that was encapsulated to this key. */
  decapsulate(keyId: string, ciphertext: Uint8Array): Promise<Uint8Array>;
  /** Lets go of every key. */
  close(): Promise<void>;
}
