/** The vault in this process: its rooms behind one interface. */
import { ArqonError, type JsonObject, requireFewTags, requireTag, sortTags } from "@arqon/core/base";
import type { BundleContents, BundleDraft, BundleFiles, FileFacts, OnProgress } from "@arqon/core/bundle";
import { createEnvelope, encodeEnvelope } from "@arqon/core/proof";
import { type AnnotationInit, annotate, annotationsOf } from "./annotate.ts";
import type { Annotation } from "./annotation.ts";
import type { FileKeys } from "./at-rest-files.ts";
import { catchUp } from "./catch-up.ts";
import { checkVault } from "./check.ts";
import { type Collected, type CollectOptions, collectGarbage, rebuildIndex } from "./collect.ts";
import { readDistrust } from "./distrust.ts";
import { type Encrypted, encryptObjects } from "./encrypt-objects.ts";
import type { IndexRow } from "./index/index.ts";
import type { Keystore, Kms } from "./keys/index.ts";
import { contentsOf, keepFile, wholeOf } from "./large.ts";
import type { Ledger } from "./ledger/index.ts";
import { lineageOf } from "./lineage.ts";
import { logFile } from "./log-files.ts";
import type { VaultParts } from "./parts.ts";
import { importFiles } from "./seal.ts";
import { type Seal, sealer } from "./sealing.ts";
import { trustable, trustedKey } from "./trust.ts";
import type { Lineage, LogName, RunRow, SealedRun, TrustedKey, Vault } from "./vault.ts";
import { requireWhole } from "./whole.ts";

/** A vault in this process, with its keys. */
export interface LocalVaultHandle extends Vault {
  /** @throws ArqonError `KEYSTORE_LOCKED` when opened read-only. */
  readonly keys: Kms;
  /** Keys of files that others encrypt. @throws TypeError unless the policy asks for encryption. */
  readonly fileKeys: FileKeys;
  /** The logs, e.g. for tiles and proofs. */
  readonly logs: { readonly runs: Ledger; readonly governance: Ledger };
  /**
   * Encrypts objects and entries of the governance ledger from before this vault encrypted, and those under an older key,
   * piece by piece: cut short, it goes on when it is run again. Others may seal meanwhile.
   * @throws TypeError unless the policy says so.
   */
  encryptObjects(onProgress?: (done: number, of: number) => void): Promise<Encrypted>;
  /** Every file of a record; those too large to hold are read piece by piece. */
  contents(recordId: string): Promise<BundleContents>;
  /** As {@link Vault.import}, of a bundle whose files need not fit into memory. */
  import(files: BundleContents, title: string, onProgress?: OnProgress): Promise<RunRow>;
  /**
   * Says something of the newest record that `idPrefix` names, in the governance ledger. Returns its row.
   * @throws ArqonError `ARTIFACT_UNKNOWN`, `USAGE`, `LIMIT_EXCEEDED`, `SECRET_FOUND`
   */
  annotate(idPrefix: string, init: AnnotationInit): Promise<RunRow>;
  /** What was said of a record after it was sealed, oldest first. */
  annotations(recordId: string): Promise<Annotation[]>;
  /** Finds garbage among the objects, and deletes it on demand. */
  collect(options: CollectOptions): Promise<Collected>;
  /** Makes the index anew from ledgers and objects. Returns how many records it has. */
  reindex(): Promise<number>;
  /** The ledgers are not shorter than they were. @throws ArqonError `LEDGER_ROLLED_BACK`. */
  requireWhole(): Promise<void>;
}

/** Rows whose counts and tags are asked for together. */
const ROWS_AT_ONCE = 500;

/** The vault over its parts. Closing waits for what runs. */
export class LocalVault implements LocalVaultHandle {
  readonly #parts: VaultParts;
  readonly #kms: Kms | undefined;
  readonly #store: Keystore | undefined;
  readonly #seal: Seal;
  readonly #busy = new Set<Promise<unknown>>();
  #closed = false;

  constructor(parts: VaultParts, kms: Kms | undefined, store: Keystore | undefined) {
    this.#parts = parts;
    this.#seal = sealer(parts);
    this.#kms = kms;
    this.#store = store;
  }

  get logs(): LocalVaultHandle["logs"] {
    return this.#parts;
  }

  get fileKeys(): FileKeys {
    const { fileKeys } = this.#parts;
    if (!fileKeys) throw new TypeError("policy.json does not ask for encryption");
    return {
      create: (context) => this.#run(() => fileKeys.create(context)),
      open: (wrapped, context) => this.#run(() => fileKeys.open(wrapped, context)),
      isNewest: (wrapped) => this.#run(() => fileKeys.isNewest(wrapped)),
    };
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
    return this.#run(() => this.#seal(draft, title));
  }

  sign(payloadType: string, payload: Uint8Array): Promise<Uint8Array> {
    return this.#run(async () =>
      encodeEnvelope(await createEnvelope(payloadType, payload, this.#parts.signers(payloadType))),
    );
  }

  list(limit: number, tags: readonly string[] = [], tenant?: string): Promise<RunRow[]> {
    return this.#read(async () => {
      const wanted = sortTags(tags.map((tag) => requireTag(tag)));
      requireFewTags(wanted);
      return this.#rows(await this.#parts.index.list(limit, wanted, tenant), tenant);
    });
  }

  annotate(idPrefix: string, init: AnnotationInit): Promise<RunRow> {
    return this.#run(async () => this.#row(await annotate(this.#parts, idPrefix, init)));
  }

  annotations(recordId: string): Promise<Annotation[]> {
    return this.#read(() => annotationsOf(this.#parts, recordId));
  }

  latest(artifactType: string, backendId: string, holding: string): Promise<RunRow | undefined> {
    return this.#read(async () => {
      for (let skipped = 0; ; skipped++) {
        const row = await this.#parts.index.latest(artifactType, backendId, skipped);
        if (!row) return undefined;
        if ((await contentsOf(this.#parts, row.recordId)).has(holding)) return this.#row(row);
      }
    });
  }

  find(idPrefix: string, tenant?: string): Promise<RunRow> {
    return this.#read(async () => this.#row(await this.#parts.index.find(idPrefix, tenant), tenant));
  }

  lineage(idPrefix: string, depth: number, tenant?: string): Promise<Lineage> {
    return this.#read(async () => {
      const graph = await lineageOf(this.#parts, idPrefix, depth, tenant);
      const artifacts = graph.artifacts.map(async ({ row, ...node }) => ({
        ...node,
        ...(row && { row: await this.#row(row, tenant) }),
      }));
      return { ...graph, artifacts: await Promise.all(artifacts) };
    });
  }

  bundle(recordId: string): Promise<BundleFiles> {
    return this.#read(async () => wholeOf(await contentsOf(this.#parts, recordId)));
  }

  contents(recordId: string): Promise<BundleContents> {
    return this.#read(() => contentsOf(this.#parts, recordId));
  }

  keep(path: string): Promise<FileFacts> {
    return this.#run(() => keepFile(this.#parts.objects, path));
  }

  import(files: BundleContents, title: string, onProgress?: OnProgress): Promise<RunRow> {
    return this.#run(async () => {
      const recordId = await importFiles(this.#parts, files, title, onProgress);
      return this.#row((await this.#parts.index.get(recordId)) as IndexRow);
    });
  }

  encryptObjects(onProgress: (done: number, of: number) => void = () => {}): Promise<Encrypted> {
    if (!this.#parts.policy.encryptAtRest) throw new TypeError("policy.json does not ask for encryption");
    return this.#run(() => encryptObjects(this.#parts, onProgress));
  }

  collect(options: CollectOptions): Promise<Collected> {
    return this.#run(() => collectGarbage(this.#parts, options));
  }

  reindex(): Promise<number> {
    return this.#run(() => rebuildIndex(this.#parts));
  }

  requireWhole(): Promise<void> {
    return this.#run(() => requireWhole(this.#parts));
  }

  audit(entry: JsonObject): Promise<void> {
    return this.#run(() => this.#parts.audit.append(entry));
  }

  auditTail(limit: number): Promise<JsonObject[]> {
    return this.#run(() => this.#parts.audit.tail(limit));
  }

  logFile(log: LogName, path: string): Promise<Uint8Array | undefined> {
    return this.#run(() => logFile(this.#parts, log, path));
  }

  publicKeys(): Promise<TrustedKey[]> {
    return this.#run(() => trustable(this.#parts.keys).map(trustedKey));
  }

  refusedKeys(): Promise<string[]> {
    return this.#run(() => readDistrust(this.#parts.home));
  }

  check(): Promise<string[]> {
    return this.#run(() => checkVault(this.#parts));
  }

  async #row(row: IndexRow, tenant?: string): Promise<RunRow> {
    return (await this.#rows([row], tenant))[0] as RunRow;
  }

  async #rows(rows: readonly IndexRow[], tenant?: string): Promise<RunRow[]> {
    const { index } = this.#parts;
    const found: RunRow[] = [];
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const some = rows.slice(at, at + ROWS_AT_ONCE);
      const artifactIds = [...new Set(some.map(({ artifactId }) => artifactId))];
      const reproduced = await index.reproducedAll(artifactIds, tenant);
      const tags = await index.tags(some.map(({ recordId }) => recordId));
      for (const { ledgerIndex, addedAt: _, ...row } of some)
        found.push({
          ...row,
          imported: ledgerIndex < 0,
          reproduced: reproduced.get(row.artifactId) ?? 0,
          tags: tags.get(row.recordId) ?? [],
        });
    }
    return found;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#busy);
    const { index, objects, runs, governance, keystore, meter, audit } = this.#parts;
    try {
      const uses = keystore && meter.drain();
      // How long the ledger is known to be outlives the index.
      if (uses) await audit.append({ ...uses, runs: runs.size() });
    } finally {
      for (const one of [runs, governance, objects]) one.close();
      await index.close();
      await this.#store?.close();
    }
  }
}
