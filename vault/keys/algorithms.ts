/** What a key can be, as data: how it is made, how it is called, what it may do. */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { concatBytes, type Entropy, fromHex } from "@arqon/core/base";

/** What a key does with its private half. */
export type KeyOperation = "sign" | "decapsulate" | "wrap";

interface AlgorithmKind {
  /** `asymmetricKeyType` of node:crypto, or "secret". */
  readonly type: string;
  readonly operation: KeyOperation;
  /** PKCS#8 up to the secret (RFC 8410, 5915, 9881 and 9935, seed only), and the secret's length in bytes. */
  readonly pkcs8?: { readonly prefix: Uint8Array; readonly bytes: number };
}

const seed = (type: string, operation: KeyOperation, hex: string, bytes: number): AlgorithmKind => ({
  type,
  operation,
  pkcs8: { prefix: fromHex(hex), bytes },
});

/** An algorithm a keystore has keys of. */
export type KeyAlgorithm =
  | "ed25519"
  | "ecdsa-p256"
  | "ml-dsa-44"
  | "ml-dsa-65"
  | "ml-dsa-87"
  | "slh-dsa-sha2-128s"
  | "slh-dsa-sha2-128f"
  | "ml-kem-512"
  | "ml-kem-768"
  | "ml-kem-1024"
  | "aes-256-gcm";

const KINDS: Readonly<Record<KeyAlgorithm, AlgorithmKind>> = {
  ed25519: seed("ed25519", "sign", "302e020100300506032b657004220420", 32),
  "ecdsa-p256": seed(
    "ec",
    "sign",
    "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420",
    32,
  ),
  "ml-dsa-44": seed("ml-dsa-44", "sign", "3034020100300b060960864801650304031104228020", 32),
  "ml-dsa-65": seed("ml-dsa-65", "sign", "3034020100300b060960864801650304031204228020", 32),
  "ml-dsa-87": seed("ml-dsa-87", "sign", "3034020100300b060960864801650304031304228020", 32),
  // Their private key holds the root of a hash tree, which only the library can compute.
  "slh-dsa-sha2-128s": { type: "slh-dsa-sha2-128s", operation: "sign" },
  "slh-dsa-sha2-128f": { type: "slh-dsa-sha2-128f", operation: "sign" },
  "ml-kem-512": seed("ml-kem-512", "decapsulate", "3054020100300b060960864801650304040104428040", 64),
  "ml-kem-768": seed("ml-kem-768", "decapsulate", "3054020100300b060960864801650304040204428040", 64),
  "ml-kem-1024": seed("ml-kem-1024", "decapsulate", "3054020100300b060960864801650304040304428040", 64),
  "aes-256-gcm": { type: "secret", operation: "wrap" },
};

/** Every algorithm, in the order help shows them. */
export const KEY_ALGORITHMS: readonly KeyAlgorithm[] = Object.keys(KINDS) as KeyAlgorithm[];

/** Whether a text names an algorithm. */
export function isKeyAlgorithm(text: string): text is KeyAlgorithm {
  return Object.hasOwn(KINDS, text);
}

/** The one operation the private half of such a key is for. */
export function operationOf(algorithm: KeyAlgorithm): KeyOperation {
  return KINDS[algorithm].operation;
}

/** Hash to sign with, as node:crypto wants it: ECDSA signs a digest, the others the message itself. */
export function digestOf(algorithm: KeyAlgorithm): "sha256" | null {
  return algorithm === "ecdsa-p256" ? "sha256" : null;
}

/** What follows from ECDSA's scalar being a number below the group's order: bytes that are none are drawn again. */
const P256_ORDER = fromHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const isScalar = (bytes: Uint8Array): boolean =>
  bytes.some((byte) => byte !== 0) && Buffer.compare(bytes, P256_ORDER) < 0;

/** The secret bytes of a fresh key: PKCS#8, or the key itself where it is symmetric. The caller seals and overwrites them. */
export function freshSecret(algorithm: KeyAlgorithm, entropy: Entropy): Uint8Array {
  if (algorithm === "aes-256-gcm") return entropy(32);
  const kind = KINDS[algorithm];
  if (!kind.pkcs8) {
    const made = generateKeyPairSync(kind.type as "slh-dsa-sha2-128s");
    return new Uint8Array(made.privateKey.export({ type: "pkcs8", format: "der" }));
  }
  let secret = entropy(kind.pkcs8.bytes);
  while (algorithm === "ecdsa-p256" && !isScalar(secret)) secret = entropy(kind.pkcs8.bytes);
  const pkcs8 = concatBytes(kind.pkcs8.prefix, secret);
  secret.fill(0);
  return pkcs8;
}

/** The key behind secret bytes. @throws when they are not a key of `algorithm`. */
export function secretKeyOf(secret: Uint8Array, algorithm: KeyAlgorithm): KeyObject {
  const bytes = Buffer.from(secret.buffer, secret.byteOffset, secret.length);
  if (algorithm === "aes-256-gcm") {
    if (bytes.length !== 32) throw new TypeError(`an AES-256 key of ${bytes.length} bytes`);
    return createSecretKey(bytes);
  }
  const key = createPrivateKey({ key: bytes, format: "der", type: "pkcs8" });
  if (key.asymmetricKeyType !== KINDS[algorithm].type)
    throw new TypeError(`a ${key.asymmetricKeyType} key where ${algorithm} was expected`);
  return key;
}

/**
 * What is public of a key: DER of its SubjectPublicKeyInfo. A symmetric key has no public half; it gets a check value of
 * 32 bytes that names it and tells nothing about it.
 */
export function publicPartOf(key: KeyObject): Uint8Array {
  if (key.type === "secret") return checkValue(key);
  return new Uint8Array(createPublicKey(key).export({ type: "spki", format: "der" }));
}

function checkValue(key: KeyObject): Uint8Array {
  const mac = createHmac("sha256", key).update("arqon.key-check.v1").digest();
  return new Uint8Array(createHash("sha256").update(mac).digest());
}
