import { sql, type Transaction } from "kysely";
import type { RunFacts } from "./facts.ts";
import type { ManifestTable, Tables } from "./tables.ts";

/**
 * Writes the facts of records. Where records tell of the same thing, a rule says whose row stands, so that an index that
 * is built anew is the same whatever order they come in: of a job and a calibration the record with the lowest id, of a
 * backend the newest.
 */
export async function writeFacts(db: Transaction<Tables>, all: readonly RunFacts[]): Promise<void> {
  const backends = standing(
    all.flatMap((facts) => facts.backends),
    (row) => row.backend_id,
    (a, b) => (a.seen_at === b.seen_at ? a.seen_in > b.seen_in : a.seen_at > b.seen_at),
  );
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
  const calibrations = standing(
    all.flatMap((facts) => facts.calibrations),
    (row) => row.id,
    (a, b) => a.seen_in < b.seen_in,
  );
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
  await writeJobs(db, all);
}

type JobFacts = RunFacts & { readonly manifest: ManifestTable };

async function writeJobs(db: Transaction<Tables>, all: readonly RunFacts[]): Promise<void> {
  const told = standing(
    all.filter((facts): facts is JobFacts => facts.manifest !== undefined),
    ({ manifest }) => manifest.job_id,
    (a, b) => a.manifest.seen_in < b.manifest.seen_in,
  );
  if (told.length === 0) return;
  const ids = told.map(({ manifest }) => manifest.job_id);
  const rows = await db
    .selectFrom("manifests")
    .select(["job_id", "seen_in"])
    .where("job_id", "in", ids)
    .execute();
  const before = new Map(rows.map(({ job_id, seen_in }) => [job_id, seen_in]));
  const fresh = told.filter(({ manifest: { job_id, seen_in } }) => {
    const seenIn = before.get(job_id);
    return seenIn === undefined || seen_in < seenIn;
  });
  if (fresh.length === 0) return;
  const gone = fresh.map(({ manifest }) => manifest.job_id).filter((id) => before.has(id));
  if (gone.length > 0)
    for (const table of ["em_results", "scheduler_decisions", "manifests"] as const)
      await db.deleteFrom(table).where("job_id", "in", gone).execute();
  await db
    .insertInto("manifests")
    .values(fresh.map(({ manifest }) => manifest))
    .execute();
  for (const row of fresh.flatMap(({ emResults }) => emResults))
    await db.insertInto("em_results").values(row).execute();
  const decisions = fresh.flatMap(({ decision }) => (decision ? [decision] : []));
  if (decisions.length > 0) await db.insertInto("scheduler_decisions").values(decisions).execute();
}

/** Of the rows with the same key the one that wins over the others. */
function standing<T>(rows: readonly T[], keyOf: (row: T) => string, wins: (a: T, b: T) => boolean): T[] {
  const kept = new Map<string, T>();
  for (const row of rows) {
    const other = kept.get(keyOf(row));
    if (other === undefined || wins(row, other)) kept.set(keyOf(row), row);
  }
  return [...kept.values()];
}
