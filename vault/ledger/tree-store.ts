/** Reads and writes of the tree's tables, without any policy. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ArqonError, equalBytes } from "@arqon/core/base";
import { appendLeaf, nodeHash } from "@arqon/core/proof";

/** Nodes from this level up are kept once read: every proof needs some of them, and there are few. */
const KEPT_LEVEL = 6;
/** Most nodes kept, about 10 MB: those of a million leaves. */
const KEPT_NODES = 65_536;

const keyOf = (level: number, i: number): number => 64 * i + level;

/** The tables of one open ledger. */
export class TreeStore {
  readonly #insertNode: StatementSync;
  readonly #selectNode: StatementSync;
  readonly #selectRow: StatementSync;
  readonly #size: StatementSync;
  readonly #db: DatabaseSync;
  /** Nodes pushed since the last {@link forget}: most reads of a batch are of them. */
  readonly #fresh = new Map<number, Uint8Array>();
  /** Committed nodes of the upper levels; a complete node never changes. */
  readonly #kept = new Map<number, Uint8Array>();
  readonly path: string;

  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.path = path;
    this.#insertNode = db.prepare("INSERT INTO node (level, i, hash) VALUES (?, ?, ?)");
    this.#selectNode = db.prepare("SELECT hash FROM node WHERE level = ? AND i = ?");
    this.#selectRow = db.prepare("SELECT i, hash FROM node WHERE level = ? AND i >= ? ORDER BY i LIMIT ?");
    this.#size = db.prepare("SELECT coalesce(max(i) + 1, 0) AS size FROM node WHERE level = 0");
  }

  /** Leaves in the tree. */
  size(): number {
    return Number(this.#size.get()?.["size"]);
  }

  /** Hash of a complete node. @throws ArqonError `LEDGER_INVALID` when it is not there. */
  read = (level: number, i: number): Uint8Array => {
    const key = keyOf(level, i);
    const known = this.#fresh.get(key) ?? this.#kept.get(key);
    if (known) return known;
    const hash = this.#selectNode.get(level, i)?.["hash"];
    if (!(hash instanceof Uint8Array) || hash.length !== 32)
      throw new ArqonError(
        "LEDGER_INVALID",
        `${this.path}: node ${level}/${i} of the tree is missing or damaged`,
      );
    if (level >= KEPT_LEVEL) {
      if (this.#kept.size >= KEPT_NODES) this.#kept.clear();
      this.#kept.set(key, hash);
    }
    return hash;
  };

  /** Hashes of complete nodes side by side. @throws ArqonError `LEDGER_INVALID` when one is not there. */
  readRow(level: number, from: number, count: number): Uint8Array {
    const row = new Uint8Array(32 * count);
    let next = 0;
    for (const { i, hash } of this.#selectRow.iterate(level, from, count)) {
      if (i !== from + next || !(hash instanceof Uint8Array) || hash.length !== 32) break;
      row.set(hash, 32 * next++);
    }
    if (next === count) return row;
    throw new ArqonError(
      "LEDGER_INVALID",
      `${this.path}: node ${level}/${from + next} of the tree is missing or damaged`,
    );
  }

  /** Adds leaf hashes to a tree of `size` leaves, and the nodes they complete. */
  pushAll(size: number, leaves: readonly Uint8Array[]): void {
    for (const [i, leaf] of leaves.entries()) this.#push(size + i, leaf);
  }

  #push(size: number, leaf: Uint8Array): void {
    for (const { level, index, hash } of appendLeaf(size, leaf, this.read)) {
      this.#insertNode.run(level, index, hash);
      this.#fresh.set(keyOf(level, index), hash);
    }
  }

  /** Forgets what was pushed: it is committed, or was rolled back. */
  forget(): void {
    this.#fresh.clear();
  }

  /**
   * Computes every inner node anew from the leaf hashes and compares it with the stored one.
   * @throws ArqonError `LEDGER_INVALID` naming the node.
   * @cost O(size) hashes, 32 bytes a leaf.
   */
  verifyNodes(): void {
    const select = this.#db.prepare("SELECT i, hash FROM node WHERE level = ? ORDER BY i");
    let below = new Uint8Array(0);
    for (let level = 0, count = this.size(); count > 0; level++, count = Math.floor(count / 2)) {
      const hashes = new Uint8Array(count * 32);
      let next = 0;
      for (const row of select.iterate(level)) {
        const hash = row["hash"] as Uint8Array;
        const at = 64 * next;
        const sound =
          row["i"] === next &&
          next < count &&
          hash.length === 32 &&
          (level === 0 ||
            equalBytes(hash, nodeHash(below.subarray(at, at + 32), below.subarray(at + 32, at + 64))));
        if (!sound)
          throw new ArqonError(
            "LEDGER_INVALID",
            `${this.path}: node ${level}/${next} of the tree is missing or was altered`,
          );
        hashes.set(hash, 32 * next);
        next++;
      }
      if (next !== count)
        throw new ArqonError(
          "LEDGER_INVALID",
          `${this.path}: level ${level} of the tree has ${next} nodes, not ${count}`,
        );
      below = hashes;
    }
  }
}
