/** What a keystore needs of a token: keys that are made in it and work in it. */
import type { KeyAlgorithm } from "./algorithms.ts";

/** A key that was made in a token. */
export interface TokenKey {
  /** Names the key within the token: 32 hexadecimal digits. */
  readonly tokenId: string;
  /** DER of the SubjectPublicKeyInfo; of a symmetric key, a check value. */
  readonly spki: Uint8Array;
}

/** An open token. Its calls block; there is none that gives a key out. */
export interface KeyToken {
  /** Whether the token itself can make and use keys like this. */
  supports(algorithm: KeyAlgorithm): boolean;
  /** Makes a key that cannot be extracted, durable in the token. `tokenId` is a fresh name. */
  generate(algorithm: KeyAlgorithm, label: string, tokenId: string): TokenKey;
  /** Takes back a key that was made but is listed nowhere. Absent: nothing to do. */
  remove(tokenId: string): void;
  sign(tokenId: string, algorithm: KeyAlgorithm, message: Uint8Array): Uint8Array;
  /** AES-256-GCM: nonce, ciphertext, tag. */
  encrypt(tokenId: string, nonce: Uint8Array, plain: Uint8Array, context: string): Uint8Array;
  /** @throws ArqonError `SEAL_BROKEN` when key, context or any byte differs. */
  decrypt(tokenId: string, sealed: Uint8Array, context: string): Uint8Array;
  /** The shared secret, 32 bytes. @throws ArqonError `SEAL_BROKEN` when the ciphertext is of another length. */
  decapsulate(tokenId: string, algorithm: KeyAlgorithm, ciphertext: Uint8Array): Uint8Array;
  close(): void;
}

/** Where a token is and what opens it. */
export interface TokenPlace {
  /** Path of the PKCS#11 library. */
  readonly module: string;
  /** The token's label. */
  readonly label: string;
  /** What the library wants to be started with, e.g. NSS softoken: "configdir='sql:/var/lib/keys' flags= ". */
  readonly parameters?: string;
}
