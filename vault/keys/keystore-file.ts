/** The form of `keystore.json`: canonical JSON, authenticated as a whole, with every private key sealed by itself. */
import {
  ArqonError,
  canonicalJsonFile,
  fromBase64,
  type JsonObject,
  jsonObject,
  parseCanonicalJson,
  toBase64,
} from "@arqon/core/base";
import { isSignatureAlgorithm, keyIdOf } from "@arqon/core/proof";
import type { KeyInfo } from "./keystore.ts";
import { authenticate } from "./seal-key.ts";

const SCHEMA = "arqonbus.keystore.v1";
/** How the sealing key is derived; the numbers are fixed by the schema's version, so that a file cannot choose them. */
export type KeyDerivation = "argon2id" | "credential";

/** One key as it is kept. */
export interface StoredKey extends KeyInfo {
  readonly sealed: Uint8Array;
}

/** A parsed keystore. Nothing in it is believed before the whole file is authenticated. */
export interface KeystoreFile {
  readonly derivation: KeyDerivation;
  readonly salt: Uint8Array;
  readonly keys: readonly StoredKey[];
}

/** What the seal of a private key is bound to. */
export function sealContext(key: Pick<KeyInfo, "label" | "keyId" | "algorithm">): string {
  return `${key.label}|v1|${key.keyId}|${key.algorithm}`;
}

function body(file: KeystoreFile): JsonObject {
  return {
    schema: SCHEMA,
    protection: "software-sealed",
    kdf: { name: file.derivation, salt: toBase64(file.salt) },
    keys: file.keys.map((key) => ({
      keyId: key.keyId,
      algorithm: key.algorithm,
      label: key.label,
      publicKey: toBase64(key.spki),
      notBefore: key.notBefore,
      notAfter: key.notAfter,
      sealed: toBase64(key.sealed),
    })),
  };
}

/** The file's bytes, with a MAC over everything else in it. */
export function formatKeystore(file: KeystoreFile, macKey: Uint8Array): Uint8Array {
  const content = body(file);
  return canonicalJsonFile({ ...content, mac: toBase64(authenticate(macKey, canonicalJsonFile(content))) });
}

function text(object: JsonObject, field: string): string {
  const value = object[field];
  if (typeof value !== "string") throw new TypeError(`"${field}" is not a text`);
  return value;
}

function parseKey(value: JsonObject): StoredKey {
  const algorithm = text(value, "algorithm");
  if (!isSignatureAlgorithm(algorithm))
    throw new TypeError(`the algorithm "${algorithm.slice(0, 32)}" is not known`);
  const spki = fromBase64(text(value, "publicKey"));
  const keyId = text(value, "keyId");
  if (keyIdOf(spki) !== keyId)
    throw new TypeError(`${keyId.slice(0, 19)} is not the digest of its public key`);
  return {
    keyId,
    algorithm,
    label: text(value, "label"),
    spki,
    notBefore: text(value, "notBefore"),
    notAfter: text(value, "notAfter"),
    protection: "software-sealed",
    sealed: fromBase64(text(value, "sealed")),
  };
}

/**
 * Reads the form; the caller authenticates it.
 * @throws ArqonError `KEYSTORE_LOCKED` naming what is wrong with the file.
 */
export function parseKeystore(bytes: Uint8Array, path: string): KeystoreFile {
  try {
    const root = jsonObject(parseCanonicalJson(bytes, path), path);
    if (root["schema"] !== SCHEMA) throw new TypeError(`its schema is not ${SCHEMA}`);
    const kdf = jsonObject(root["kdf"], "kdf");
    const derivation = text(kdf, "name");
    if (derivation !== "argon2id" && derivation !== "credential")
      throw new TypeError(`the key derivation "${derivation.slice(0, 32)}" is not known`);
    const keys = root["keys"];
    if (!Array.isArray(keys)) throw new TypeError(`"keys" is not a list`);
    return {
      derivation,
      salt: fromBase64(text(kdf, "salt")),
      keys: keys.map((key) => parseKey(jsonObject(key, "a key"))),
    };
  } catch (cause) {
    throw new ArqonError("KEYSTORE_LOCKED", `${path} was altered or damaged: ${(cause as Error).message}`, {
      cause,
      remedy: "Restore keystore.json from a copy.",
    });
  }
}
