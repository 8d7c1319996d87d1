/** The sealed file keystore: `keystore.json` and, where no passphrase is given, `credential`, in one directory. */
import { type KeyObject, sign as signBytes, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { ArqonError, type Clock, type Entropy, equalBytes } from "@arqon/core/base";
import { keyIdOf, type SignatureAlgorithm } from "@arqon/core/proof";
import { createFile, makePrivateDirectory, readRegularFile, writePrivateFile } from "../files/index.ts";
import { freshPkcs8, privateKeyOf, publicSpki } from "./algorithms.ts";
import type { KeyInfo, Keystore, Validity } from "./keystore.ts";
import {
  formatKeystore,
  type KeystoreFile,
  parseKeystore,
  type StoredKey,
  sealContext,
} from "./keystore-file.ts";
import { deriveSealKeys, type KeystoreSecret, openBytes, type SealKeys, sealBytes } from "./seal-key.ts";

const LIMIT_BYTES = 1 << 20;

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

/** A key to make. */
export interface KeyRequest {
  readonly algorithm: SignatureAlgorithm;
  /** What the key is for: letters, digits, ".", "_" and "-". */
  readonly label: string;
  readonly validity: Validity;
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
 * Opens the keystore of `home`, or creates an empty one.
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
    const first = (options.initial ?? []).map((request) => makeKey(request, seal, options.entropy));
    // Another process may create it first; then that one holds.
    createFile(path, formatKeystore({ derivation, salt, keys: first }, seal.mac));
    bytes = read(path);
    if (!bytes) throw new ArqonError("KEYSTORE_LOCKED", `${path} vanished while it was opened`);
  }
  const file = parseKeystore(bytes, path);
  const keys = deriveSealKeys(secretOf(options, file), file.salt);
  // The whole file is written again and compared: every byte of it, the MAC included, must be ours.
  const expected = formatKeystore(file, keys.mac);
  if (bytes.length !== expected.length || !timingSafeEqual(bytes, expected)) {
    const what = file.derivation === "argon2id" ? "the passphrase is wrong" : "the credential is another one";
    throw new ArqonError("KEYSTORE_LOCKED", `${path} does not open: ${what}, or the file was altered`);
  }
  return new FileKeystore(options, path, keys, file, bytes);
}

function makeKey({ algorithm, label, validity }: KeyRequest, seal: SealKeys, entropy: Entropy): StoredKey {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(label)) throw new TypeError(`not a label: "${label}"`);
  if (!(validity.notBeforeUs < validity.notAfterUs)) throw new TypeError("a key must be valid for some time");
  const pkcs8 = freshPkcs8(algorithm, entropy);
  const spki = publicSpki(privateKeyOf(pkcs8, algorithm));
  const keyId = keyIdOf(spki);
  const sealed = sealBytes(seal.seal, pkcs8, sealContext({ label, keyId, algorithm }), entropy);
  pkcs8.fill(0);
  return {
    keyId,
    algorithm,
    label,
    spki,
    notBefore: new Date(validity.notBeforeUs / 1000).toISOString(),
    notAfter: new Date(validity.notAfterUs / 1000).toISOString(),
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
    return this.#file.keys.map(publicPart);
  }

  async generate(algorithm: SignatureAlgorithm, label: string, validity: Validity): Promise<KeyInfo> {
    const key = makeKey({ algorithm, label, validity }, this.#seal, this.#options.entropy);
    this.#store({ ...this.#file, keys: [...this.#file.keys, key] });
    return publicPart(key);
  }

  #store(file: KeystoreFile): void {
    const before = read(this.#path);
    if (!before || !equalBytes(before, this.#bytes))
      throw new ArqonError("KEYSTORE_LOCKED", `${this.#path} was changed by another process meanwhile`, {
        remedy: "Open the keystore again.",
      });
    const bytes = formatKeystore(file, this.#seal.mac);
    writePrivateFile(this.#path, bytes);
    this.#file = file;
    this.#bytes = bytes;
  }

  async sign(keyId: string, message: Uint8Array): Promise<Uint8Array> {
    const key = this.#file.keys.find((one) => one.keyId === keyId);
    if (!key) throw new ArqonError("KEY_UNKNOWN", `the keystore has no key ${keyId}`);
    const nowMs = this.#options.clock.nowUs() / 1000;
    if (nowMs < Date.parse(key.notBefore) || nowMs >= Date.parse(key.notAfter))
      throw new ArqonError(
        "KEY_UNKNOWN",
        `key ${keyId} is valid from ${key.notBefore} until ${key.notAfter}, not now`,
      );
    return new Uint8Array(signBytes(null, message, this.#privateKey(key)));
  }

  #privateKey(key: StoredKey): KeyObject {
    let opened = this.#open.get(key.keyId);
    if (!opened) {
      const pkcs8 = openBytes(this.#seal.seal, key.sealed, sealContext(key));
      opened = privateKeyOf(pkcs8, key.algorithm);
      pkcs8.fill(0);
      this.#open.set(key.keyId, opened);
    }
    return opened;
  }
}
