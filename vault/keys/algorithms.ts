/** Key pairs as node:crypto knows them. A private key is 32 seed bytes behind a fixed PKCS#8 prefix, for both suites. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { concatBytes, type Entropy, fromHex } from "@arqon/core/base";
import type { SignatureAlgorithm } from "@arqon/core/proof";

/** PKCS#8 up to the seed: RFC 8410 for Ed25519, RFC 9881 (seed only) for ML-DSA-65. */
const PKCS8_PREFIX: Readonly<Record<SignatureAlgorithm, Uint8Array>> = {
  ed25519: fromHex("302e020100300506032b657004220420"),
  "ml-dsa-65": fromHex("3034020100300b060960864801650304031204228020"),
};

/** PKCS#8 of a fresh key. The caller seals it and overwrites it. */
export function freshPkcs8(algorithm: SignatureAlgorithm, entropy: Entropy): Uint8Array {
  const seed = entropy(32);
  const pkcs8 = concatBytes(PKCS8_PREFIX[algorithm], seed);
  seed.fill(0);
  return pkcs8;
}

/** The key behind PKCS#8 bytes. @throws when they are not a key of `algorithm`. */
export function privateKeyOf(pkcs8: Uint8Array, algorithm: SignatureAlgorithm): KeyObject {
  const key = createPrivateKey({
    key: Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length),
    format: "der",
    type: "pkcs8",
  });
  if (key.asymmetricKeyType !== algorithm)
    throw new TypeError(`a ${key.asymmetricKeyType} key where ${algorithm} was expected`);
  return key;
}

/** DER of the public half. */
export function publicSpki(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ type: "spki", format: "der" }));
}
