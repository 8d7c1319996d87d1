import type { DatabaseSync } from "node:sqlite";
import { ArqonError, type Clock } from "@arqon/core/base";
import { inTransaction, oneAtATime, openDatabase } from "../sqlite/index.ts";
import type { Blob, Blobs } from "./blobs.ts";

const SCHEMA = `
CREATE TABLE blob (
  id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL, written_us INTEGER NOT NULL
) STRICT;`;
const VERSION = 1;

/** Blobs in a SQLite database, which closes with them. */
export type DatabaseBlobs = Omit<Blobs, "writeLong" | "readLong" | "stat"> & {
  stat(name: string): Promise<{ readonly storedBytes: number; readonly writtenUs: number } | undefined>;
  has(name: string): boolean;
  close(): void;
};

/**
 * Many small blobs written together cost one transaction and one wait for the disk, where files cost one each. Several
 * processes may use it at once. What is deleted or replaced is overwritten with zeros.
 */
export async function databaseBlobs(path: string, clock: Clock): Promise<DatabaseBlobs> {
  const db = await openDatabase({ path, clock, schema: SCHEMA, version: VERSION });
  db.exec("PRAGMA secure_delete = ON");
  return blobsOf(db, path, clock);
}

function blobsOf(db: DatabaseSync, path: string, clock: Clock): DatabaseBlobs {
  const queue = oneAtATime();
  const keyOf = (name: string): Uint8Array => Buffer.from(name, "hex");
  const insert = db.prepare(
    `INSERT INTO blob (name, bytes, written_us) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, written_us = excluded.written_us`,
  );
  const select = db.prepare("SELECT bytes FROM blob WHERE name = ?");
  const facts = db.prepare("SELECT length(bytes) AS bytes, written_us FROM blob WHERE name = ?");
  const names = db.prepare(
    "SELECT lower(hex(name)) AS name FROM blob WHERE name >= ? AND name <= ? ORDER BY name",
  );
  const change = (sql: string) => {
    const statement = db.prepare(sql);
    return (...values: (Uint8Array | number)[]): Promise<void> =>
      queue(() => inTransaction(db, clock, async () => void statement.run(...values)));
  };
  const remove = change("DELETE FROM blob WHERE name = ?");
  const touch = change("UPDATE blob SET written_us = ? WHERE name = ?");

  /** What SQLite says of a file that was altered is an error of the store's bytes. */
  const sound = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new ArqonError("BUNDLE_TAMPERED", `${path} cannot be read: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
  const statNow = (name: string): { storedBytes: number; writtenUs: number } | undefined => {
    const row = sound(() => facts.get(keyOf(name)));
    return row && { storedBytes: Number(row["bytes"]), writtenUs: Number(row["written_us"]) };
  };

  return {
    write: (blobs: readonly Blob[]) =>
      queue(() =>
        inTransaction(db, clock, async () => {
          const now = Math.floor(clock.nowUs());
          for (const { name, bytes } of blobs) insert.run(keyOf(name), bytes, now);
        }),
      ),
    read: async (name) => sound(() => select.get(keyOf(name)))?.["bytes"] as Uint8Array | undefined,
    stat: async (name) => statNow(name),
    has: (name) => statNow(name) !== undefined,
    async list(prefix) {
      const [from, to] = [keyOf(prefix.padEnd(64, "0")), keyOf(prefix.padEnd(64, "f"))];
      return sound(() => names.all(from, to)).map((row) => String(row["name"]));
    },
    remove: (name) => remove(keyOf(name)),
    touch: (name) => touch(Math.floor(clock.nowUs()), keyOf(name)),
    async sweep() {
      // What was deleted or replaced must not outlive it in the write-ahead log either.
      await queue(async () => void db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    },
    where: (name) => `${path}, blob ${name}`,
    close: () => db.close(),
  };
}
