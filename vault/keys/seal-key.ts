/** The secrets that open a keystore: from a passphrase or a credential to one key that seals and one that authenticates. */
import { argon2Sync, createCipheriv, createDecipheriv, createHmac, getFips, hkdfSync } from "node:crypto";
import { ArqonError, concatBytes, type Entropy, utf8 } from "@arqon/core/base";

/** What a keystore is opened with. */
export type KeystoreSecret =
  | { readonly kind: "passphrase"; readonly passphrase: string }
  /** 32 random bytes kept in a file beside the keystore. */
  | { readonly kind: "credential"; readonly credential: Uint8Array }
  /** 32 random bytes that a token wrapped and has unwrapped. */
  | { readonly kind: "token"; readonly root: Uint8Array };

/** Keys derived from a secret; `seal` encrypts private keys, `mac` authenticates the whole file. */
export interface SealKeys {
  readonly seal: Uint8Array;
  readonly mac: Uint8Array;
}

/**
 * Derives both keys.
 * @throws ArqonError `FIPS_UNAVAILABLE` for a passphrase in a process that works with a FIPS provider: none has argon2id.
 * @cost 64 MiB and some 0.2 s for a passphrase (argon2id, RFC 9106's second choice).
 */
export function deriveSealKeys(secret: KeystoreSecret, salt: Uint8Array): SealKeys {
  if (secret.kind === "passphrase" && getFips() === 1)
    throw new ArqonError("FIPS_UNAVAILABLE", "argon2id, which a passphrase is for, is in no FIPS provider", {
      remedy: "Unset ARQON_KEY_PASSPHRASE in a new ARQON_HOME: a credential file or a token opens it.",
    });
  const root =
    secret.kind !== "passphrase"
      ? secret.kind === "credential"
        ? secret.credential
        : secret.root
      : argon2Sync("argon2id", {
          message: utf8(secret.passphrase.normalize("NFC")),
          nonce: salt,
          parallelism: 4,
          tagLength: 32,
          memory: 65_536,
          passes: 3,
        });
  const derive = (purpose: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", root, salt, `arqon.keystore.v1 ${purpose}`, 32));
  return { seal: derive("seal"), mac: derive("mac") };
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM: nonce, ciphertext, tag. `context` is authenticated with it and must be given again to open. */
export function sealBytes(key: Uint8Array, plain: Uint8Array, context: string, entropy: Entropy): Uint8Array {
  const nonce = entropy(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(utf8(context));
  return concatBytes(nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

/** Opens what {@link sealBytes} made. @throws when key, context or any byte differs. */
export function openBytes(key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new RangeError("sealed bytes are too short");
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(utf8(context)).setAuthTag(sealed.subarray(-TAG_BYTES));
  const head = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  const plain = concatBytes(head, decipher.final());
  head.fill(0);
  return plain;
}

/** HMAC-SHA256 over `bytes`. */
export function authenticate(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(bytes).digest());
}
