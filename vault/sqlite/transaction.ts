import type { DatabaseSync } from "node:sqlite";
import { ArqonError, type Clock } from "@arqon/core/base";

const WAIT_MS = 30_000;
const SQLITE_BUSY = 5;

/** Repeats `work` while another connection holds the lock, giving the thread back in between. */
export async function whileBusy<T>(clock: Clock, what: string, work: () => T): Promise<T> {
  const from = clock.monotonicMs();
  for (let tries = 1; ; tries++) {
    try {
      return work();
    } catch (error) {
      // Extended codes keep the kind in their low byte.
      if ((((error as { errcode?: number }).errcode ?? 0) & 0xff) !== SQLITE_BUSY) throw error;
      const waitedMs = clock.monotonicMs() - from;
      // Every try has waited inside SQLite; the count bounds it where the clock stands still.
      if (waitedMs > WAIT_MS || tries > 5000)
        throw new ArqonError(
          "VAULT_BUSY",
          `${what} has been locked by another process for ${Math.round(waitedMs / 1000)} s`,
        );
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Runs `work` under the write lock of the database and commits, or rolls back when it throws.
 * The caller sees to it that only one runs at a time on this connection.
 */
export async function inTransaction<T>(db: DatabaseSync, clock: Clock, work: () => Promise<T>): Promise<T> {
  await whileBusy(clock, db.location() ?? "the database", () => db.exec("BEGIN IMMEDIATE"));
  try {
    const result = await work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** Runs tasks one after another, in the order they were given. */
export function oneAtATime(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task, task);
    last = next.catch(() => undefined);
    return next;
  };
}
