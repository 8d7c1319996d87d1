import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ArqonError, type Clock, equalBytes } from "@arqon/core/base";
import {
  BOTH_SUITES,
  formatTlogProof,
  leafHash,
  type PublicKey,
  parseCheckpoint,
  proveConsistency,
  proveInclusion,
  requireEntry,
  signCheckpoint,
  systemVerifier,
  treeRoot,
  verifyCheckpoint,
} from "@arqon/core/proof";
import type { VaultSigner } from "../keys/index.ts";
import { inTransaction, oneAtATime, openDatabase } from "../sqlite/index.ts";
import { encodeOldEntries } from "./encode-old.ts";
import { LEDGER_SCHEMA, LEDGER_VERSION } from "./schema.ts";
import { TreeStore } from "./tree-store.ts";

/** Which log, and who signs for it. */
export interface LedgerOptions {
  readonly path: string;
  /** Name of a new log, e.g. "arqon.local/3f9a2c.../runs"; an existing one keeps its own. */
  readonly origin: string;
  readonly clock: Clock;
  /** Keys whose checkpoints are believed: every key this vault has had. */
  readonly keys: readonly PublicKey[];
  /** Who signs new checkpoints. */
  readonly signers: () => readonly VaultSigner[];
  readonly codec?: EntryCodec | undefined;
}

/** How entries lie on the disk, where that is not as they are. Each belongs to the hash of its leaf. */
export interface EntryCodec {
  encode(entry: Uint8Array, leaf: Uint8Array): Promise<Uint8Array>;
  /** Entries from before there was a codec, and damaged ones, come as they are: the leaf tells whether they are sound. */
  decode(stored: Uint8Array, leaf: Uint8Array): Promise<Uint8Array>;
  /** Whether it is as `encode` would make it now. */
  isCurrent(stored: Uint8Array, leaf: Uint8Array): boolean;
}

/** What an appended entry got. */
export interface Receipt {
  /** Position in the log, from 0. */
  readonly index: number;
  /** Inclusion proof and signed checkpoint, as a C2SP tlog-proof file. */
  readonly proof: string;
}

/** An append-only log that several processes may open at once. */
export interface Ledger {
  readonly origin: string;
  size(): number;
  /**
   * Appends entries under one checkpoint; the leaf is the hash of the entry itself. Durable once resolved.
   * @throws ArqonError `LIMIT_EXCEEDED` for one of more than 65,535 bytes, with nothing written.
   */
  append(entries: readonly Uint8Array[]): Promise<Receipt[]>;
  /**
   * Appends leaves under one checkpoint. `complete` runs under the log's write lock, before the commit: it makes durable
   * what the entries speak of and returns what the log keeps beside each leaf's hash. When it throws, nothing was appended.
   */
  appendWith(
    leaves: readonly Uint8Array[],
    complete: (receipts: readonly Receipt[]) => Promise<readonly Uint8Array[]>,
  ): Promise<readonly Receipt[]>;
  /** Runs `work` on what is committed: between appends, never inside one that may yet be taken back. */
  committed<T>(work: () => T): Promise<T>;
  /** Runs `work` while nothing can be appended by anyone. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Encodes entries of before there was a codec, and those it would encode otherwise now. Returns how many. */
  encodeOld(): Promise<number>;
  /** What is kept beside the leaves from index `from` on, at most `limit`. */
  entries(from: number, limit: number): Promise<Uint8Array[]>;
  /** Hash of a leaf. @throws ArqonError `LEDGER_INVALID` when there is none. */
  leaf(index: number): Uint8Array;
  /** Complete nodes of a level side by side, 32 bytes each. @throws ArqonError `LEDGER_INVALID` when one is not there. */
  hashes(level: number, from: number, count: number): Uint8Array;
  /** The newest signed checkpoint; `undefined` while the log is empty. */
  checkpoint(): string | undefined;
  /** A fresh inclusion proof, under the newest checkpoint. */
  prove(index: number): string;
  /** Hashes that show the tree of `oldSize` leaves to be a prefix of the tree of `newSize`. */
  consistency(oldSize: number, newSize: number): Uint8Array[];
  /**
   * Computes the whole tree anew and compares it with the last checkpoint, or with every one there is.
   * @throws ArqonError `LEDGER_INVALID` saying what does not agree.
   */
  verify(checkpoints: "last" | "all"): Promise<void>;
  close(): void;
}

/**
 * Opens or creates a log and verifies it against its last checkpoint.
 * @throws ArqonError `LEDGER_INVALID` when the tree, the checkpoint or its signatures do not agree.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { path, clock } = options;
  const db = await openDatabase({ path, clock, schema: LEDGER_SCHEMA, version: LEDGER_VERSION });
  try {
    const ledger = new SqliteLedger(db, options);
    await ledger.verify("last");
    return ledger;
  } catch (error) {
    db.close();
    throw error;
  }
}

class SqliteLedger implements Ledger {
  readonly #db: DatabaseSync;
  readonly #options: LedgerOptions;
  readonly #tree: TreeStore;
  readonly #keep: StatementSync;
  readonly #newest: StatementSync;
  readonly #queue = oneAtATime();

  constructor(db: DatabaseSync, options: LedgerOptions) {
    this.#db = db;
    this.#options = options;
    this.#tree = new TreeStore(db, options.path);
    this.#newest = db.prepare("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1");
    this.#keep = db.prepare("INSERT INTO leaf (i, entry) VALUES (?, ?)");
  }

  get origin(): string {
    // The first line of a checkpoint.
    const note = this.checkpoint();
    return note === undefined ? this.#options.origin : note.slice(0, note.indexOf("\n"));
  }

  size(): number {
    return this.#tree.size();
  }

  async append(entries: readonly Uint8Array[]): Promise<Receipt[]> {
    if (entries.length === 0) return [];
    const leaves = entries.map((entry) => leafHash(requireEntry(entry, "an entry", "Say it in several.")));
    return this.appendWith(leaves, async () => entries);
  }

  appendWith(
    leaves: readonly Uint8Array[],
    complete: (receipts: readonly Receipt[]) => Promise<readonly Uint8Array[]>,
  ): Promise<Receipt[]> {
    return this.#write(async () => {
      const first = this.size();
      this.#tree.pushAll(first, leaves);
      const receipts = await this.#seal(first, leaves.length);
      const { codec } = this.#options;
      for (const [i, entry] of (await complete(receipts)).entries())
        this.#keep.run(first + i, codec ? await codec.encode(entry, leaves[i] as Uint8Array) : entry);
      return receipts;
    });
  }

  committed<T>(work: () => T): Promise<T> {
    return this.#queue(async () => work());
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#write(work);
  }

  encodeOld(): Promise<number> {
    const { codec } = this.#options;
    if (!codec) return Promise.resolve(0);
    return encodeOldEntries(
      this.#db,
      (work) => this.#write(work),
      async (i, entry) => {
        const leaf = this.leaf(i);
        if (codec.isCurrent(entry, leaf)) return undefined;
        const plain = await codec.decode(entry, leaf);
        // What is damaged stays as it is, for the check to name.
        return equalBytes(leafHash(plain), leaf) ? codec.encode(plain, leaf) : undefined;
      },
    );
  }

  #write<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue(() =>
      inTransaction(this.#db, this.#options.clock, work).finally(() => this.#tree.forget()),
    );
  }

  /** Signs the tree with its `count` newest leaves, and proves each of them. */
  async #seal(first: number, count: number): Promise<Receipt[]> {
    const size = first + count;
    const root = treeRoot(size, this.#tree.read);
    const checkpoint = await signCheckpoint({ origin: this.origin, size, root }, this.#options.signers());
    this.#db.prepare("INSERT INTO checkpoint (size, note) VALUES (?, ?)").run(size, checkpoint);
    return Array.from({ length: count }, (_, i) => {
      const index = first + i;
      const { read } = this.#tree;
      return {
        index,
        // Few who append many entries ask for it; complete nodes never change.
        get proof() {
          return formatTlogProof({ index, hashes: proveInclusion(index, size, read), checkpoint });
        },
      };
    });
  }

  async entries(from: number, limit: number): Promise<Uint8Array[]> {
    const { codec } = this.#options;
    const rows = this.#db
      .prepare("SELECT i, entry FROM leaf WHERE i >= ? ORDER BY i LIMIT ?")
      .all(from, limit);
    const entries: Uint8Array[] = [];
    for (const { i, entry } of rows) {
      const stored = entry as Uint8Array;
      entries.push(codec ? await codec.decode(stored, this.leaf(Number(i))) : stored);
    }
    return entries;
  }

  leaf(index: number): Uint8Array {
    return this.#tree.read(0, index);
  }

  hashes(level: number, from: number, count: number): Uint8Array {
    return this.#tree.readRow(level, from, count);
  }

  checkpoint(): string | undefined {
    return this.#newest.get()?.["note"] as string | undefined;
  }

  prove(index: number): string {
    const row = this.#newest.get();
    const [checkpoint, size] = [row?.["note"] as string | undefined, Number(row?.["size"] ?? 0)];
    if (checkpoint === undefined || index < 0 || index >= size)
      throw new ArqonError("LEDGER_INVALID", `${this.#options.path} has no entry ${index}; it has ${size}`);
    return formatTlogProof({ index, hashes: proveInclusion(index, size, this.#tree.read), checkpoint });
  }

  consistency(oldSize: number, newSize: number): Uint8Array[] {
    return proveConsistency(oldSize, newSize, this.#tree.read);
  }

  verify(checkpoints: "last" | "all"): Promise<void> {
    return this.#queue(async () => {
      // One read transaction: another process may append meanwhile.
      this.#db.exec("BEGIN");
      try {
        await this.#verifyNow(checkpoints === "last" ? 1 : -1);
      } finally {
        this.#db.exec("COMMIT");
      }
    });
  }

  async #verifyNow(newest: number): Promise<void> {
    const { path, keys } = this.#options;
    const bad = (what: string): never => {
      throw new ArqonError("LEDGER_INVALID", `${path}: ${what}`);
    };
    const size = this.size();
    const leaves = Number(this.#db.prepare("SELECT count(*) AS n FROM leaf").get()?.["n"]);
    if (leaves !== size) bad(`${leaves} entries for ${size} leaves`);
    this.#tree.verifyNodes();
    const rows = this.#db.prepare("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT ?");
    let covered = 0;
    for (const row of rows.iterate(newest)) {
      const checkpoint = parseCheckpoint(row["note"] as string);
      const { size: over } = checkpoint;
      covered ||= over;
      if (over !== row["size"] || over > size) bad(`a checkpoint over ${over} entries, of ${size}`);
      if (!equalBytes(treeRoot(over, this.#tree.read), checkpoint.root))
        bad(`the root of the first ${over} entries is not the one of their checkpoint`);
    }
    if (covered !== size) bad(`the last checkpoint covers ${covered} entries, but there are ${size}`);
    const note = this.checkpoint();
    if (note === undefined) return;
    const verdict = await verifyCheckpoint(parseCheckpoint(note), {
      keys,
      require: BOTH_SUITES,
      verifier: systemVerifier(),
    });
    if (verdict.status !== "ok") bad(`last checkpoint: ${verdict.detail}`);
  }

  close(): void {
    this.#db.close();
  }
}
