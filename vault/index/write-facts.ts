import { sql, type Transaction } from "kysely";
import type { RunFacts } from "./facts.ts";
import type { Tables } from "./tables.ts";

/**
 * Writes the facts of a record. Where records tell of the same thing, a rule says whose row stands, so that an index that
 * is built anew is the same whatever order they come in: of a job and a calibration the record with the lowest id, of a
 * backend the newest.
 */
export async function writeFacts(db: Transaction<Tables>, facts: RunFacts): Promise<void> {
  const { manifest, decision, backends, calibrations, emResults } = facts;
  for (const row of backends)
    await db
      .insertInto("backends")
      .values(row)
      .onConflict((conflict) =>
        conflict
          .column("backend_id")
          .doUpdateSet(row)
          .where(sql<boolean>`(backends.seen_at, backends.seen_in) < (${row.seen_at}, ${row.seen_in})`),
      )
      .execute();
  for (const row of calibrations)
    await db
      .insertInto("calibration_snapshots")
      .values(row)
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet(row)
          .where(sql<boolean>`calibration_snapshots.seen_in > ${row.seen_in}`),
      )
      .execute();
  if (!manifest) return;
  const { job_id, seen_in } = manifest;
  const standing = await db
    .selectFrom("manifests")
    .select("seen_in")
    .where("job_id", "=", job_id)
    .executeTakeFirst();
  if (standing && standing.seen_in <= seen_in) return;
  if (standing) {
    await db.deleteFrom("em_results").where("job_id", "=", job_id).execute();
    await db.deleteFrom("scheduler_decisions").where("job_id", "=", job_id).execute();
    await db.deleteFrom("manifests").where("job_id", "=", job_id).execute();
  }
  await db.insertInto("manifests").values(manifest).execute();
  for (const row of emResults) await db.insertInto("em_results").values(row).execute();
  if (decision) await db.insertInto("scheduler_decisions").values(decision).execute();
}
