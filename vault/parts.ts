/** The rooms of one open vault, joined. */
import type { Clock } from "@arqon/core/base";
import type { PublicKey } from "@arqon/core/proof";
import type { AuditLog } from "./audit.ts";
import type { RunIndex } from "./index/index.ts";
import type { Keystore, VaultSigner } from "./keys/index.ts";
import type { Ledger } from "./ledger/index.ts";
import type { ObjectStore } from "./objects/index.ts";

/** What sealing, importing and checking work with. */
export interface VaultParts {
  readonly home: string;
  readonly clock: Clock;
  /** Values that must never enter a bundle. */
  readonly secrets: readonly string[];
  /** Absent when opened read-only. */
  readonly keystore: Keystore | undefined;
  /** Every key this vault has had. */
  readonly keys: readonly PublicKey[];
  /** @throws ArqonError `KEYSTORE_LOCKED` when opened read-only. */
  signers(): readonly VaultSigner[];
  readonly objects: ObjectStore;
  readonly index: RunIndex;
  readonly runs: Ledger;
  readonly governance: Ledger;
  readonly audit: AuditLog;
}
