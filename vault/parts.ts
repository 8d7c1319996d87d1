/** The rooms of one open vault, joined. */
import type { Clock } from "@arqon/core/base";
import type { SignatureAlgorithm } from "@arqon/core/proof";
import type { FileKeys } from "./at-rest-files.ts";
import type { AuditLog } from "./audit.ts";
import type { IndexBehind } from "./index/index.ts";
import type { Keystore, SuiteKey, VaultSigner } from "./keys/index.ts";
import type { Ledger } from "./ledger/index.ts";
import type { UseMeter } from "./meter.ts";
import type { ObjectStore } from "./objects/index.ts";
import type { VaultPolicy } from "./policy.ts";
import type { Profile } from "./profile.ts";

/** What sealing, importing and checking work with. */
export interface VaultParts {
  readonly home: string;
  readonly clock: Clock;
  /** Values that must never enter a bundle. */
  readonly secrets: readonly string[];
  /** Who seals, for the views of what is sealed. */
  readonly profile: Profile;
  /** Absent when opened read-only. */
  readonly keystore: Keystore | undefined;
  readonly policy: VaultPolicy;
  /** What makes the cryptography a certified one; absent unless the policy requires it. */
  readonly fips: string | undefined;
  readonly meter: UseMeter;
  /** Every key this vault has signed with, oldest first. */
  readonly keys: readonly SuiteKey[];
  /**
   * Who signs now, one a suite; both suites unless told otherwise. Every signature is counted for `purpose` and `tenant`.
   * @throws ArqonError `KEYSTORE_LOCKED` when opened read-only.
   */
  signers(purpose?: string, tenant?: string, suites?: readonly SignatureAlgorithm[]): readonly VaultSigner[];
  /** Absent unless the policy asks for encryption. */
  readonly fileKeys: FileKeys | undefined;
  readonly objects: ObjectStore;
  readonly index: IndexBehind;
  readonly runs: Ledger;
  readonly governance: Ledger;
  readonly audit: AuditLog;
}
