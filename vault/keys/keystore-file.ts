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
import { isKeyAlgorithm } from "./algorithms.ts";
import type { KeyInfo, KeyState } from "./keystore.ts";
import { authenticate } from "./seal-key.ts";

/** How the sealing key is derived; the numbers are fixed by the schema, so that a file cannot choose them. */
export type KeyDerivation = "argon2id" | "credential" | "token";

/** How a token opens the file: a root secret that one of its keys wrapped. */
export interface TokenRoot {
  readonly tokenId: string;
  readonly wrapped: Uint8Array;
}

/** Version 1 knows active keys of two suites alone; the next change of such a file makes it version 2. */
export type KeystoreVersion = 1 | 2;

const schemaOf = (version: KeystoreVersion): string => `arqonbus.keystore.v${version}`;
const STATES: readonly string[] = ["pending", "active", "retired", "disabled"];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Most keys a file may hold. */
const MAX_KEYS = 500;

/** One key as it is kept. */
export interface StoredKey extends KeyInfo {
  /** The sealed secret; empty for a key in a token. */
  readonly sealed: Uint8Array;
  /** Names the key in its token, where it is in one. */
  readonly tokenId?: string;
}

/** A parsed keystore. Nothing in it is believed before the whole file is authenticated. */
export interface KeystoreFile {
  readonly version: KeystoreVersion;
  readonly derivation: KeyDerivation;
  readonly salt: Uint8Array;
  /** Present where `derivation` is "token". */
  readonly root?: TokenRoot;
  readonly keys: readonly StoredKey[];
}

/** What the seal of a private key is bound to; the same in both versions. */
export function sealContext(key: Pick<KeyInfo, "label" | "keyId" | "algorithm">): string {
  return `${key.label}|v1|${key.keyId}|${key.algorithm}`;
}

function body(file: KeystoreFile): JsonObject {
  return {
    schema: schemaOf(file.version),
    protection: "software-sealed",
    kdf: {
      name: file.derivation,
      salt: toBase64(file.salt),
      ...(file.root && { tokenId: file.root.tokenId, wrapped: toBase64(file.root.wrapped) }),
    },
    keys: file.keys.map((key) => ({
      keyId: key.keyId,
      algorithm: key.algorithm,
      label: key.label,
      publicKey: toBase64(key.spki),
      notBefore: key.notBefore,
      notAfter: key.notAfter,
      sealed: toBase64(key.sealed),
      ...(file.version === 2 && { state: key.state }),
      ...(key.endedAt !== undefined && { endedAt: key.endedAt }),
      ...(key.tokenId !== undefined && { tokenId: key.tokenId }),
    })),
  };
}

/** The file's bytes, with a MAC over everything else in it. */
export function formatKeystore(file: KeystoreFile, macKey: Uint8Array): Uint8Array {
  if (file.keys.length > MAX_KEYS)
    throw new ArqonError("LIMIT_EXCEEDED", `a keystore of ${file.keys.length} keys, limit ${MAX_KEYS}`);
  const content = body(file);
  return canonicalJsonFile({ ...content, mac: toBase64(authenticate(macKey, canonicalJsonFile(content))) });
}

function text(object: JsonObject, field: string): string {
  const value = object[field];
  if (typeof value !== "string") throw new TypeError(`"${field}" is not a text`);
  return value;
}

function time(object: JsonObject, field: string): string {
  const value = text(object, field);
  if (!TIME.test(value) || Number.isNaN(Date.parse(value)))
    throw new TypeError(`"${field}" is not a UTC time`);
  return value;
}

function tokenIdIn(object: JsonObject): string {
  const id = text(object, "tokenId");
  if (!/^[0-9a-f]{32}$/.test(id)) throw new TypeError(`"tokenId" is not 32 hexadecimal digits`);
  return id;
}

function parseKey(value: JsonObject, version: KeystoreVersion): StoredKey {
  const algorithm = text(value, "algorithm");
  if (!isKeyAlgorithm(algorithm) || (version === 1 && !isSignatureAlgorithm(algorithm)))
    throw new TypeError(`the algorithm "${algorithm.slice(0, 32)}" is not known`);
  const spki = fromBase64(text(value, "publicKey"));
  const keyId = text(value, "keyId");
  if (keyIdOf(spki) !== keyId)
    throw new TypeError(`${keyId.slice(0, 19)} is not the digest of its public key`);
  const state = version === 1 ? "active" : text(value, "state");
  if (!STATES.includes(state)) throw new TypeError(`the state "${state.slice(0, 32)}" is not known`);
  return {
    keyId,
    algorithm,
    label: text(value, "label"),
    spki,
    notBefore: time(value, "notBefore"),
    notAfter: time(value, "notAfter"),
    state: state as KeyState,
    ...(value["endedAt"] !== undefined && { endedAt: time(value, "endedAt") }),
    protection: value["tokenId"] === undefined ? "software-sealed" : "hsm-resident",
    sealed: fromBase64(text(value, "sealed")),
    ...(value["tokenId"] !== undefined && { tokenId: tokenIdIn(value) }),
  };
}

/**
 * Reads the form; the caller authenticates it.
 * @throws ArqonError `KEYSTORE_LOCKED` naming what is wrong with the file.
 */
export function parseKeystore(bytes: Uint8Array, path: string): KeystoreFile {
  try {
    const root = jsonObject(parseCanonicalJson(bytes, path), path);
    const version = ([1, 2] as const).find((one) => root["schema"] === schemaOf(one));
    if (version === undefined) throw new TypeError(`its schema is neither ${schemaOf(1)} nor ${schemaOf(2)}`);
    const kdf = jsonObject(root["kdf"], "kdf");
    const derivation = text(kdf, "name");
    const isToken = derivation === "token" && version === 2;
    if (derivation !== "argon2id" && derivation !== "credential" && !isToken)
      throw new TypeError(`the key derivation "${derivation.slice(0, 32)}" is not known`);
    const keys = root["keys"];
    if (!Array.isArray(keys) || keys.length > MAX_KEYS)
      throw new TypeError(`"keys" is not a list of at most ${MAX_KEYS}`);
    return {
      version,
      derivation,
      salt: fromBase64(text(kdf, "salt")),
      ...(isToken && { root: { tokenId: tokenIdIn(kdf), wrapped: fromBase64(text(kdf, "wrapped")) } }),
      keys: keys.map((key) => parseKey(jsonObject(key, "a key"), version)),
    };
  } catch (cause) {
    throw new ArqonError("KEYSTORE_LOCKED", `${path} was altered or damaged: ${(cause as Error).message}`, {
      cause,
      remedy: "Restore keystore.json from a copy.",
    });
  }
}
