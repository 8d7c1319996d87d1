/** Opens a vault in this process. */
import { join } from "node:path";
import { ArqonError, type Clock, type Entropy, type JsonObject } from "@arqon/core/base";
import type { BundleDraft, BundleFiles } from "@arqon/core/bundle";
import { createEnvelope, encodeEnvelope, type PublicKey } from "@arqon/core/proof";
import { auditLog } from "./audit.ts";
import { checkVault } from "./check.ts";
import { makePrivateDirectory } from "./files/index.ts";
import { type IndexRow, openIndex } from "./index/index.ts";
import {
  type KeyRequest,
  type Keystore,
  openFileKeystore,
  readKeystoreKeys,
  signersOf,
} from "./keys/index.ts";
import { openLedger } from "./ledger/index.ts";
import { fileObjects } from "./objects/index.ts";
import type { VaultParts } from "./parts.ts";
import { catchUp, importFiles, sealDraft } from "./seal.ts";
import { createTrust, trustedKey } from "./trust.ts";
import type { RunRow, SealedRun, TrustedKey, Vault } from "./vault.ts";

/** Where the vault is and what it may use. */
export interface OpenVaultOptions {
  /** ARQON_HOME; created with mode 0700. */
  readonly home: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Opens the keystore; without one its credential file does. */
  readonly passphrase?: string;
  /** Leaves the keys sealed: reading works without the passphrase, sealing and importing are refused. */
  readonly readOnly?: boolean;
  /** Values that must never enter a bundle, e.g. API keys; the passphrase is one anyway. */
  readonly secrets?: readonly string[];
}

const LABEL = "vault";
const KEY_LIFE_US = 10 * 366 * 86_400_000_000;

/**
 * Opens the vault of `home`, or creates it with keys of both suites. Several processes may have it open at once.
 *
 * @throws ArqonError `KEYSTORE_LOCKED` for a wrong passphrase, `LEDGER_INVALID` when the ledger does not agree with its
 *   last checkpoint.
 */
export async function openVault(options: OpenVaultOptions): Promise<Vault> {
  const { home, clock } = options;
  makePrivateDirectory(home);
  if (!options.readOnly) await refuseNewKeys(options);
  const keystore = options.readOnly ? undefined : await openKeys(options);
  const keys: readonly PublicKey[] = keystore?.list() ?? readKeystoreKeys(home);
  const signers: VaultParts["signers"] = () => {
    if (!keystore)
      throw new ArqonError("KEYSTORE_LOCKED", "the vault was opened read-only; its keys are sealed", {
        remedy: "Open it without readOnly.",
      });
    return signersOf(keystore, LABEL, clock.nowUs());
  };
  // A log's name tells vaults apart; it is fixed by the first checkpoint.
  const name = `arqon.local/${keys[0]?.keyId.slice("sha256:".length, 19) ?? "new"}`;
  const log = (file: string, kind: string) =>
    openLedger({ path: join(home, file), origin: `${name}/${kind}`, clock, keys, signers });
  const opened: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(one: T): T => {
    opened.push(one);
    return one;
  };
  try {
    const runs = keep(await log("ledger.sqlite", "runs"));
    const governance = keep(await log("governance.sqlite", "governance"));
    const index = keep(await openIndex({ path: join(home, "index.sqlite"), clock }));
    const parts: VaultParts = {
      home,
      clock,
      secrets: [
        ...(options.secrets ?? []),
        ...(options.passphrase === undefined ? [] : [options.passphrase]),
      ],
      keystore,
      keys,
      signers,
      objects: fileObjects(join(home, "objects")),
      index,
      runs,
      governance,
      audit: auditLog(governance, clock),
    };
    if (keystore) createTrust(home, keys);
    await catchUp(parts);
    return new LocalVault(parts);
  } catch (error) {
    for (const one of opened) one.close();
    throw error;
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

async function openKeys({ home, clock, entropy, passphrase }: OpenVaultOptions): Promise<Keystore> {
  const nowUs = clock.nowUs();
  // From midnight of the day before: a clock set back a little still finds its keys valid.
  const validity = {
    notBeforeUs: nowUs - (nowUs % 86_400_000_000) - 86_400_000_000,
    notAfterUs: nowUs + KEY_LIFE_US,
  };
  const initial: KeyRequest[] = (["ed25519", "ml-dsa-65"] as const).map((algorithm) => ({
    algorithm,
    label: LABEL,
    validity,
  }));
  return openFileKeystore({ home, clock, entropy, initial, ...(passphrase !== undefined && { passphrase }) });
}

class LocalVault implements Vault {
  readonly #parts: VaultParts;
  readonly #busy = new Set<Promise<unknown>>();
  #closed = false;

  constructor(parts: VaultParts) {
    this.#parts = parts;
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

  seal(draft: BundleDraft, title: string): Promise<SealedRun> {
    return this.#run(() => sealDraft(this.#parts, draft, title));
  }

  sign(payloadType: string, payload: Uint8Array): Promise<Uint8Array> {
    return this.#run(async () =>
      encodeEnvelope(await createEnvelope(payloadType, payload, this.#parts.signers())),
    );
  }

  list(limit: number): Promise<RunRow[]> {
    return this.#run(() => this.#parts.index.list(limit).map(rowOf));
  }

  find(idPrefix: string): Promise<RunRow> {
    return this.#run(() => rowOf(this.#parts.index.find(idPrefix)));
  }

  bundle(recordId: string): Promise<BundleFiles> {
    return this.#run(async () => {
      const digests = this.#parts.index.files(recordId);
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
      return rowOf(this.#parts.index.get(recordId) as IndexRow);
    });
  }

  audit(entry: JsonObject): Promise<void> {
    return this.#run(() => this.#parts.audit.append(entry));
  }

  auditTail(limit: number): Promise<JsonObject[]> {
    return this.#run(() => this.#parts.audit.tail(limit));
  }

  publicKeys(): Promise<TrustedKey[]> {
    return this.#run(() => this.#parts.keys.map(trustedKey));
  }

  check(): Promise<string[]> {
    return this.#run(() => checkVault(this.#parts));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#busy);
    const { index, runs, governance } = this.#parts;
    for (const one of [index, runs, governance]) one.close();
  }
}

function rowOf({ ledgerIndex, addedAt: _, ...row }: IndexRow): RunRow {
  return { ...row, imported: ledgerIndex < 0 };
}
