/** Steps of the index's schema, up and down, the same on both databases. A step that has been released is never changed. */
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** The databases there are. */
export type Dialect = "sqlite" | "postgres";

type AnyKysely = Kysely<unknown>;
type Type = RawBuilder<unknown>;

interface Types {
  readonly text: Type;
  readonly json: Type;
  readonly uuid: Type;
  readonly time: Type;
  readonly integer: Type;
  readonly float: Type;
  readonly numeric: Type;
}

// Ids are compared by their bytes, whatever language a database was set up for.
const TYPES: Readonly<Record<Dialect, Types>> = {
  postgres: {
    text: sql`text collate "C"`,
    json: sql`jsonb`,
    uuid: sql`uuid`,
    time: sql`timestamp`,
    integer: sql`bigint`,
    float: sql`double precision`,
    numeric: sql`numeric`,
  },
  sqlite: {
    text: sql`text`,
    json: sql`text`,
    uuid: sql`text`,
    time: sql`text`,
    integer: sql`integer`,
    float: sql`real`,
    numeric: sql`numeric`,
  },
};

/** Every step by its name, in order. */
export function migrationsFor(dialect: Dialect): Record<string, Migration> {
  const t = TYPES[dialect];
  return {
    "0001_records": {
      async up(db: AnyKysely) {
        // An index of before there were steps: everything in it can be had again.
        for (const old of ["run", "edge", "file", "mark"])
          await db.schema.dropTable(old).ifExists().execute();
        let run = db.schema.createTable("run").addColumn("record_id", t.text, (c) => c.primaryKey());
        const texts = ["artifact_id", "recipe_id", "artifact_type", "job_id", "backend_id", "created_at"];
        for (const name of [...texts, "title", "added_at", "sheet"])
          run = run.addColumn(name, t.text, (c) => c.notNull());
        for (const name of ["reported", "ledger_index"])
          run = run.addColumn(name, t.integer, (c) => c.notNull());
        await run.execute();
        await index(db, "run", "artifact_id");
        await index(db, "run", "ledger_index");
        await index(db, "run", "added_at", "ledger_index", "record_id");
        await db.schema
          .createTable("edge")
          .addColumn("child", t.text, (c) => c.notNull())
          .addColumn("parent", t.text, (c) => c.notNull())
          .addColumn("role", t.text, (c) => c.notNull())
          .addPrimaryKeyConstraint("edge_key", ["child", "parent", "role"])
          .execute();
        await index(db, "edge", "parent");
        await db.schema
          .createTable("file")
          .addColumn("record_id", t.text, (c) => c.notNull())
          .addColumn("path", t.text, (c) => c.notNull())
          .addColumn("digest", t.text, (c) => c.notNull())
          .addPrimaryKeyConstraint("file_key", ["record_id", "path"])
          .execute();
        await index(db, "file", "digest");
        await db.schema
          .createTable("mark")
          .addColumn("name", t.text, (c) => c.primaryKey())
          .addColumn("value", t.integer, (c) => c.notNull())
          .execute();
        await db.schema
          .createTable("vault")
          .addColumn("one", t.integer, (c) => c.primaryKey().check(sql`one = 1`))
          .addColumn("owner", t.text, (c) => c.notNull())
          .execute();
      },
      async down(db: AnyKysely) {
        for (const name of ["vault", "mark", "file", "edge", "run"])
          await db.schema.dropTable(name).execute();
      },
    },
    "0002_manifests": {
      async up(db: AnyKysely) {
        await db.schema
          .createTable("backends")
          .addColumn("backend_id", t.text, (c) => c.primaryKey())
          .addColumn("vendor", t.text)
          .addColumn("region", t.text)
          .addColumn("cost_per_shot", t.numeric)
          .addColumn("availability", t.float)
          .addColumn("capabilities", t.json)
          .addColumn("last_calibration_id", t.text)
          .addColumn("seen_at", t.text, (c) => c.notNull())
          .addColumn("seen_in", t.text, (c) => c.notNull())
          .execute();
        await db.schema
          .createTable("calibration_snapshots")
          .addColumn("id", t.text, (c) => c.primaryKey())
          .addColumn("backend_id", t.text, (c) => c.references("backends.backend_id"))
          .addColumn("created_at", t.time)
          .addColumn("gates", t.json)
          .addColumn("readout_errors", t.json)
          .addColumn("raw_metrics", t.json)
          .addColumn("seen_in", t.text, (c) => c.notNull())
          .execute();
        let manifests = db.schema.createTable("manifests").addColumn("job_id", t.uuid, (c) => c.primaryKey());
        const texts = [
          "tenant",
          "backend_id",
          "pqc_suite",
          "crypto_mode",
          "calibration_snapshot_id",
          "em_method",
        ];
        for (const name of [...texts, "signature", "s3_path"]) manifests = manifests.addColumn(name, t.text);
        await manifests
          .addColumn("created_at", t.time)
          .addColumn("seen_in", t.text, (c) => c.notNull())
          .execute();
        await index(db, "manifests", "tenant", "created_at");
        await db.schema
          .createTable("em_results")
          .addColumn("result_id", t.uuid, (c) => c.primaryKey())
          .addColumn("job_id", t.uuid, (c) => c.references("manifests.job_id"))
          .addColumn("circuit_family", t.text)
          .addColumn("shots", t.integer)
          .addColumn("unmitigated_fidelity", t.float)
          .addColumn("mitigated_fidelity", t.float)
          .addColumn("em_method", t.text)
          .addColumn("cost_seconds", t.float)
          .addColumn("created_at", t.time)
          .addColumn("parquet_path", t.text)
          .execute();
        await index(db, "em_results", "job_id");
        await db.schema
          .createTable("scheduler_decisions")
          .addColumn("id", t.uuid, (c) => c.primaryKey())
          .addColumn("job_id", t.uuid)
          .addColumn("chosen_backend", t.text)
          .addColumn("score", t.float)
          .addColumn("reasons", t.json)
          .addColumn("decision_manifest_path", t.text)
          .addColumn("created_at", t.time)
          .execute();
        await index(db, "scheduler_decisions", "job_id");
        // Records that are there lack rows in the new tables: they are read again from the objects.
        for (const name of ["run", "edge", "file", "mark"])
          await sql`delete from ${sql.table(name)}`.execute(db);
      },
      async down(db: AnyKysely) {
        const tables = [
          "scheduler_decisions",
          "em_results",
          "manifests",
          "calibration_snapshots",
          "backends",
        ];
        for (const name of tables) await db.schema.dropTable(name).execute();
      },
    },
    "0003_labels": {
      async up(db: AnyKysely) {
        await db.schema
          .createTable("label")
          .addColumn("record_id", t.text, (c) => c.notNull())
          .addColumn("tag", t.text, (c) => c.notNull())
          .addColumn("position", t.integer, (c) => c.notNull())
          .addColumn("present", t.integer, (c) => c.notNull())
          .addPrimaryKeyConstraint("label_key", ["record_id", "tag"])
          .execute();
        await index(db, "label", "tag", "record_id");
        await db.schema
          .createTable("annotation")
          .addColumn("position", t.integer, (c) => c.primaryKey())
          .addColumn("record_id", t.text, (c) => c.notNull())
          .addColumn("said", t.text, (c) => c.notNull())
          .execute();
        await index(db, "annotation", "record_id");
        await db.schema.alterTable("run").addColumn("tenant", t.text).execute();
        await index(db, "run", "tenant", "added_at");
        // Records that are there have tenants and may have labels, and the ledger may speak of them: all is read again.
        for (const name of ["run", "edge", "file", "mark"])
          await sql`delete from ${sql.table(name)}`.execute(db);
      },
      async down(db: AnyKysely) {
        for (const name of ["annotation", "label"]) await db.schema.dropTable(name).execute();
        await db.schema.dropIndex("run_tenant_added_at").execute();
        await db.schema.alterTable("run").dropColumn("tenant").execute();
      },
    },
  };
}

function index(db: AnyKysely, table: string, ...columns: string[]): Promise<void> {
  return db.schema
    .createIndex(`${table}_${columns.join("_")}`)
    .on(table)
    .columns(columns)
    .execute();
}
