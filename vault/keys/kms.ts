/** The one interface to keys: every use is allowed by policy and noted in the governance log before it happens. */
import { ArqonError, type JsonObject } from "@arqon/core/base";
import type { KeyAlgorithm } from "./algorithms.ts";
import { isSuiteKey, type KeyInfo, type Keystore, type Validity } from "./keystore.ts";
import { encapsulateTo, verifySignature } from "./use.ts";

/** What a tenant may be allowed to do with a key. Verifying and encapsulating need no private half, and no leave. */
export type KmsOperation = "sign" | "wrap" | "unwrap" | "decapsulate";

/** Who uses a key, and what for. */
export interface KeyUser {
  readonly tenant: string;
  /** One word for the audit, e.g. "manifest". */
  readonly purpose: string;
}

/** Makes, ends and uses keys. Payloads and secrets are never written anywhere. */
export interface Kms {
  list(): readonly KeyInfo[];
  generate(algorithm: KeyAlgorithm, label: string, validity: Validity): Promise<KeyInfo>;
  /**
   * Gives every active key with this label a successor; the old ones sign no more and are kept for verifying. A rotation
   * that was interrupted is completed, not begun anew. Returns the successors.
   */
  rotate(label: string, validity: Validity): Promise<readonly KeyInfo[]>;
  /** Completes rotations that were interrupted. Returns whether there were any. */
  resume(): Promise<boolean>;
  disable(keyId: string, reason: string): Promise<KeyInfo>;
  sign(user: KeyUser, keyId: string, message: Uint8Array): Promise<Uint8Array>;
  /** Keys of every state verify. @throws ArqonError `KEY_UNKNOWN` */
  verify(keyId: string, message: Uint8Array, signature: Uint8Array): boolean;
  wrap(user: KeyUser, keyId: string, dataKey: Uint8Array, context: string): Promise<Uint8Array>;
  unwrap(user: KeyUser, keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /** @throws ArqonError `KEY_UNKNOWN` or `KEY_REFUSED` */
  encapsulate(keyId: string): { readonly secret: Uint8Array; readonly ciphertext: Uint8Array };
  decapsulate(user: KeyUser, keyId: string, ciphertext: Uint8Array): Promise<Uint8Array>;
}

/** What a KMS works with. */
export interface KmsOptions {
  readonly keystore: Keystore;
  /** Labels that always need an active key: the last one of an algorithm is rotated, not disabled. */
  readonly needed: readonly string[];
  allows(tenant: string, operation: KmsOperation): boolean;
  /** Appends to the governance log; durable once resolved. */
  record(entry: JsonObject): Promise<void>;
  /** Runs `work` while no other process changes keys or seals. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Adds keys that are about to be used to the trust file. */
  announce(keys: readonly KeyInfo[]): void;
  /** Ends the validity of retired and disabled keys in the trust file. */
  conclude(keys: readonly KeyInfo[]): void;
}

/** A KMS over a keystore. */
export function createKms(options: KmsOptions): Kms {
  return new LocalKms(options);
}

const factsOf = ({ keyId, algorithm, label }: KeyInfo): JsonObject => ({ key: keyId, algorithm, label });

class LocalKms implements Kms {
  readonly #options: KmsOptions;

  constructor(options: KmsOptions) {
    this.#options = options;
  }

  list(): readonly KeyInfo[] {
    return this.#options.keystore.list();
  }

  generate(algorithm: KeyAlgorithm, label: string, validity: Validity): Promise<KeyInfo> {
    const { keystore, record, exclusive } = this.#options;
    return exclusive(async () => {
      // Reading the list takes in what other processes have changed.
      const alike = keystore.list().filter((key) => key.label === label && key.state === "active");
      if (alike.some((key) => key.algorithm === algorithm))
        throw new ArqonError("KEY_REFUSED", `there is an active ${algorithm} key "${label}" already`, {
          remedy: "Rotate it, or choose another label.",
        });
      const key = await keystore.generate(algorithm, label, validity);
      await record({ event: "keys.generate", ...factsOf(key) });
      return key;
    });
  }

  rotate(label: string, validity: Validity): Promise<readonly KeyInfo[]> {
    return this.#options.exclusive(async () => {
      const successors = await this.#options.keystore.prepare(label, validity);
      await this.#succeed(label, successors);
      return successors.map((key) => this.#known(key.keyId));
    });
  }

  async resume(): Promise<boolean> {
    const { keystore, exclusive, conclude } = this.#options;
    const pending = () => keystore.list().filter(({ state }) => state === "pending");
    const interrupted = pending().length > 0;
    if (interrupted)
      await exclusive(async () => {
        for (const label of new Set(pending().map((key) => key.label)))
          await this.#succeed(
            label,
            pending().filter((key) => key.label === label),
          );
      });
    conclude(keystore.list());
    return interrupted;
  }

  /** The old keys sign the entry that names the new ones; then others are told; then the new ones take over. */
  async #succeed(label: string, successors: readonly KeyInfo[]): Promise<void> {
    const { keystore, record, announce, conclude } = this.#options;
    const ends = keystore.list().filter((key) => key.label === label && key.state === "active");
    await record({
      event: "keys.rotate",
      label,
      old: ends.map(({ keyId }) => keyId),
      new: successors.map(({ keyId, algorithm }) => ({ key: keyId, algorithm })),
    });
    announce(successors.filter(isSuiteKey));
    await keystore.activate(label);
    conclude(keystore.list());
  }

  disable(keyId: string, reason: string): Promise<KeyInfo> {
    const { keystore, record, exclusive, conclude } = this.#options;
    return exclusive(async () => {
      const key = this.#known(keyId);
      if (key.state === "active" && this.#options.needed.includes(key.label))
        throw new ArqonError("KEY_REFUSED", `key ${keyId} is the one "${key.label}" works with`, {
          remedy: `Rotate first (arqon keys rotate --label ${key.label}), then disable the old key.`,
        });
      await record({ event: "keys.disable", ...factsOf(key), reason });
      const ended = await keystore.disable(keyId);
      conclude(keystore.list());
      return ended;
    });
  }

  sign(user: KeyUser, keyId: string, message: Uint8Array): Promise<Uint8Array> {
    return this.#use(user, "sign", keyId, () => this.#options.keystore.sign(keyId, message));
  }

  verify(keyId: string, message: Uint8Array, signature: Uint8Array): boolean {
    return verifySignature(this.#known(keyId), message, signature);
  }

  wrap(user: KeyUser, keyId: string, dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    return this.#use(user, "wrap", keyId, () => this.#options.keystore.wrap(keyId, dataKey, context));
  }

  unwrap(user: KeyUser, keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    return this.#use(user, "unwrap", keyId, () => this.#options.keystore.unwrap(keyId, wrapped, context));
  }

  encapsulate(keyId: string): { readonly secret: Uint8Array; readonly ciphertext: Uint8Array } {
    return encapsulateTo(this.#known(keyId));
  }

  decapsulate(user: KeyUser, keyId: string, ciphertext: Uint8Array): Promise<Uint8Array> {
    return this.#use(user, "decapsulate", keyId, () => this.#options.keystore.decapsulate(keyId, ciphertext));
  }

  #known(keyId: string): KeyInfo {
    const key = this.list().find((one) => one.keyId === keyId);
    if (!key) throw new ArqonError("KEY_UNKNOWN", `the keystore has no key ${keyId.slice(0, 80)}`);
    return key;
  }

  /** Notes the use, then does it; what fails afterwards is noted too. */
  async #use<T>(user: KeyUser, operation: KmsOperation, keyId: string, work: () => Promise<T>): Promise<T> {
    const { record, allows } = this.#options;
    const facts = { ...factsOf(this.#known(keyId)), operation, tenant: user.tenant, purpose: user.purpose };
    const refuse = (code: string): Promise<void> => record({ event: "keys.refused", ...facts, code });
    if (!allows(user.tenant, operation)) {
      await refuse("KEY_REFUSED");
      throw new ArqonError(
        "KEY_REFUSED",
        `tenant "${user.tenant}" may not ${operation} with the vault's keys`,
      );
    }
    await record({ event: "keys.use", ...facts, count: 1 });
    try {
      return await work();
    } catch (error) {
      await refuse(ArqonError.from(error).code);
      throw error;
    }
  }
}
