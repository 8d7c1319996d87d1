/** The tables of labels: which tags a record bears now, and what was said of it after it was sealed. */
import { sql } from "kysely";
import type { RunIndex } from "./run-index.ts";
import type { IndexDatabase, LabelTable } from "./tables.ts";

/** Most rows in one statement: each has a few parameters, and databases bound those. */
const MOST_ROWS = 4000;

/** Writes tags; of what is said of one and the same, the latest in the ledger stands. */
export async function writeLabels(
  db: Pick<IndexDatabase, "insertInto">,
  rows: readonly LabelTable[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += MOST_ROWS)
    await db
      .insertInto("label")
      .values(rows.slice(at, at + MOST_ROWS))
      .onConflict((conflict) =>
        conflict
          .columns(["record_id", "tag"])
          .doUpdateSet((row) => ({
            position: row.ref("excluded.position"),
            present: row.ref("excluded.present"),
          }))
          .where(sql<boolean>`label.position < excluded.position`),
      )
      .execute();
}

/** What an index answers of labels. */
export function labelIndex(db: IndexDatabase): Pick<RunIndex, "tags" | "annotate" | "annotations"> {
  return {
    async tags(recordIds) {
      const found = new Map<string, string[]>();
      for (let at = 0; at < recordIds.length; at += MOST_ROWS) {
        const rows = await db
          .selectFrom("label")
          .select(["record_id", "tag"])
          .where("record_id", "in", recordIds.slice(at, at + MOST_ROWS))
          .where("present", "=", 1)
          .orderBy("tag")
          .execute();
        for (const { record_id, tag } of rows) found.set(record_id, [...(found.get(record_id) ?? []), tag]);
      }
      return found;
    },
    async annotate(annotations) {
      if (annotations.length === 0) return;
      await db.transaction().execute(async (tx) => {
        // One after the other: within one statement a row may be touched once only.
        for (const { recordId: record_id, position, said, added, removed } of annotations) {
          await tx
            .insertInto("annotation")
            .values({ record_id, position, said })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
          await writeLabels(tx, [
            ...added.map((tag) => ({ record_id, tag, position, present: 1 })),
            ...removed.map((tag) => ({ record_id, tag, position, present: 0 })),
          ]);
        }
      });
    },
    async annotations(recordId) {
      const rows = await db
        .selectFrom("annotation")
        .selectAll()
        .where("record_id", "=", recordId)
        .orderBy("position")
        .execute();
      return rows.map(({ record_id, position, said }) => ({
        recordId: record_id,
        position: Number(position),
        said,
      }));
    },
  };
}
