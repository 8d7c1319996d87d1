/** The operations themselves, on keys of node:crypto. */
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  decapsulate as decapsulateSecret,
  encapsulate as encapsulateSecret,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { ArqonError, concatBytes, type Entropy, utf8 } from "@arqon/core/base";
import { digestOf, type KeyAlgorithm, operationOf } from "./algorithms.ts";
import type { KeyInfo } from "./keystore.ts";

/** Largest data key that is wrapped, in bytes. */
const MAX_DATA_KEY_BYTES = 4096;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** SLH-DSA takes seconds: from this algorithm on, signing leaves the thread. */
const isSlow = (algorithm: KeyAlgorithm): boolean => algorithm.startsWith("slh-dsa");

export function signWith(key: KeyObject, algorithm: KeyAlgorithm, message: Uint8Array): Promise<Uint8Array> {
  const digest = digestOf(algorithm);
  if (!isSlow(algorithm)) return Promise.resolve(viewOf(sign(digest, message, key)));
  return new Promise((resolve, reject) =>
    sign(digest, message, key, (error, signature) => (error ? reject(error) : resolve(viewOf(signature)))),
  );
}

/** The same bytes, as a plain array. */
const viewOf = ({ buffer, byteOffset, length }: Buffer): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);

/** Whether a signature is valid. It never throws on a bad one. */
export function verifySignature(
  key: Pick<KeyInfo, "algorithm" | "spki">,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (operationOf(key.algorithm) !== "sign") return false;
  try {
    return verify(digestOf(key.algorithm), message, publicKeyOf(key.spki), signature);
  } catch {
    return false;
  }
}

/** A fresh shared secret (32 bytes), and the ciphertext only the key's holder can get it from. */
export function encapsulateTo(key: Pick<KeyInfo, "algorithm" | "spki" | "keyId">): {
  readonly secret: Uint8Array;
  readonly ciphertext: Uint8Array;
} {
  if (operationOf(key.algorithm) !== "decapsulate")
    throw new ArqonError(
      "KEY_REFUSED",
      `key ${key.keyId} is for ${key.algorithm}; nothing is encapsulated to it`,
    );
  const { sharedKey, ciphertext } = encapsulateSecret(publicKeyOf(key.spki));
  return { secret: new Uint8Array(sharedKey), ciphertext: new Uint8Array(ciphertext) };
}

export function decapsulateWith(key: KeyObject, ciphertext: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(decapsulateSecret(key, ciphertext));
  } catch (cause) {
    throw new ArqonError("SEAL_BROKEN", `a ciphertext of ${ciphertext.length} bytes does not fit its key`, {
      cause,
    });
  }
}

/** @throws ArqonError `LIMIT_EXCEEDED` */
export function requireDataKey(dataKey: Uint8Array): void {
  if (dataKey.length === 0 || dataKey.length > MAX_DATA_KEY_BYTES)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `a data key of ${dataKey.length} bytes; 1 to ${MAX_DATA_KEY_BYTES} are wrapped`,
    );
}

/** AES-256-GCM: nonce, ciphertext, tag. */
export function wrapWith(key: KeyObject, dataKey: Uint8Array, context: string, entropy: Entropy): Uint8Array {
  const nonce = entropy(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(utf8(context));
  return concatBytes(nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag());
}

export function unwrapWith(key: KeyObject, wrapped: Uint8Array, context: string): Uint8Array {
  const overhead = NONCE_BYTES + TAG_BYTES;
  try {
    if (wrapped.length <= overhead || wrapped.length > overhead + MAX_DATA_KEY_BYTES)
      throw new RangeError(`${wrapped.length} bytes`);
    const nonce = wrapped.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(utf8(context)).setAuthTag(wrapped.subarray(-TAG_BYTES));
    const head = decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES));
    const plain = concatBytes(head, decipher.final());
    head.fill(0);
    return plain;
  } catch (cause) {
    throw new ArqonError("SEAL_BROKEN", `a wrapped data key does not open for "${context.slice(0, 80)}"`, {
      cause,
    });
  }
}

function publicKeyOf(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
}
