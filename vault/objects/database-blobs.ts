import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ArqonError, type Clock } from "@arqon/core/base";
import { inTransaction, oneAtATime, openDatabase } from "../sqlite/index.ts";
import type { Blob, Blobs } from "./blobs.ts";
import { type Extent, filePacks, type Packs } from "./packs.ts";

const SCHEMA = `
CREATE TABLE blob (
  id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL, written_us INTEGER NOT NULL
) STRICT;`;
const VERSION = 1;
/** Came later. `dead` is what is to be wiped: bytes that are of no blob any more. */
const PACK_SCHEMA = `
CREATE TABLE IF NOT EXISTS pack (id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS packed (
  name BLOB PRIMARY KEY, pack INTEGER NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL, written_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead (
  pack INTEGER NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (pack, at)
) STRICT, WITHOUT ROWID;`;
/** Came later still, with the first mark there is: one number, which never becomes smaller. */
const MARK_SCHEMA = `
CREATE TABLE IF NOT EXISTS mark (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL) STRICT;`;

/** Smallest blob that lies in a pack, in bytes: SQLite writes a page twice, and sums it up. */
const PACKED_BYTES = 4096;
/** A pack that has grown to this is followed by another. */
const PACK_BYTES = 1 << 28;

/** Blobs in a SQLite database, which closes with them. */
export type DatabaseBlobs = Omit<Blobs, "writeLong" | "readLong" | "stat"> & {
  stat(name: string): Promise<{ readonly storedBytes: number; readonly writtenUs: number } | undefined>;
  has(name: string): boolean;
  mark(): number;
  close(): void;
};

/**
 * Many small blobs written together cost one transaction and one wait for the disk, where files cost one each. The larger
 * ones lie side by side in packs, in the folder `packs`; the database says where. Their bytes are durable before it
 * does; what an interrupted write left behind the last of them is written over. Several processes may use it at once. What
 * is deleted or replaced is overwritten with zeros.
 */
export async function databaseBlobs(
  path: string,
  packs: string,
  clock: Clock,
  packBytes: number = PACK_BYTES,
): Promise<DatabaseBlobs> {
  const db = await openDatabase({ path, clock, schema: SCHEMA, version: VERSION });
  db.exec("PRAGMA secure_delete = ON");
  const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'dead'").get();
  if (!there) await inTransaction(db, clock, async () => db.exec(PACK_SCHEMA));
  return blobsOf(db, path, filePacks(packs), clock, packBytes);
}

function blobsOf(
  db: DatabaseSync,
  path: string,
  packs: Packs,
  clock: Clock,
  packBytes: number,
): DatabaseBlobs {
  const queue = oneAtATime();
  const change = <T>(work: () => T): Promise<T> => queue(() => inTransaction(db, clock, async () => work()));
  const keyOf = (name: string): Uint8Array => Buffer.from(name, "hex");
  const insert = db.prepare(
    `INSERT INTO blob (name, bytes, written_us) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, written_us = excluded.written_us`,
  );
  const select = db.prepare("SELECT bytes FROM blob WHERE name = ?");
  const facts = db.prepare("SELECT length(bytes) AS bytes, written_us FROM blob WHERE name = ?");
  const names = db.prepare(
    `SELECT lower(hex(name)) AS name FROM blob WHERE name >= ?1 AND name <= ?2
     UNION SELECT lower(hex(name)) FROM packed WHERE name >= ?1 AND name <= ?2 ORDER BY 1`,
  );
  const forget = db.prepare("DELETE FROM blob WHERE name = ?");
  const insertPacked = db.prepare(
    "INSERT INTO packed (name, pack, at, bytes, written_us) VALUES (?, ?, ?, ?, ?)",
  );
  const selectPacked = db.prepare("SELECT pack, at, bytes, written_us FROM packed WHERE name = ?");
  const forgetPacked = db.prepare("DELETE FROM packed WHERE name = ?");
  const insertDead = db.prepare("INSERT INTO dead (pack, at, bytes) VALUES (?, ?, ?)");
  const hasMark = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'mark'");
  let raiseMark: StatementSync | undefined;
  const lastPack = db.prepare("SELECT id, bytes FROM pack ORDER BY id DESC LIMIT 1");
  const growPack = db.prepare(
    "INSERT INTO pack (id, bytes) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes",
  );

  // One that reaches into a living blob was altered: what was acknowledged is worth more than what was deleted.
  const toWipe = db.prepare(
    `SELECT pack, at, bytes FROM dead WHERE NOT EXISTS (
       SELECT 1 FROM packed WHERE packed.pack = dead.pack
       AND packed.at < dead.at + dead.bytes AND packed.at + packed.bytes > dead.at)`,
  );

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
  const extentOf = (key: Uint8Array): (Extent & { writtenUs: number }) | undefined => {
    const row = sound(() => selectPacked.get(key));
    return (
      row && {
        pack: Number(row["pack"]),
        at: Number(row["at"]),
        bytes: Number(row["bytes"]),
        writtenUs: Number(row["written_us"]),
      }
    );
  };
  const statNow = (name: string): { storedBytes: number; writtenUs: number } | undefined => {
    const key = keyOf(name);
    const extent = extentOf(key);
    if (extent) return { storedBytes: extent.bytes, writtenUs: extent.writtenUs };
    const row = sound(() => facts.get(key));
    return row && { storedBytes: Number(row["bytes"]), writtenUs: Number(row["written_us"]) };
  };

  /** Takes a blob out, in a transaction. Returns whether there is something to wipe. */
  const take = (key: Uint8Array): boolean => {
    const extent = extentOf(key);
    if (extent) {
      forgetPacked.run(key);
      insertDead.run(extent.pack, extent.at, extent.bytes);
    }
    forget.run(key);
    return extent !== undefined;
  };

  /** Lays blobs behind the last one, in a transaction. */
  const lay = (blobs: readonly Blob[], now: number): void => {
    if (blobs.length === 0) return;
    const last = lastPack.get();
    const isFull = Number(last?.["bytes"] ?? packBytes) >= packBytes;
    const pack = Number(last?.["id"] ?? 0) + (isFull ? 1 : 0);
    let end = isFull ? 0 : Number(last?.["bytes"]);
    packs.write(
      pack,
      end,
      blobs.map(({ bytes }) => bytes),
    );
    for (const { name, bytes } of blobs) {
      insertPacked.run(keyOf(name), pack, end, bytes.length, now);
      end += bytes.length;
    }
    growPack.run(pack, end);
  };

  /** Wipes what is dead, and removes packs with nothing else in them. */
  const wipe = (): Promise<void> =>
    change(() => {
      for (const row of toWipe.all())
        packs.wipe({ pack: Number(row["pack"]), at: Number(row["at"]), bytes: Number(row["bytes"]) });
      db.exec("DELETE FROM dead");
      const empty = `SELECT id FROM pack WHERE id < (SELECT max(id) FROM pack)
        AND NOT EXISTS (SELECT 1 FROM packed WHERE packed.pack = pack.id)`;
      for (const { id } of db.prepare(empty).all()) packs.remove(Number(id));
      db.exec(`DELETE FROM pack WHERE id IN (${empty})`);
    });

  return {
    mark: () =>
      sound(() => (hasMark.get() ? Number(db.prepare("SELECT value FROM mark").get()?.["value"] ?? 0) : 0)),
    async write(blobs: readonly Blob[], mark?: number) {
      if (mark !== undefined && !raiseMark) {
        await change(() => db.exec(MARK_SCHEMA));
        raiseMark = db.prepare(
          `INSERT INTO mark (one, value) VALUES (1, ?)
           ON CONFLICT (one) DO UPDATE SET value = max(value, excluded.value)`,
        );
      }
      const mustWipe = await change(() => {
        const now = Math.floor(clock.nowUs());
        if (mark !== undefined) raiseMark?.run(mark);
        let replaced = false;
        for (const { name } of blobs) if (statNow(name)) replaced = take(keyOf(name)) || replaced;
        lay(
          blobs.filter(({ bytes }) => bytes.length >= PACKED_BYTES),
          now,
        );
        for (const { name, bytes } of blobs)
          if (bytes.length < PACKED_BYTES) insert.run(keyOf(name), bytes, now);
        return replaced;
      });
      if (mustWipe) await wipe();
    },
    async read(name) {
      const key = keyOf(name);
      for (let extent = extentOf(key); extent; ) {
        const bytes = packs.read(extent);
        const now = extentOf(key);
        // Another process may have laid it elsewhere and wiped what was there, while that was read.
        if (now?.pack === extent.pack && now.at === extent.at) return bytes;
        extent = now;
      }
      return sound(() => select.get(key))?.["bytes"] as Uint8Array | undefined;
    },
    stat: async (name) => statNow(name),
    has: (name) => statNow(name) !== undefined,
    async list(prefix) {
      const [from, to] = [keyOf(prefix.padEnd(64, "0")), keyOf(prefix.padEnd(64, "f"))];
      return sound(() => names.all(from, to)).map((row) => String(row["name"]));
    },
    async remove(name) {
      if (await change(() => take(keyOf(name)))) await wipe();
    },
    touch: (name) =>
      change(() => {
        const now = Math.floor(clock.nowUs());
        for (const table of ["blob", "packed"])
          db.prepare(`UPDATE ${table} SET written_us = ? WHERE name = ?`).run(now, keyOf(name));
      }),
    async sweep() {
      await wipe();
      await change(() => {
        const last = lastPack.get();
        if (last) packs.cut(Number(last["id"]), Number(last["bytes"]));
      });
      // What was deleted or replaced must not outlive it in the write-ahead log either.
      await queue(async () => void db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    },
    where(name) {
      const extent = extentOf(keyOf(name));
      return extent ? `${packs.where(extent.pack)}, byte ${extent.at}` : `${path}, blob ${name}`;
    },
    close() {
      packs.close();
      db.close();
    },
  };
}
