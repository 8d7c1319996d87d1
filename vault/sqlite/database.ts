import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ArqonError, type Clock } from "@arqon/core/base";
import { makePrivateDirectory, syncDirectory } from "../files/index.ts";
import { inTransaction, whileBusy } from "./transaction.ts";

/** Path of a database that is never on disk and of this connection alone. */
export const IN_MEMORY = ":memory:";

// Longest wait inside SQLite before the thread is given back; longer waits are repeated.
const BUSY_TIMEOUT_MS = 20;

/** What a database is for. */
export interface DatabaseOptions {
  readonly path: string;
  /** Statements that create version `version` in an empty file; left out where migrations see to the tables. */
  readonly schema?: string;
  readonly version?: number;
  readonly clock: Clock;
  /** Everything in it can be had again: commits are whole, but do not wait for the disk. */
  readonly rebuildable?: boolean;
}

/**
 * Opens or creates a database of mode 0600.
 * @throws ArqonError `VAULT_BUSY` when another process keeps it locked, `FILE_UNREADABLE` for a file of another version.
 */
export async function openDatabase({
  path,
  schema,
  version,
  clock,
  rebuildable = false,
}: DatabaseOptions): Promise<DatabaseSync> {
  if (path !== IN_MEMORY) {
    makePrivateDirectory(dirname(path));
    // SQLite gives its side files the mode of the main file, so this one must be private from the start.
    closeSync(openSync(path, "a", 0o600));
    syncDirectory(dirname(path));
  }
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.enableDefensive(true);
    db.exec(`PRAGMA synchronous = ${rebuildable ? "NORMAL" : "FULL"}`);
    db.exec("PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON");
    await whileBusy(clock, path, () => db.exec("PRAGMA journal_mode = WAL"));
    if (version === undefined) return db;
    if ((await whileBusy(clock, path, () => versionOf(db))) === 0)
      await inTransaction(db, clock, async () => {
        if (versionOf(db) === 0) db.exec(`${schema}; PRAGMA user_version = ${version}`);
      });
    if (versionOf(db) !== version)
      throw new ArqonError(
        "FILE_UNREADABLE",
        `${path} has version ${versionOf(db)}, this program knows ${version}`,
      );
  } catch (error) {
    db.close();
    if (error instanceof ArqonError) throw error;
    throw new ArqonError("FILE_UNREADABLE", `${path} cannot be opened: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return db;
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
}
