/** Opens a vault in this process. */
import { existsSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { ArqonError, type Clock, type Entropy } from "@arqon/core/base";
import { AT_REST_LABEL, dataKeysOf, entryCodec, sealedCodec } from "./at-rest.ts";
import { fileKeysOf } from "./at-rest-files.ts";
import { auditLog } from "./audit.ts";
import { catchUp } from "./catch-up.ts";
import { makePrivateDirectory } from "./files/index.ts";
import { requireFips } from "./fips.ts";
import { indexBehind } from "./index/index.ts";
import {
  createKms,
  isSuiteKey,
  type Keystore,
  readKeystoreKeys,
  type SuiteKey,
  signersOf,
} from "./keys/index.ts";
import { type EntryCodec, openLedger } from "./ledger/index.ts";
import { LocalVault, type LocalVaultHandle } from "./local-vault.ts";
import { useMeter } from "./meter.ts";
import type { ObjectCodec } from "./objects/index.ts";
import { type KeyPlace, keyValidity, type OpenKeysOptions, openKeys, VAULT_LABEL } from "./open-keys.ts";
import type { VaultParts } from "./parts.ts";
import { createEncryptingPolicy, readPolicy, requireSuppliedKeys } from "./policy.ts";
import { readProfile } from "./profile.ts";
import {
  openObjects,
  openRunIndex,
  requireFreeStores,
  type StoreOptions,
  type StorePlaces,
  secretsIn,
} from "./stores.ts";
import { addTrust, concludeTrust, createTrust, trustable } from "./trust.ts";
import { requireWhole } from "./whole.ts";

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
  /** Where objects and index are, unless in `home`. */
  readonly stores?: StorePlaces;
  /** Makes a new home one that encrypts; an existing home stays as its policy.json says. */
  readonly encryptAtRest?: boolean;
}

/**
 * Opens the vault of `home`, or creates it with keys of both suites. Several processes may have it open at once.
 *
 * @throws ArqonError `KEYSTORE_LOCKED` for a wrong passphrase, `LEDGER_INVALID` when the ledger does not agree with its
 *   last checkpoint, `LEDGER_ROLLED_BACK` when it is shorter than it was and this is not for reading alone.
 */
export async function openVault(options: OpenVaultOptions): Promise<LocalVaultHandle> {
  const { home, clock } = options;
  makePrivateDirectory(home);
  if (options.encryptAtRest && !options.readOnly && readKeystoreKeys(home).length === 0)
    createEncryptingPolicy(home);
  const policy = readPolicy(home);
  if (!options.readOnly) requireSuppliedKeys(policy);
  const fips = options.readOnly ? undefined : requireFips(policy);
  if (!options.readOnly && readKeystoreKeys(home).length === 0) {
    await refuseNewKeys(options);
    await requireFreeStores({ home, clock, entropy: options.entropy, places: options.stores ?? {} });
  }
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
    const log = (file: string, kind: string, how: () => ReturnType<typeof signersOf>, codec?: EntryCodec) =>
      openLedger({
        codec,
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
    // Nor are the keys its entries are encrypted with: what it keeps beside the run ledger's hashes speaks of people.
    const entries =
      policy.encryptAtRest && store ? entryCodec(dataKeysOf(store), options.entropy) : undefined;
    const governance = keep(await log("governance.sqlite", "governance", plain, entries));
    if (policy.encryptAtRest) forgetIndexFiles(home);
    const fileKeys =
      policy.encryptAtRest && store ? fileKeysOf(dataKeysOf(store, meter), options.entropy) : undefined;
    const storeOptions: StoreOptions = {
      home,
      clock,
      entropy: options.entropy,
      places: options.stores ?? {},
      owner: name,
      readOnly: options.readOnly === true,
      encrypted: policy.encryptAtRest,
      fileKeys,
    };
    const objects = keep(await openObjects(storeOptions, store && codecOf(store, policy, options, meter)));
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
    if (kms) {
      createTrust(home, keysNow());
      if (policy.encryptAtRest && !kms.list().some(({ label }) => label === AT_REST_LABEL))
        await kms.generate("aes-256-gcm", AT_REST_LABEL, keyValidity(clock));
      await kms.resume();
    }
    const index = keep(indexBehind(await openRunIndex(storeOptions)));
    const parts: VaultParts = {
      home,
      clock,
      policy,
      fips,
      secrets: [
        ...(options.secrets ?? []),
        ...(options.passphrase === undefined ? [] : [options.passphrase]),
        ...secretsIn(options.stores ?? {}),
      ],
      profile: options.readOnly ? {} : readProfile(home),
      keystore,
      meter,
      get keys() {
        return keysNow();
      },
      signers,
      fileKeys,
      objects,
      index,
      runs,
      governance,
      audit,
    };
    await catchUp(parts);
    // What there is can be read; nothing is built on what lacks something.
    if (!options.readOnly) await requireWhole(parts);
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
  const path = join(home, "ledger.sqlite");
  if (!existsSync(path)) return;
  try {
    (await openLedger({ path, origin: "arqon.local/new", clock, keys: [], signers: () => [] })).close();
  } catch (cause) {
    // Another process may have made the first keys and the first entry meanwhile.
    if (readKeystoreKeys(home).length === 0)
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
