/** The sealed file keystore: `keystore.json` and, where no passphrase is given, `credential`, in one directory. */
import { type KeyObject, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { ArqonError, type Clock, type Entropy, equalBytes } from "@arqon/core/base";
import { keyIdOf } from "@arqon/core/proof";
import { createFile, makePrivateDirectory, readRegularFile, writePrivateFile } from "../files/index.ts";
import { freshSecret, type KeyAlgorithm, publicPartOf, secretKeyOf } from "./algorithms.ts";
import type { KeyInfo, KeyRequest, Keystore, Validity } from "./keystore.ts";
import {
  formatKeystore,
  type KeystoreFile,
  parseKeystore,
  type StoredKey,
  sealContext,
} from "./keystore-file.ts";
import { deriveSealKeys, type KeystoreSecret, openBytes, type SealKeys, sealBytes } from "./seal-key.ts";
import { type KeyUse, requireUsable } from "./usable.ts";
import { decapsulateWith, signWith, unwrapWith, wrapWith } from "./use.ts";

const LIMIT_BYTES = 4 << 20;

/** Where the keys are and what opens them. */
export interface FileKeystoreOptions {
  /** Directory of `keystore.json`; ARQON_HOME. */
  readonly home: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Without one, 32 random bytes in the file `credential` open the keystore. */
  readonly passphrase?: string;
  /** Keys a new keystore is created with, in one step, so that processes racing to create it end with the same keys. */
  readonly initial?: readonly KeyRequest[];
}

function read(path: string): Uint8Array | undefined {
  return readRegularFile(path, { limitBytes: LIMIT_BYTES, secret: true });
}

/** The public part of a keystore, without opening it: unauthenticated. Empty when there is none. */
export function readKeystoreKeys(home: string): KeyInfo[] {
  const path = join(home, "keystore.json");
  const bytes = read(path);
  return bytes ? parseKeystore(bytes, path).keys.map(publicPart) : [];
}

function publicPart({ sealed: _, ...info }: StoredKey): KeyInfo {
  return info;
}

function secretOf(options: FileKeystoreOptions, file: KeystoreFile | undefined): KeystoreSecret {
  const { home, passphrase } = options;
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
  const credential = read(path);
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

/**
 * Opens the keystore of `home`, or creates one with the initial keys.
 * @throws ArqonError `KEYSTORE_LOCKED` for a wrong passphrase or credential, or an altered file.
 */
export function openFileKeystore(options: FileKeystoreOptions): Keystore {
  const path = join(options.home, "keystore.json");
  makePrivateDirectory(options.home);
  let bytes = read(path);
  if (!bytes) {
    const salt = options.entropy(32);
    const secret = secretOf(options, undefined);
    const derivation = secret.kind === "passphrase" ? "argon2id" : "credential";
    const seal = deriveSealKeys(secret, salt);
    const keys = (options.initial ?? []).map((request) => makeKey(request, seal, options.entropy));
    // Another process may create it first; then that one holds.
    createFile(path, formatKeystore({ version: 2, derivation, salt, keys }, seal.mac));
    bytes = read(path);
    if (!bytes) throw new ArqonError("KEYSTORE_LOCKED", `${path} vanished while it was opened`);
  }
  const file = parseKeystore(bytes, path);
  const keys = deriveSealKeys(secretOf(options, file), file.salt);
  requireAuthentic(file, bytes, keys.mac, path);
  return new FileKeystore(options, path, keys, file, bytes);
}

/** The whole file is written again and compared: every byte of it, the MAC included, must be ours. */
function requireAuthentic(file: KeystoreFile, bytes: Uint8Array, mac: Uint8Array, path: string): void {
  const expected = formatKeystore(file, mac);
  if (bytes.length === expected.length && timingSafeEqual(bytes, expected)) return;
  const what = file.derivation === "argon2id" ? "the passphrase is wrong" : "the credential is another one";
  throw new ArqonError("KEYSTORE_LOCKED", `${path} does not open: ${what}, or the file was altered`);
}

const isoOf = (us: number): string => new Date(us / 1000).toISOString();

function makeKey({ algorithm, label, validity }: KeyRequest, seal: SealKeys, entropy: Entropy): StoredKey {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(label)) throw new TypeError(`not a label: "${label}"`);
  if (!(validity.notBeforeUs < validity.notAfterUs)) throw new TypeError("a key must be valid for some time");
  const secret = freshSecret(algorithm, entropy);
  const spki = publicPartOf(secretKeyOf(secret, algorithm));
  const keyId = keyIdOf(spki);
  const sealed = sealBytes(seal.seal, secret, sealContext({ label, keyId, algorithm }), entropy);
  secret.fill(0);
  return {
    keyId,
    algorithm,
    label,
    spki,
    notBefore: isoOf(validity.notBeforeUs),
    notAfter: isoOf(validity.notAfterUs),
    state: "active",
    protection: "software-sealed",
    sealed,
  };
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
    const bytes = read(this.#path);
    if (!bytes) throw new ArqonError("KEYSTORE_LOCKED", `${this.#path} is missing`);
    if (equalBytes(bytes, this.#bytes)) return;
    const file = parseKeystore(bytes, this.#path);
    requireAuthentic(file, bytes, this.#seal.mac, this.#path);
    this.#file = file;
    this.#bytes = bytes;
    for (const { keyId, state } of file.keys) if (state === "disabled") this.#open.delete(keyId);
  }

  async generate(algorithm: KeyAlgorithm, label: string, validity: Validity): Promise<KeyInfo> {
    const key = makeKey({ algorithm, label, validity }, this.#seal, this.#options.entropy);
    this.#store([...this.#file.keys, key]);
    return publicPart(key);
  }

  async prepare(label: string, validity: Validity): Promise<readonly KeyInfo[]> {
    this.#refresh();
    const pending = this.#file.keys.filter((key) => key.label === label && key.state === "pending");
    if (pending.length > 0) return pending.map(publicPart);
    const active = this.#file.keys.filter((key) => key.label === label && key.state === "active");
    if (active.length === 0) throw new ArqonError("KEY_UNKNOWN", `no active key has the label "${label}"`);
    const algorithms = [...new Set(active.map(({ algorithm }) => algorithm))];
    const next = algorithms.map((algorithm) => ({
      ...makeKey({ algorithm, label, validity }, this.#seal, this.#options.entropy),
      state: "pending" as const,
    }));
    this.#store([...this.#file.keys, ...next]);
    return next.map(publicPart);
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
    const before = read(this.#path);
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
    return signWith(this.#secret(keyId, "sign"), this.#algorithm(keyId), message);
  }

  async wrap(keyId: string, dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    return wrapWith(this.#secret(keyId, "wrap"), dataKey, context, this.#options.entropy);
  }

  async unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    return unwrapWith(this.#secret(keyId, "unwrap"), wrapped, context);
  }

  async decapsulate(keyId: string, ciphertext: Uint8Array): Promise<Uint8Array> {
    return decapsulateWith(this.#secret(keyId, "decapsulate"), ciphertext);
  }

  async close(): Promise<void> {
    this.#open.clear();
  }

  #algorithm(keyId: string): KeyAlgorithm {
    return requireKnown(this.#file, keyId).algorithm;
  }

  #secret(keyId: string, use: KeyUse): KeyObject {
    const key = requireUsable(this.#file.keys, keyId, use, this.#options.clock.nowUs());
    let opened = this.#open.get(keyId);
    if (!opened) {
      const secret = openBytes(this.#seal.seal, key.sealed, sealContext(key));
      opened = secretKeyOf(secret, key.algorithm);
      secret.fill(0);
      this.#open.set(keyId, opened);
    }
    return opened;
  }
}

function requireKnown(file: KeystoreFile, keyId: string): StoredKey {
  const key = file.keys.find((one) => one.keyId === keyId);
  if (!key) throw new ArqonError("KEY_UNKNOWN", `the keystore has no key ${keyId.slice(0, 80)}`);
  return key;
}
