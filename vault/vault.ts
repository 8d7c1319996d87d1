/** The vault's contract: seals, signs, keeps and finds artifacts. It runs in a worker; callers hold this interface. */
import type { JsonObject } from "@arqon/core/base";
import type { ArtifactType, BundleDraft, BundleFiles, BundleIds, FileFacts } from "@arqon/core/bundle";
import type { LineageGraph } from "./lineage.ts";

/** One row of the index: a record of a run. Several records may share an artifact id ("reproduced 3 times"). */
export interface RunRow extends BundleIds {
  readonly artifactType: string;
  readonly jobId: string;
  readonly backendId: string;
  readonly createdAt: string;
  /** e.g. "bell.qasm"; for people. */
  readonly title: string;
  readonly reported: boolean;
  /** Came from elsewhere by import. */
  readonly imported: boolean;
  /** Records with the same artifact id, this one included: of those the tenant may see that was asked for. */
  readonly reproduced: number;
  /** What it bears now, sorted: those it was sealed with, and what was changed since. */
  readonly tags: readonly string[];
}

/** The two logs of a vault. */
export type LogName = "runs" | "governance";

/** The graph around an artifact: what it came from, and what came of it. */
export type Lineage = LineageGraph<RunRow>;

/** What sealing gave. */
export interface SealedRun extends BundleIds {
  /** Position in the run ledger, from 0. */
  readonly ledgerIndex: number;
  /** Records with the same artifact id, this one included. */
  readonly reproduced: number;
}

/** A public key of this vault, as others should trust it. */
export interface TrustedKey {
  /** "sha256:" and the hexadecimal digest of the SPKI DER. */
  readonly keyId: string;
  readonly algorithm: "ed25519" | "ml-dsa-65";
  /** PEM of the SubjectPublicKeyInfo. */
  readonly publicKeyPem: string;
  /** RFC 3339 times between which what it signed is accepted; open where left out. */
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** Seals, signs, keeps and finds. Every method may reject with an ArqonError. */
export interface Vault {
  /** Computes the ids, signs, appends to the run ledger, stores and indexes; durable once resolved. */
  seal(draft: BundleDraft, title: string): Promise<SealedRun>;
  /**
   * Takes in a file of this machine that is too large to hold, for a draft's `large`. It is kept for good once a record
   * with it is sealed; garbage collection takes it otherwise.
   */
  keep(path: string): Promise<FileFacts>;
  /** Signs with every suite of the vault. Returns a DSSE envelope as canonical JSON. */
  sign(payloadType: string, payload: Uint8Array): Promise<Uint8Array>;
  /** Newest first. @param tags  only those that bear each of them. @param tenant  as {@link find}. */
  list(limit: number, tags?: readonly string[], tenant?: string): Promise<RunRow[]>;
  /**
   * The newest artifact of a type on a backend that has the file `holding`, e.g. the calibration it stands under: one that
   * was refused has none. @cost Reads each that is newer.
   */
  latest(artifactType: ArtifactType, backendId: string, holding: string): Promise<RunRow | undefined>;
  /**
   * The newest row whose artifact id or record id starts with `idPrefix` ("sha256:" may be left out).
   * @param tenant  only what this tenant may see: its own, what was imported, and calibrations. Left out: all.
   * @throws ArqonError `ARTIFACT_UNKNOWN` when none does, or ids of several artifacts do.
   */
  find(idPrefix: string, tenant?: string): Promise<RunRow>;
  /**
   * What the artifact that `idPrefix` names came from, and what came of it, `depth` steps each way; `tenant` as {@link find}.
   * @throws ArqonError `ARTIFACT_UNKNOWN` as {@link find}; `LIMIT_EXCEEDED` when it is too much to show.
   */
  lineage(idPrefix: string, depth: number, tenant?: string): Promise<Lineage>;
  /** Every file of a record. */
  bundle(recordId: string): Promise<BundleFiles>;
  /** Stores a verified bundle of another vault. Returns its row. */
  import(files: BundleFiles, title: string): Promise<RunRow>;
  /** Appends to the governance ledger, e.g. a refusal before the door. */
  audit(entry: JsonObject): Promise<void>;
  /** Newest first. */
  auditTail(limit: number): Promise<JsonObject[]>;
  /**
   * A file of a log as C2SP tlog-tiles has it: `checkpoint`, `tile/0/000.p/5`, `tile/entries/000`; `undefined` where there is
   * none. The run ledger's entries are the signed envelopes, the governance ledger's its records.
   * @throws ArqonError `LEDGER_INVALID`, `LIMIT_EXCEEDED` for entries of more than 65,535 bytes.
   */
  logFile(log: LogName, path: string): Promise<Uint8Array | undefined>;
  /** The keys others need to verify what this vault signs. */
  publicKeys(): Promise<TrustedKey[]>;
  /** Ids of the keys that were taken out of the trust file: what they signed is refused here. @throws ArqonError `JSON_INVALID` */
  refusedKeys(): Promise<string[]>;
  /** Checks ledger, index and objects against each other. One line a finding; empty when all is well. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}
