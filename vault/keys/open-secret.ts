/** Finds what opens a keystore: a passphrase, the credential file, or a token. */
import { join } from "node:path";
import { ArqonError, type Entropy, toHex } from "@arqon/core/base";
import { createFile, readRegularFile } from "../files/index.ts";
import type { KeystoreFile, TokenRoot } from "./keystore-file.ts";
import { undoing } from "./make-key.ts";
import type { KeystoreSecret } from "./seal-key.ts";
import type { KeyToken } from "./token.ts";

const LIMIT_BYTES = 4 << 20;
const ROOT_CONTEXT = "arqon keystore root v1";

/** What may open it. */
export interface SecretOptions {
  readonly home: string;
  readonly entropy: Entropy;
  readonly passphrase?: string;
}

/** Bytes of a file that nobody else may read; `undefined` when there is none. */
export function readSecretFile(path: string): Uint8Array | undefined {
  return readRegularFile(path, { limitBytes: LIMIT_BYTES, secret: true });
}

/**
 * What opens a keystore, or shall open a new one.
 * @throws ArqonError `KEYSTORE_LOCKED` when it cannot be what the file was sealed with.
 */
export function secretOf(options: SecretOptions, file: KeystoreFile | undefined): KeystoreSecret {
  const { home, passphrase } = options;
  if (file?.derivation === "token")
    throw new ArqonError("KEYSTORE_LOCKED", `${home}/keystore.json is sealed by a token`, {
      remedy: "Name the token in policy.json.",
    });
  if (passphrase !== undefined) {
    if (file?.derivation === "credential")
      throw new ArqonError(
        "KEYSTORE_LOCKED",
        `${home}/keystore.json is sealed by its credential file, not by a passphrase`,
        {
          remedy: "Unset ARQON_KEY_PASSPHRASE for this ARQON_HOME.",
        },
      );
    if (passphrase === "") throw new ArqonError("KEYSTORE_LOCKED", "the passphrase of the keystore is empty");
    return { kind: "passphrase", passphrase };
  }
  if (file?.derivation === "argon2id")
    throw new ArqonError(
      "KEYSTORE_LOCKED",
      `${home}/keystore.json is sealed by a passphrase, and none was given`,
    );
  const path = join(home, "credential");
  if (!file) createFile(path, options.entropy(32));
  const credential = readSecretFile(path);
  if (credential?.length !== 32)
    throw new ArqonError(
      "KEYSTORE_LOCKED",
      credential ? `${path} has ${credential.length} bytes, not 32` : `${path} is missing`,
      {
        remedy: "Restore the credential file that was made with this keystore.",
      },
    );
  return { kind: "credential", credential };
}

/** A root secret for a new keystore, wrapped by a new key of the token. */
export function newTokenRoot(
  token: KeyToken,
  entropy: Entropy,
): { readonly secret: KeystoreSecret; readonly root: TokenRoot } {
  const plain = entropy(32);
  const tokenId = toHex(entropy(16));
  const wrapped = undoing(
    token,
    () => [tokenId],
    () => {
      token.generate("aes-256-gcm", "keystore", tokenId);
      return token.encrypt(tokenId, entropy(12), plain, ROOT_CONTEXT);
    },
  );
  return { secret: { kind: "token", root: plain }, root: { tokenId, wrapped } };
}

/**
 * The root secret of a keystore that a token sealed.
 * @throws ArqonError `KEYSTORE_LOCKED` when it is another token, `KEYSTORE_UNAVAILABLE` when it went away.
 */
export function tokenSecret(token: KeyToken, file: KeystoreFile, home: string): KeystoreSecret {
  if (!file.root)
    throw new ArqonError(
      "KEYSTORE_LOCKED",
      `${home}/keystore.json was not sealed by a token, but policy.json names one`,
    );
  try {
    return { kind: "token", root: token.decrypt(file.root.tokenId, file.root.wrapped, ROOT_CONTEXT) };
  } catch (cause) {
    // With a cause of its own: the token failed. Without one it just has no such key.
    if (cause instanceof ArqonError && cause.code === "KEYSTORE_UNAVAILABLE" && cause.cause) throw cause;
    throw new ArqonError("KEYSTORE_LOCKED", `${home}/keystore.json was sealed by another token, or altered`, {
      cause,
    });
  }
}
