/**
 * Keys in an Azure Managed HSM: ECDSA P-256 signs (ES256), AES-256 wraps (A256GCM). Written after the service's REST
 * documentation and tested against a server that speaks it; it has not run against the service itself.
 *
 * What Arqon must know of a key beside its bytes stands in the key's tags, so whoever may change tags may end keys.
 */
import { createHash } from "node:crypto";
import {
  ArqonError,
  type Clock,
  concatBytes,
  type Entropy,
  equalBytes,
  type JsonObject,
  toHex,
  utf8,
} from "@arqon/core/base";
import type { KeyAlgorithm } from "../algorithms.ts";
import { derSignature } from "../ecdsa.ts";
import type { KeyInfo, KeyState, Keystore, Validity } from "../keystore.ts";
import { isoOf, requireLabel } from "../make-key.ts";
import { type KeyUse, requireUsable } from "../usable.ts";
import { requireDataKey, verifySignature } from "../use.ts";
import { type HsmClient, type HsmPlace, hsmClient } from "./hsm-client.ts";
import { type HsmKey, KEY_KINDS, parseKey } from "./hsm-key.ts";

/** Where the keys are. Keys of other homes in the same HSM have another prefix. */
export interface AzureKeystoreOptions extends HsmPlace {
  /** What the names of its keys begin with: letters, digits and "-". */
  readonly prefix: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

const MAX_KEYS = 500;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/**
 * Opens the keys of `prefix`. `list` gives them as they were when they were last read: at opening, and before every change.
 * @throws ArqonError as every method: `KEYSTORE_LOCKED` without leave, `KEYSTORE_UNAVAILABLE` when the HSM does not answer.
 * @cost A request for every key; a request for every use.
 */
export async function openAzureKeystore(options: AzureKeystoreOptions): Promise<Keystore> {
  if (!/^[0-9A-Za-z-]{1,60}$/.test(options.prefix)) throw new TypeError(`not a prefix: "${options.prefix}"`);
  const store = new AzureKeystore(options, hsmClient(options));
  await store.refresh();
  return store;
}

class AzureKeystore implements Keystore {
  readonly #options: AzureKeystoreOptions;
  readonly #hsm: HsmClient;
  #keys: readonly HsmKey[] = [];
  #closed = false;

  constructor(options: AzureKeystoreOptions, hsm: HsmClient) {
    this.#options = options;
    this.#hsm = hsm;
  }

  async refresh(): Promise<void> {
    const found = await this.#hsm.list("keys", MAX_KEYS);
    const prefix = `${this.#options.prefix}-`;
    const names = found.map(({ kid }) => String(kid).split("/keys/")[1]?.split("/")[0] ?? "");
    const mine = names.filter(
      (name) => name.startsWith(prefix) && /^[0-9a-f]{32}$/.test(name.slice(prefix.length)),
    );
    const keys = await Promise.all(mine.map((name) => this.#hsm.send("GET", `keys/${name}/`)));
    this.#keys = keys.map(parseKey).sort((a, b) => a.madeUs - b.madeUs || (a.name < b.name ? -1 : 1));
  }

  list(): readonly KeyInfo[] {
    return this.#keys.map(({ name: _, path: __, madeUs: ___, ...info }) => info);
  }

  async generate(algorithm: KeyAlgorithm, label: string, validity: Validity): Promise<KeyInfo> {
    const { keyId } = await this.#make(algorithm, label, validity, "active");
    return this.#info(keyId);
  }

  /** Disabled until it is proven, and only then given its bounds, in which the HSM lets it work. */
  async #make(algorithm: KeyAlgorithm, label: string, life: Validity, state: KeyState): Promise<HsmKey> {
    const kind = KEY_KINDS[algorithm];
    if (!kind) throw new ArqonError("KEY_REFUSED", `a Managed HSM holds no ${algorithm} keys`);
    requireLabel(label, life);
    const { clock, entropy, prefix } = this.#options;
    const [notBefore, notAfter] = [isoOf(life.notBeforeUs), isoOf(life.notAfterUs)];
    const madeUs = String(clock.nowUs());
    const tags = { algorithm, label, state: "disabled", notBefore, notAfter, madeUs };
    const attributes = { enabled: true, exportable: false };
    const path = `keys/${prefix}-${toHex(entropy(16))}/create`;
    const made = parseKey(await this.#hsm.send("POST", path, { ...kind, attributes, tags }));
    await this.#requireWorking(made);
    await this.#mark(made, state);
    await this.refresh();
    return made;
  }

  async #requireWorking(key: HsmKey): Promise<void> {
    const probe = this.#options.entropy(32);
    const works =
      key.algorithm === "ecdsa-p256"
        ? verifySignature(key, probe, await this.#sign(key, probe))
        : equalBytes(await this.#open(key, await this.#close(key, probe, "probe"), "probe"), probe);
    if (!works)
      throw new ArqonError("KEYSTORE_UNAVAILABLE", `the HSM made a ${key.algorithm} key that does not work`);
  }

  async prepare(label: string, validity: Validity): Promise<readonly KeyInfo[]> {
    await this.refresh();
    const mine = (state: KeyState) => this.#keys.filter((key) => key.label === label && key.state === state);
    const active = mine("active");
    if (active.length + mine("pending").length === 0)
      throw new ArqonError("KEY_UNKNOWN", `no active key has the label "${label}"`);
    // One by one: what an interrupted rotation left undone is made now.
    const ready = new Set(mine("pending").map(({ algorithm }) => algorithm));
    for (const algorithm of new Set(active.map((key) => key.algorithm)))
      if (!ready.has(algorithm)) await this.#make(algorithm, label, validity, "pending");
    return mine("pending").map(({ keyId }) => this.#info(keyId));
  }

  /** First the old keys end, then the new ones begin: interrupted between, nothing signs, and a second call completes it. */
  async activate(label: string): Promise<void> {
    await this.refresh();
    const mine = this.#keys.filter((key) => key.label === label);
    const fresh = mine.filter(({ state }) => state === "pending");
    const succeeded = new Set(fresh.map(({ algorithm }) => algorithm));
    const old = mine.filter(({ state, algorithm }) => state === "active" && succeeded.has(algorithm));
    for (const key of old) await this.#mark(key, "retired");
    for (const key of fresh) await this.#mark(key, "active");
    await this.refresh();
  }

  async disable(keyId: string): Promise<KeyInfo> {
    await this.refresh();
    const key = this.#keys.find((one) => one.keyId === keyId);
    if (!key) throw new ArqonError("KEY_UNKNOWN", `the keystore has no key ${keyId.slice(0, 80)}`);
    if (key.state !== "disabled") await this.#mark(key, "disabled");
    await this.refresh();
    return this.#info(keyId);
  }

  async #mark(key: HsmKey, state: KeyState): Promise<void> {
    const { algorithm, label, notBefore, notAfter, madeUs } = key;
    const hasEnded = state === "retired" || state === "disabled";
    const ended = hasEnded ? { endedAt: key.endedAt ?? isoOf(this.#options.clock.nowUs()) } : {};
    const tags = { algorithm, label, state, notBefore, notAfter, madeUs: String(madeUs), ...ended };
    const [nbf, exp] = [notBefore, notAfter].map((time) => Math.floor(Date.parse(time) / 1000));
    const attributes = { enabled: state !== "disabled", nbf: nbf as number, exp: exp as number };
    await this.#hsm.send("PATCH", key.path, { attributes, tags });
  }

  #info(keyId: string): KeyInfo {
    const info = this.list().find((one) => one.keyId === keyId);
    if (!info) throw new ArqonError("KEYSTORE_UNAVAILABLE", `the HSM no longer lists key ${keyId}`);
    return info;
  }

  #usable(keyId: string, use: KeyUse): HsmKey {
    if (this.#closed) throw new ArqonError("KEYSTORE_UNAVAILABLE", "the keystore is closed");
    return requireUsable(this.#keys, keyId, use, this.#options.clock.nowUs());
  }

  async sign(keyId: string, message: Uint8Array): Promise<Uint8Array> {
    return this.#sign(this.#usable(keyId, "sign"), message);
  }

  async #sign({ path }: HsmKey, message: Uint8Array): Promise<Uint8Array> {
    const value = createHash("sha256").update(message).digest("base64url");
    const answer = await this.#hsm.send("POST", `${path}/sign`, { alg: "ES256", value });
    return derSignature(bytesIn(answer, "value", 64));
  }

  async wrap(keyId: string, dataKey: Uint8Array, context: string): Promise<Uint8Array> {
    requireDataKey(dataKey);
    return this.#close(this.#usable(keyId, "wrap"), dataKey, context);
  }

  /** The HSM chooses the nonce. */
  async #close({ path }: HsmKey, plain: Uint8Array, context: string): Promise<Uint8Array> {
    const body = { alg: "A256GCM", value: text(plain), aad: text(utf8(context)) };
    const answer = await this.#hsm.send("POST", `${path}/encrypt`, body);
    const sealed = bytesIn(answer, "value", plain.length);
    return concatBytes(bytesIn(answer, "iv", NONCE_BYTES), sealed, bytesIn(answer, "tag", TAG_BYTES));
  }

  async unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    return this.#open(this.#usable(keyId, "unwrap"), wrapped, context);
  }

  async #open({ path }: HsmKey, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    if (wrapped.length <= NONCE_BYTES + TAG_BYTES)
      throw new ArqonError("SEAL_BROKEN", `a wrapped data key of ${wrapped.length} bytes`);
    const answer = await this.#hsm.send("POST", `${path}/decrypt`, {
      alg: "A256GCM",
      value: text(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)),
      iv: text(wrapped.subarray(0, NONCE_BYTES)),
      tag: text(wrapped.subarray(-TAG_BYTES)),
      aad: text(utf8(context)),
    });
    return bytesIn(answer, "value", wrapped.length - NONCE_BYTES - TAG_BYTES);
  }

  async decapsulate(keyId: string): Promise<never> {
    this.#usable(keyId, "decapsulate");
    throw new ArqonError("KEY_REFUSED", "a Managed HSM holds no ML-KEM keys");
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

function bytesIn(answer: JsonObject, field: string, length: number): Uint8Array {
  const value = answer[field];
  const bytes = typeof value === "string" ? Uint8Array.from(Buffer.from(value, "base64url")) : undefined;
  if (bytes?.length !== length)
    throw new ArqonError("KEYSTORE_UNAVAILABLE", `the HSM's "${field}" is not of ${length} bytes`);
  return bytes;
}
