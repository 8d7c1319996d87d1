/** Opens a vault in this process. */
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { ArqonError, type Clock, type Entropy, type JsonObject } from "@arqon/core/base";
import type { BundleDraft, BundleFiles } from "@arqon/core/bundle";
import { createEnvelope, encodeEnvelope } from "@arqon/core/proof";
import { AT_REST_LABEL, dataKeysOf, sealedCodec } from "./at-rest.ts";
import { auditLog } from "./audit.ts";
import { catchUp } from "./catch-up.ts";
import { checkVault } from "./check.ts";
import { makePrivateDirectory } from "./files/index.ts";
import { type IndexRow, openIndex } from "./index/index.ts";
import {
  createKms,
  isSuiteKey,
  type Keystore,
  type Kms,
  readKeystoreKeys,
  type SuiteKey,
  signersOf,
} from "./keys/index.ts";
import { openLedger } from "./ledger/index.ts";
import { lineageOf } from "./lineage.ts";
import { useMeter } from "./meter.ts";
import { fileObjects, type ObjectCodec } from "./objects/index.ts";
import { type KeyPlace, keyValidity, type OpenKeysOptions, openKeys, VAULT_LABEL } from "./open-keys.ts";
import type { VaultParts } from "./parts.ts";
import { createEncryptingPolicy, readPolicy } from "./policy.ts";
import { readProfile } from "./profile.ts";
import { importFiles, sealDraft } from "./seal.ts";
import { IN_MEMORY } from "./sqlite/index.ts";
import { addTrust, concludeTrust, createTrust, trustable, trustedKey } from "./trust.ts";
import type { Lineage, RunRow, SealedRun, TrustedKey, Vault } from "./vault.ts";

/** Where the vault is and what it may use. */
export interface OpenVaultOptions {
  /** ARQON_HOME; created with mode 0700. */
  readonly home: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Opens the keystore; without one its credential file does. */
  readonly passphrase?: string;
  /**
   * Leaves the keys sealed: reading works without the passphrase, sealing and importing are refused. A vault that
   * encrypts its objects needs the passphrase for reading too.
   */
  readonly readOnly?: boolean;
  /** Values that must never enter a bundle, e.g. API keys; the passphrase is one anyway. */
  readonly secrets?: readonly string[];
  /** Where private keys work; policy.json says unless told here. The passphrase is the PIN where it is a token. */
  readonly keys?: KeyPlace;
  /** Makes a new home one that encrypts; an existing home stays as its policy.json says. */
  readonly encryptAtRest?: boolean;
}

/** A vault in this process, with its keys. */
export interface LocalVaultHandle extends Vault {
  /** @throws ArqonError `KEYSTORE_LOCKED` when opened read-only. */
  readonly keys: Kms;
  /**
   * Encrypts objects that were stored before this vault encrypted. Returns how many objects there are.
   * @throws TypeError unless the policy says so.
   */
  encryptObjects(): Promise<number>;
}

/**
 * Opens the vault of `home`, or creates it with keys of both suites. Several processes may have it open at once.
 *
 * @throws ArqonError `KEYSTORE_LOCKED` for a wrong passphrase, `LEDGER_INVALID` when the ledger does not agree with its
 *   last checkpoint.
 */
export async function openVault(options: OpenVaultOptions): Promise<LocalVaultHandle> {
  const { home, clock } = options;
  makePrivateDirectory(home);
  if (options.encryptAtRest && !options.readOnly && readKeystoreKeys(home).length === 0)
    createEncryptingPolicy(home);
  const policy = readPolicy(home);
  if (!options.readOnly) await refuseNewKeys(options);
  const opened: { close(): unknown }[] = [];
  const keep = <T extends { close(): unknown }>(one: T): T => {
    opened.push(one);
    return one;
  };
  try {
    const store = await openStore(
      { keys: policy.keyStore, residentOnly: policy.residentOnly, ...options },
      policy.encryptAtRest,
    );
    if (store) keep(store);
    const keystore = options.readOnly ? undefined : store;
    const writable = (): Keystore => {
      if (keystore) return keystore;
      throw new ArqonError("KEYSTORE_LOCKED", "the vault was opened read-only; its keys are sealed", {
        remedy: "Open it without readOnly.",
      });
    };
    // Asked for anew each time: another process may rotate meanwhile.
    const keysNow = (): readonly SuiteKey[] =>
      (keystore?.list() ?? readKeystoreKeys(home)).filter(
        (key): key is SuiteKey => key.label === VAULT_LABEL && isSuiteKey(key),
      );
    const meter = useMeter();
    const plain = () => signersOf(writable(), VAULT_LABEL, clock.nowUs());
    const signers: VaultParts["signers"] = (purpose = "run ledger", tenant = "local", suites) =>
      signersOf(writable(), VAULT_LABEL, clock.nowUs(), suites).map((signer) => ({
        ...signer,
        sign(message) {
          meter.count({ key: signer.keyId, operation: "sign", purpose, tenant });
          return signer.sign(message);
        },
      }));
    // A log's name tells vaults apart; it is fixed by the first checkpoint, and follows from the first key of all.
    const name = `arqon.local/${keysNow()[0]?.keyId.slice("sha256:".length, 19) ?? "new"}`;
    const log = (file: string, kind: string, how: () => ReturnType<typeof signersOf>) =>
      openLedger({
        path: join(home, file),
        origin: `${name}/${kind}`,
        clock,
        signers: how,
        get keys() {
          return keysNow();
        },
      });
    const runs = keep(await log("ledger.sqlite", "runs", () => [...signers()]));
    // Its own checkpoints are not counted: noting that they were signed would sign another.
    const governance = keep(await log("governance.sqlite", "governance", plain));
    if (policy.encryptAtRest) forgetIndexFiles(home);
    const indexPath = policy.encryptAtRest ? IN_MEMORY : join(home, "index.sqlite");
    const index = keep(await openIndex({ place: { path: indexPath }, clock }));
    const audit = auditLog(governance, clock);
    const kms =
      keystore &&
      createKms({
        keystore,
        needed: [VAULT_LABEL, ...(policy.encryptAtRest ? [AT_REST_LABEL] : [])],
        allows: policy.allows,
        async record(entry) {
          const uses = meter.drain();
          if (uses) await audit.append(uses);
          await audit.append(entry);
        },
        exclusive: (work) => runs.exclusive(work),
        announce: (keys) => {
          const fresh = new Set(keys.map(({ keyId }) => keyId));
          addTrust(
            home,
            trustable(keysNow()).filter(({ keyId }) => fresh.has(keyId)),
          );
        },
        conclude: (keys) => concludeTrust(home, keys),
      });
    const parts: VaultParts = {
      home,
      clock,
      policy,
      secrets: [
        ...(options.secrets ?? []),
        ...(options.passphrase === undefined ? [] : [options.passphrase]),
      ],
      profile: options.readOnly ? {} : readProfile(home),
      keystore,
      meter,
      get keys() {
        return keysNow();
      },
      signers,
      objects: fileObjects(join(home, "objects"), undefined, store && codecOf(store, policy, options, meter)),
      index,
      runs,
      governance,
      audit,
    };
    if (kms) {
      createTrust(home, keysNow());
      await kms.resume();
      if (policy.encryptAtRest && !kms.list().some(({ label }) => label === AT_REST_LABEL))
        await kms.generate("aes-256-gcm", AT_REST_LABEL, keyValidity(clock));
    }
    await catchUp(parts);
    return new LocalVault(parts, kms, store);
  } catch (error) {
    for (const one of opened) await one.close();
    throw error;
  }
}

/** The keystore: always for writing; for reading only where objects are encrypted. */
async function openStore(
  options: OpenKeysOptions & OpenVaultOptions,
  encrypted: boolean,
): Promise<Keystore | undefined> {
  if (!options.readOnly) return openKeys(options, encrypted ? [AT_REST_LABEL] : []);
  if (!encrypted || readKeystoreKeys(options.home).length === 0) return undefined;
  return openKeys(options, []);
}

function codecOf(
  store: Keystore,
  policy: VaultParts["policy"],
  { entropy }: OpenVaultOptions,
  meter: VaultParts["meter"],
): ObjectCodec | undefined {
  return policy.encryptAtRest ? sealedCodec(dataKeysOf(store, meter), entropy) : undefined;
}

/** An index in plain text that was made before the vault encrypted; everything in it can be had again. */
function forgetIndexFiles(home: string): void {
  for (const end of ["", "-wal", "-shm"])
    try {
      unlinkSync(join(home, `index.sqlite${end}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
}

/** A keystore that was lost is not replaced by a new one: its ledger would no longer verify. */
async function refuseNewKeys({ home, clock }: OpenVaultOptions): Promise<void> {
  const hasKeys = (): boolean => readKeystoreKeys(home).length > 0;
  if (hasKeys()) return;
  const path = join(home, "ledger.sqlite");
  try {
    (await openLedger({ path, origin: "arqon.local/new", clock, keys: [], signers: () => [] })).close();
  } catch (cause) {
    // Another process may have made the first keys and the first entry meanwhile.
    if (!hasKeys())
      throw new ArqonError(
        "KEYSTORE_LOCKED",
        `${home}/keystore.json is missing, but ledger.sqlite has entries signed by it`,
        {
          cause,
          remedy: "Restore keystore.json and credential from a copy.",
        },
      );
  }
}

class LocalVault implements LocalVaultHandle {
  readonly #parts: VaultParts;
  readonly #kms: Kms | undefined;
  readonly #store: Keystore | undefined;
  readonly #busy = new Set<Promise<unknown>>();
  #closed = false;

  constructor(parts: VaultParts, kms: Kms | undefined, store: Keystore | undefined) {
    this.#parts = parts;
    this.#kms = kms;
    this.#store = store;
  }

  get keys(): Kms {
    if (!this.#kms) this.#parts.signers();
    return this.#kms as Kms;
  }

  /** Runs a call unless the vault is closed; closing waits for it. */
  async #run<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#closed) throw new ArqonError("SHUTTING_DOWN", "the vault is closed");
    const running = (async () => work())();
    this.#busy.add(running);
    try {
      return await running;
    } finally {
      this.#busy.delete(running);
    }
  }

  /** An index in memory does not see what other processes seal, unless it is brought up to date. */
  #read<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#run(async () => {
      if (this.#parts.policy.encryptAtRest) await catchUp(this.#parts);
      return work();
    });
  }

  seal(draft: BundleDraft, title: string): Promise<SealedRun> {
    return this.#run(() => sealDraft(this.#parts, draft, title));
  }

  sign(payloadType: string, payload: Uint8Array): Promise<Uint8Array> {
    return this.#run(async () =>
      encodeEnvelope(await createEnvelope(payloadType, payload, this.#parts.signers(payloadType))),
    );
  }

  list(limit: number): Promise<RunRow[]> {
    return this.#read(async () =>
      Promise.all((await this.#parts.index.list(limit)).map((row) => this.#row(row))),
    );
  }

  find(idPrefix: string): Promise<RunRow> {
    return this.#read(async () => this.#row(await this.#parts.index.find(idPrefix)));
  }

  lineage(idPrefix: string, depth: number): Promise<Lineage> {
    return this.#read(async () => {
      const graph = await lineageOf(this.#parts.index, idPrefix, depth);
      const artifacts = graph.artifacts.map(async ({ row, ...node }) => ({
        ...node,
        ...(row && { row: await this.#row(row) }),
      }));
      return { ...graph, artifacts: await Promise.all(artifacts) };
    });
  }

  bundle(recordId: string): Promise<BundleFiles> {
    return this.#read(async () => {
      const digests = await this.#parts.index.files(recordId);
      if (digests.size === 0)
        throw new ArqonError("ARTIFACT_UNKNOWN", `no record has the id ${recordId.slice(0, 80)}`);
      const files = new Map<string, Uint8Array>();
      for (const [path, digest] of digests) {
        const bytes = await this.#parts.objects.get(digest);
        if (!bytes)
          throw new ArqonError(
            "BUNDLE_TAMPERED",
            `${path} of record ${recordId} is missing: object sha256:${digest}`,
          );
        files.set(path, bytes);
      }
      return files;
    });
  }

  import(files: BundleFiles, title: string): Promise<RunRow> {
    return this.#run(async () => {
      const recordId = await importFiles(this.#parts, files, title);
      return this.#row((await this.#parts.index.get(recordId)) as IndexRow);
    });
  }

  encryptObjects(): Promise<number> {
    const { policy, runs, objects, audit } = this.#parts;
    if (!policy.encryptAtRest) throw new TypeError("policy.json does not ask for encryption");
    return this.#run(() =>
      // No object is stored or looked for by a check meanwhile.
      runs.exclusive(async () => {
        const digests = await objects.list("");
        for (const digest of digests) {
          const bytes = await objects.get(digest);
          if (bytes) await objects.put([bytes]); // An object that lies there in plain text is written again.
        }
        await audit.append({ event: "objects.encrypt", objects: digests.length });
        return digests.length;
      }),
    );
  }

  audit(entry: JsonObject): Promise<void> {
    return this.#run(() => this.#parts.audit.append(entry));
  }

  auditTail(limit: number): Promise<JsonObject[]> {
    return this.#run(() => this.#parts.audit.tail(limit));
  }

  publicKeys(): Promise<TrustedKey[]> {
    return this.#run(() => trustable(this.#parts.keys).map(trustedKey));
  }

  check(): Promise<string[]> {
    return this.#run(() => checkVault(this.#parts));
  }

  async #row({ ledgerIndex, addedAt: _, ...row }: IndexRow): Promise<RunRow> {
    const reproduced = await this.#parts.index.reproduced(row.artifactId);
    return { ...row, imported: ledgerIndex < 0, reproduced };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#busy);
    const { index, runs, governance, keystore, meter, audit } = this.#parts;
    try {
      const uses = keystore && meter.drain();
      if (uses) await audit.append(uses);
    } finally {
      for (const one of [runs, governance]) one.close();
      await index.close();
      await this.#store?.close();
    }
  }
}
