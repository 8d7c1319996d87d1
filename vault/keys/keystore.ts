/** The keystore's contract: what a sealed file, a token or an HSM can all do. */

import type { PublicKey, SignatureAlgorithm } from "@arqon/core/proof";

/** What may be known of a key by everyone. */
export interface KeyInfo extends PublicKey {
  /** What the key is for, e.g. "vault". */
  readonly label: string;
  /** UTC, RFC 3339: the key signs from `notBefore` until before `notAfter`. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** "software-sealed": encrypted at rest, but in the memory of the process while it signs. */
  readonly protection: "software-sealed" | "hsm-resident";
}

/** When a key may sign; UTC microseconds since 1970. */
export interface Validity {
  readonly notBeforeUs: number;
  readonly notAfterUs: number;
}

/** Holds keys and signs with them. There is no way to get a private key out. */
export interface Keystore {
  /** Every key, oldest first. */
  list(): readonly KeyInfo[];
  /** Makes a key; durable once resolved. */
  generate(algorithm: SignatureAlgorithm, label: string, validity: Validity): Promise<KeyInfo>;
  /**
   * Signature over `message` itself (no separate hash).
   * @throws ArqonError `KEY_UNKNOWN` when the store has no such key or it is not valid now.
   */
  sign(keyId: string, message: Uint8Array): Promise<Uint8Array>;
}
