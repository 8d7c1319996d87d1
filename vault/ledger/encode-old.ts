/** Puts entries through the codec that lie there as they are, or as it made them once. Their leaves, which everything is proved by, stay as they are. */
import type { DatabaseSync } from "node:sqlite";
import { UPDATE_TRIGGER } from "./schema.ts";

/** Entries written in one transaction. */
const BATCH = 500;

/**
 * Encodes what is not as it would be encoded now, a batch a transaction: cut short, it is done again.
 * @param write   runs its work under the write lock and commits.
 * @param encode  gives the entry's encoding, or `undefined` when it is encoded.
 * @returns how many were.
 */
export async function encodeOldEntries(
  db: DatabaseSync,
  write: <T>(work: () => Promise<T>) => Promise<T>,
  encode: (i: number, entry: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<number> {
  const select = db.prepare("SELECT i, entry FROM leaf WHERE i >= ? ORDER BY i LIMIT ?");
  const update = db.prepare("UPDATE leaf SET entry = ? WHERE i = ?");
  // What is replaced is overwritten with zeros, and must not outlive it in the write-ahead log either.
  db.exec("PRAGMA secure_delete = ON");
  let encoded = 0;
  for (let from = 0, isMore = true; isMore; ) {
    await write(async () => {
      const rows = select.all(from, BATCH);
      db.exec("DROP TRIGGER IF EXISTS leaf_no_update");
      for (const { i, entry } of rows) {
        const bytes = await encode(Number(i), entry as Uint8Array);
        if (bytes) encoded += Number(update.run(bytes, Number(i)).changes);
      }
      db.exec(UPDATE_TRIGGER);
      from += rows.length;
      isMore = rows.length === BATCH;
    });
  }
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return encoded;
}
