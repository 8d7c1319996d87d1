/** The sealed file keystore: `keystore.json` and, where no passphrase is given, `credential`, in one directory. */
import { type KeyObject, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { ArqonError, type Clock, type Entropy, equalBytes } from "@arqon/core/base";
import { createFile, makePrivateDirectory, writePrivateFile } from "../files/index.ts";
import { type KeyAlgorithm, secretKeyOf } from "./algorithms.ts";
import type { KeyInfo, KeyRequest, KeyState, Keystore, Validity } from "./keystore.ts";
import {
  formatKeystore,
  type KeystoreFile,
  parseKeystore,
  type StoredKey,
  sealContext,
} from "./keystore-file.ts";
import { isoOf, type KeyMaker, makeKey, removeKeys, undoing } from "./make-key.ts";
import { newTokenRoot, readSecretFile, secretOf, tokenSecret } from "./open-secret.ts";
import { deriveSealKeys, openBytes, type SealKeys } from "./seal-key.ts";
import type { KeyToken } from "./token.ts";
import { type KeyUse, requireUsable } from "./usable.ts";
import { decapsulateWith, requireDataKey, signWith, unwrapWith, wrapWith } from "./use.ts";

/** Where the keys are and what opens them. */
export interface FileKeystoreOptions {
  /** Directory of `keystore.json`; ARQON_HOME. */
  readonly home: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Without one, 32 random bytes in the file `credential` open the keystore. */
  readonly passphrase?: string;
  /** Holds the keys it can, and opens the file with the others; it is closed with the keystore. */
  readonly token?: KeyToken;
  /** Refuse to make keys that would not be in the token. */
  readonly residentOnly?: boolean;
  /** Keys a new keystore is created with, in one step, so that processes racing to create it end with the same keys. */
  readonly initial?: readonly KeyRequest[];
}

/** The public part of a keystore, without opening it: unauthenticated. Empty when there is none. */
export function readKeystoreKeys(home: string): KeyInfo[] {
  const path = join(home, "keystore.json");
  const bytes = readSecretFile(path);
  return bytes ? parseKeystore(bytes, path).keys.map(publicPart) : [];
}

function publicPart({ sealed: _, tokenId: __, ...info }: StoredKey): KeyInfo {
  return info;
}

/**
 * Opens the keystore of `home`, or creates one with the initial keys.
 * @throws ArqonError `KEYSTORE_LOCKED` for a wrong passphrase or credential, or an altered file.
 */
export function openFileKeystore(options: FileKeystoreOptions): Keystore {
  const path = join(options.home, "keystore.json");
  makePrivateDirectory(options.home);
  let bytes = readSecretFile(path);
  if (!bytes) {
    createKeystore(options, path);
    bytes = readSecretFile(path);
    if (!bytes) throw new ArqonError("KEYSTORE_LOCKED", `${path} vanished while it was opened`);
  }
  const file = parseKeystore(bytes, path);
  const { token, home } = options;
  const keys = deriveSealKeys(token ? tokenSecret(token, file, home) : secretOf(options, file), file.salt);
  requireAuthentic(file, bytes, keys.mac, path);
  return new FileKeystore(options, path, keys, file, bytes);
}

/** Another process may create it first; then that one holds, and nothing of ours stays in the token. */
function createKeystore(options: FileKeystoreOptions, path: string): void {
  const { token, entropy, initial = [] } = options;
  const salt = entropy(32);
  const made = token
    ? newTokenRoot(token, entropy)
    : { secret: secretOf(options, undefined), root: undefined };
  const inToken = made.root ? [made.root.tokenId] : [];
  const created = undoing(
    token,
    () => unlisted(path, inToken),
    () => {
      const derivation = made.secret.kind === "passphrase" ? "argon2id" : made.secret.kind;
      const seal = deriveSealKeys(made.secret, salt);
      const keys = initial.map((request) => {
        const key = makeKey(request, makerOf(options, seal));
        if (key.tokenId !== undefined) inToken.push(key.tokenId);
        return key;
      });
      const file = { version: 2, derivation, salt, keys, ...(made.root && { root: made.root }) } as const;
      return createFile(path, formatKeystore(file, seal.mac));
    },
  );
  if (!created) removeKeys(token, inToken);
}

/** Those of the ids that the file does not name: a write can fail after the file has its new name. In doubt, none. */
function unlisted(path: string, tokenIds: readonly string[]): readonly string[] {
  try {
    const file = Buffer.from(readSecretFile(path) ?? []).toString("latin1");
    return tokenIds.filter((id) => !file.includes(id));
  } catch {
    return [];
  }
}

function makerOf({ entropy, token, residentOnly = false }: FileKeystoreOptions, seal: SealKeys): KeyMaker {
  return { seal, entropy, token, residentOnly };
}

/** The whole file is written again and compared: every byte of it, the MAC included, must be ours. */
function requireAuthentic(file: KeystoreFile, bytes: Uint8Array, mac: Uint8Array, path: string): void {
  const expected = formatKeystore(file, mac);
  if (bytes.length === expected.length && timingSafeEqual(bytes, expected)) return;
  const what = file.derivation === "argon2id" ? "the passphrase is wrong" : "the credential is another one";
  throw new ArqonError("KEYSTORE_LOCKED", `${path} does not open: ${what}, or the file was altered`);
}

class FileKeystore implements Keystore {
  readonly #options: FileKeystoreOptions;
  readonly #path: string;
  readonly #seal: SealKeys;
  #file: KeystoreFile;
  /** The bytes last read or written, to notice another writer. */
  #bytes: Uint8Array;
  readonly #open = new Map<string, KeyObject>();

  constructor(
    options: FileKeystoreOptions,
    path: string,
    seal: SealKeys,
    file: KeystoreFile,
    bytes: Uint8Array,
  ) {
    this.#options = options;
    this.#path = path;
    this.#seal = seal;
    this.#file = file;
    this.#bytes = bytes;
  }

  list(): readonly KeyInfo[] {
    this.#refresh();
    return this.#file.keys.map(publicPart);
  }

  /** Takes in what another process has changed, e.g. a rotation. */
  #refresh(): void {
    const bytes = readSecretFile(this.#path);
    if (!bytes) throw new ArqonError("KEYSTORE_LOCKED", `${this.#path} is missing`);
    if (equalBytes(bytes, this.#bytes)) return;
    const file = parseKeystore(bytes, this.#path);
    requireAuthentic(file, bytes, this.#seal.mac, this.#path);
    this.#file = file;
    this.#bytes = bytes;
    for (const { keyId, state } of file.keys) if (state === "disabled") this.#open.delete(keyId);
  }

  async generate(algorithm: KeyAlgorithm, label: string, validity: Validity): Promise<KeyInfo> {
    const [key] = this.#add([{ algorithm, label, validity }], "active");
    return publicPart(key as StoredKey);
  }

  async prepare(label: string, validity: Validity): Promise<readonly KeyInfo[]> {
    this.#refresh();
    const pending = this.#file.keys.filter((key) => key.label === label && key.state === "pending");
    if (pending.length > 0) return pending.map(publicPart);
    const active = this.#file.keys.filter((key) => key.label === label && key.state === "active");
    if (active.length === 0) throw new ArqonError("KEY_UNKNOWN", `no active key has the label "${label}"`);
    const algorithms = [...new Set(active.map(({ algorithm }) => algorithm))];
    const requests = algorithms.map((algorithm) => ({ algorithm, label, validity }));
    return this.#add(requests, "pending").map(publicPart);
  }

  /** All of them, listed durably, or none, in the token neither. */
  #add(requests: readonly KeyRequest[], state: KeyState): readonly StoredKey[] {
    const inToken: string[] = [];
    return undoing(
      this.#options.token,
      () => unlisted(this.#path, inToken),
      () => {
        const made = requests.map((request) => {
          const key = { ...makeKey(request, makerOf(this.#options, this.#seal)), state };
          if (key.tokenId !== undefined) inToken.push(key.tokenId);
          return key;
        });
        this.#store([...this.#file.keys, ...made]);
        return made;
      },
    );
  }

  async activate(label: string): Promise<void> {
    this.#refresh();
    const mine = (key: StoredKey): boolean => key.label === label;
    const fresh = this.#file.keys.filter((key) => mine(key) && key.state === "pending");
    const succeeded = new Set(fresh.map(({ algorithm }) => algorithm));
    const endedAt = this.#now();
    this.#store(
      this.#file.keys.map((key) => {
        if (!mine(key) || !succeeded.has(key.algorithm)) return key;
        if (key.state === "pending") return { ...key, state: "active" };
        return key.state === "active" ? { ...key, state: "retired", endedAt } : key;
      }),
    );
  }

  async disable(keyId: string): Promise<KeyInfo> {
    this.#refresh();
    const found = this.#file.keys.find((key) => key.keyId === keyId);
    if (!found) throw new ArqonError("KEY_UNKNOWN", `the keystore has no key ${keyId.slice(0, 80)}`);
    if (found.state === "disabled") return publicPart(found);
    const ended: StoredKey = { ...found, state: "disabled", endedAt: found.endedAt ?? this.#now() };
    this.#store(this.#file.keys.map((key) => (key === found ? ended : key)));
    this.#open.delete(keyId);
    return publicPart(ended);
  }

  #now(): string {
    return isoOf(this.#options.clock.nowUs());
  }

  #store(keys: readonly StoredKey[]): void {
    const before = readSecretFile(this.#path);
    if (!before || !equalBytes(before, this.#bytes))
      throw new ArqonError("KEYSTORE_LOCKED", `${this.#path} was changed by another process meanwhile`, {
        remedy: "Open the keystore again.",
      });
    const file: KeystoreFile = { ...this.#file, version: 2, keys };
    const bytes = formatKeystore(file, this.#seal.mac);
    writePrivateFile(this.#path, bytes);
    this.#file = file;
    this.#bytes = bytes;
  }

  async sign(keyId: string, message: Uint8Array): Promise<Uint8Array> {
    const { key, token } = this.#usable(keyId, "sign");
    if (token) return token.sign(key.tokenId, key.algorithm, message);
    return signWith(this.#secret(key), key.algorithm, message);
  }

  async wrap(keyId: string, dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    requireDataKey(dataKey);
    const { key, token } = this.#usable(keyId, "wrap");
    const { entropy } = this.#options;
    if (token) return token.encrypt(key.tokenId, entropy(12), dataKey, context);
    return wrapWith(this.#secret(key), dataKey, context, entropy);
  }

  async unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    const { key, token } = this.#usable(keyId, "unwrap");
    if (token) return token.decrypt(key.tokenId, wrapped, context);
    return unwrapWith(this.#secret(key), wrapped, context);
  }

  async decapsulate(keyId: string, ciphertext: Uint8Array): Promise<Uint8Array> {
    const { key, token } = this.#usable(keyId, "decapsulate");
    if (token) return token.decapsulate(key.tokenId, key.algorithm, ciphertext);
    return decapsulateWith(this.#secret(key), ciphertext);
  }

  async close(): Promise<void> {
    this.#open.clear();
    this.#options.token?.close();
  }

  /** The key, and its token where it is in one. */
  #usable(
    keyId: string,
    use: KeyUse,
  ):
    | { readonly key: StoredKey & { readonly tokenId: string }; readonly token: KeyToken }
    | { readonly key: StoredKey; readonly token?: undefined } {
    const key = requireUsable(this.#file.keys, keyId, use, this.#options.clock.nowUs());
    const { tokenId } = key;
    if (tokenId === undefined) return { key };
    const { token } = this.#options;
    if (!token) throw new ArqonError("KEYSTORE_UNAVAILABLE", `key ${keyId} is in a token, and none is open`);
    return { key: { ...key, tokenId }, token };
  }

  #secret(key: StoredKey): KeyObject {
    let opened = this.#open.get(key.keyId);
    if (!opened) {
      const secret = openBytes(this.#seal.seal, key.sealed, sealContext(key));
      opened = secretKeyOf(secret, key.algorithm);
      secret.fill(0);
      this.#open.set(key.keyId, opened);
    }
    return opened;
  }
}
