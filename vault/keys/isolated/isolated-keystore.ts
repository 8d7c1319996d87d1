/** A keystore whose private keys are in a process of their own; this one has the public halves and asks. */
import { type ChildProcess, fork } from "node:child_process";
import { getFips } from "node:crypto";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ArqonError, isErrorCode } from "@arqon/core/base";
import { makePrivateDirectory, syncDirectory } from "../../files/index.ts";
import type { KeyAlgorithm } from "../algorithms.ts";
import { readKeystoreKeys } from "../file-keystore.ts";
import type { KeyInfo, KeyRequest, Keystore, Validity } from "../keystore.ts";
import { findKoffi, findPkcs11 } from "../pkcs11/binding.ts";
import type { TokenPlace } from "../token.ts";
import type { SignerAnswer, SignerMethod, SignerStart } from "./protocol.ts";

/** Where the keys are and what opens them. */
export interface IsolatedKeystoreOptions {
  /** Directory of `keystore.json`; ARQON_HOME. */
  readonly home: string;
  /** Of the file, or the PIN of the token. */
  readonly passphrase?: string;
  /** Holds the keys it can, and opens the file with the others. */
  readonly token?: TokenPlace;
  /** Refuse to make keys that would not be in the token. */
  readonly residentOnly?: boolean;
  readonly initial?: readonly KeyRequest[];
}

const PROGRAM = fileURLToPath(new URL("./signer-process.ts", import.meta.url));
/** What the process may read besides its home: the sources and packages of this project. */
const SOURCES = fileURLToPath(new URL("../../../", import.meta.url));
const STDERR_BYTES = 2000;

/**
 * Opens the keystore of `home` in a signer process, or creates it there.
 * @throws ArqonError `KEYSTORE_LOCKED` as the file keystore does, `KEYSTORE_UNAVAILABLE` when the process cannot be started.
 * @cost A process: some 200 ms and 50 MB. A signature costs some 0.2 ms more than in this process.
 */
export async function openIsolatedKeystore(options: IsolatedKeystoreOptions): Promise<Keystore> {
  makePrivateDirectory(options.home);
  const home = realpathSync(options.home);
  const { token, passphrase, residentOnly = false } = options;
  const plugin = token && realpathSync(findPkcs11());
  const koffi = token && findKoffi();
  const plugins = [plugin, koffi && realpathSync(koffi)].flatMap((path) => (path ? foldersOf(path) : []));
  const child = fork(PROGRAM, [], {
    execArgv: [
      "--no-warnings",
      "--permission",
      ...fipsArguments(),
      `--allow-fs-read=${SOURCES}`,
      `--allow-fs-read=${home}/`,
      `--allow-fs-write=${home}/`,
      // An add-on is not confined by these flags: a token's library is trusted as this project is.
      ...(token ? ["--allow-addons"] : []),
      ...plugins.map((folder) => `--allow-fs-read=${folder}`),
    ],
    env: environmentFor(token ? [...FIPS_VARIABLES, ...TOKEN_VARIABLES] : FIPS_VARIABLES),
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const signer = new SignerProcess(child);
  const start: SignerStart = {
    home,
    initial: options.initial ?? [],
    residentOnly,
    ...(passphrase !== undefined && { passphrase }),
    ...(token && plugin && { token: { plugin, place: token, ...(koffi && { koffi }) } }),
  };
  try {
    await signer.start(start);
  } catch (error) {
    await signer.close();
    throw error;
  }
  syncDirectory(home);
  return new IsolatedKeystore(home, signer);
}

/** Where OpenSSL finds a FIPS provider; it reads them before any program runs. */
const FIPS_VARIABLES: readonly string[] = ["OPENSSL_CONF", "OPENSSL_MODULES"];
/** What token libraries read of the environment. */
const TOKEN_VARIABLES: readonly string[] = ["SOFTHSM2_CONF", "KRYOPTIC_CONF", "LD_LIBRARY_PATH"];

/** Nothing else of the environment is passed on. */
function environmentFor(names: readonly string[]): NodeJS.ProcessEnv {
  const kept = names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return {
    ...Object.fromEntries(kept),
    NODE_OPTIONS: opensslOptions(process.env["NODE_OPTIONS"] ?? "").join(" "),
  };
}

/** Options that say where OpenSSL's configuration is, as they stand, quotes and all. */
const opensslOptions = (text: string): readonly string[] =>
  opensslOnly(text.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? []);

/** The file may stand after its option as well as in it. */
const opensslOnly = (given: readonly string[]): readonly string[] =>
  given.filter((one, i) => /^"?--openssl-/.test(one) || /^"?--openssl-config"?$/.test(given[i - 1] ?? ""));

/** The signer works with the FIPS provider this process works with, or does not start. */
function fipsArguments(): readonly string[] {
  if (getFips() !== 1) return [];
  return ["--force-fips", ...opensslOnly(process.execArgv)];
}

/** Folders a plug-in reads: its own, and those of its scope's binaries beside it. */
function foldersOf(entry: string): readonly string[] {
  const own = dirname(entry);
  return [`${own}/`, `${join(dirname(own), "@koromix")}/`];
}

class SignerProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  readonly #ended: Promise<void>;
  #gone: ArqonError | undefined;
  #lastId = 0;
  #stderr = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on("data", (text: Buffer) => {
      this.#stderr = (this.#stderr + String(text)).slice(-STDERR_BYTES);
    });
    child.on("message", (reply) => this.#settle(reply as SignerAnswer));
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        const why = this.#stderr.trim().split("\n").at(-1) ?? "";
        this.#gone ??= new ArqonError(
          "KEYSTORE_UNAVAILABLE",
          `the signer process has ended (${how}) ${why}`.trim(),
        );
        for (const { reject } of this.#waiting.values()) reject(this.#gone);
        this.#waiting.clear();
        resolve();
      };
      child.once("error", (error) => end(error.message));
      child.once("exit", (code, signal) => end(String(signal ?? code)));
    });
    this.#keepAlive(false);
  }

  /** Only a call under way keeps this process from ending. */
  #keepAlive(yes: boolean): void {
    const handles = [
      this.#child,
      this.#child.channel,
      this.#child.stderr as { ref?(): void; unref?(): void } | null,
    ];
    for (const handle of handles)
      if (yes) handle?.ref?.();
      else handle?.unref?.();
  }

  #settle({ id, value, failure }: SignerAnswer): void {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#keepAlive(false);
    if (!failure) call?.resolve(value as never);
    else {
      const { code, message, remedy } = failure;
      call?.reject(new ArqonError(isErrorCode(code) ? code : "INTERNAL", message, { remedy }));
    }
  }

  #send<T>(id: number, message: object): Promise<T> {
    if (this.#gone) return Promise.reject(this.#gone);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#keepAlive(true);
      // A failure to send ends the process, and `end` tells whoever waits.
      this.#child.send(message, () => {});
    });
  }

  start(start: SignerStart): Promise<void> {
    return this.#send(0, start);
  }

  call<T>(method: SignerMethod, ...args: readonly unknown[]): Promise<T> {
    const id = ++this.#lastId;
    return this.#send(id, { id, method, args });
  }

  async close(): Promise<void> {
    this.#gone ??= new ArqonError("KEYSTORE_UNAVAILABLE", "the keystore is closed");
    this.#keepAlive(true);
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}

class IsolatedKeystore implements Keystore {
  readonly #home: string;
  readonly #signer: SignerProcess;

  constructor(home: string, signer: SignerProcess) {
    this.#home = home;
    this.#signer = signer;
  }

  /** As the file has them. That the file is genuine the signer process checks, before it uses any key. */
  list(): readonly KeyInfo[] {
    return readKeystoreKeys(this.#home);
  }

  generate(algorithm: KeyAlgorithm, label: string, validity: Validity): Promise<KeyInfo> {
    return this.#change("generate", algorithm, label, validity);
  }

  prepare(label: string, validity: Validity): Promise<readonly KeyInfo[]> {
    return this.#change("prepare", label, validity);
  }

  activate(label: string): Promise<void> {
    return this.#change("activate", label);
  }

  disable(keyId: string): Promise<KeyInfo> {
    return this.#change("disable", keyId);
  }

  /** The signer writes the file synchronously; making its new name durable is left to this process. */
  async #change<T>(method: SignerMethod, ...args: readonly unknown[]): Promise<T> {
    const value = await this.#signer.call<T>(method, ...args);
    syncDirectory(this.#home);
    return value;
  }

  async sign(keyId: string, message: Uint8Array): Promise<Uint8Array> {
    return plain(await this.#signer.call("sign", keyId, message));
  }

  async wrap(keyId: string, dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    return plain(await this.#signer.call("wrap", keyId, dataKey, context));
  }

  async unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    return plain(await this.#signer.call("unwrap", keyId, wrapped, context));
  }

  async decapsulate(keyId: string, ciphertext: Uint8Array): Promise<Uint8Array> {
    return plain(await this.#signer.call("decapsulate", keyId, ciphertext));
  }

  close(): Promise<void> {
    return this.#signer.close();
  }
}

/** Bytes of their own, whatever view the channel gave. */
function plain(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}
