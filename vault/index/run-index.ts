import { ArqonError } from "@arqon/core/base";
import type { Parent } from "@arqon/core/bundle";
import { type SelectQueryBuilder, sql } from "kysely";
import { EVERYBODY, type RunFacts } from "./facts.ts";
import { labelIndex, writeLabels } from "./label-index.ts";
import type { Dialect } from "./migrations.ts";
import { filesBeside, type RecordSheet } from "./record.ts";
import { FILLED, type IndexDatabase, type RunTable, type Tables } from "./tables.ts";
import { writeFacts } from "./write-facts.ts";

/** One record as the index has it, without its files. */
export type IndexRow = Omit<RecordSheet, "files" | "within" | "parents">;

/** A record to add, the object that holds its sheet, and what its files say for the other tables. */
export interface IndexEntry {
  readonly sheet: RecordSheet;
  readonly sheetDigest: string;
  readonly facts: RunFacts;
}

/** An entry of the governance ledger about the labels of a record. */
export interface SaidOfRecord {
  readonly recordId: string;
  /** In the governance ledger. */
  readonly position: number;
  /** The entry as canonical JSON. */
  readonly said: string;
}

/** The same, with the tags it adds and takes away; none is in both. */
export interface IndexAnnotation extends SaidOfRecord {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Finds records. Everything in it can be had again from the ledgers and the objects. */
export interface RunIndex {
  /**
   * Adds records; one that is there already is left as it is. After a power loss a file may lack the newest: `catchUp`
   * finds them in the ledgers.
   */
  add(entries: readonly IndexEntry[]): Promise<void>;
  get(recordId: string): Promise<IndexRow | undefined>;
  /** Positions in the run ledger of those of these records that are there; -1 for one that came by import. */
  positions(recordIds: readonly string[]): Promise<Map<string, number>>;
  /** Newest first. @param tags  only those that bear each of them. @param tenant  only what this tenant may see. */
  list(limit: number, tags?: readonly string[], tenant?: string): Promise<IndexRow[]>;
  /** The tags that each of these records bears now, sorted; those without any are left out. */
  tags(recordIds: readonly string[]): Promise<Map<string, string[]>>;
  /** Takes in what the governance ledger says of records; what is there already is left as it is. */
  annotate(annotations: readonly IndexAnnotation[]): Promise<void>;
  /** What was said of a record after it was sealed, oldest first. */
  annotations(recordId: string): Promise<SaidOfRecord[]>;
  /** The newest of a type on a backend, once as many as `skipped` are left out that are newer. */
  latest(artifactType: string, backendId: string, skipped: number): Promise<IndexRow | undefined>;
  /** @throws ArqonError `ARTIFACT_UNKNOWN` unless exactly one artifact has an id, or a record, that starts so. */
  find(idPrefix: string, tenant?: string): Promise<IndexRow>;
  /** The object that holds a record's sheet. */
  sheetDigest(recordId: string): Promise<string | undefined>;
  /** Records with this artifact id that `tenant` may see. */
  reproduced(artifactId: string, tenant?: string): Promise<number>;
  /** The same for several at once; those without any are left out. */
  reproducedAll(artifactIds: readonly string[], tenant?: string): Promise<Map<string, number>>;
  /** What an artifact came from, and what came from it. */
  lineage(artifactId: string): Promise<{ readonly parents: Parent[]; readonly children: Parent[] }>;
  /** Highest position in the run ledger that has a record; -1 when none has. */
  lastLedgerIndex(): Promise<number>;
  /** Positions below `size` in the run ledger that no record has. @cost One count when there are none. */
  missing(size: number): Promise<number[]>;
  /** Digest of every object some record needs. */
  objects(): Promise<Set<string>>;
  /** A number kept under a name; 0 at first. */
  mark(name: string): Promise<number>;
  setMark(name: string, value: number): Promise<void>;
  /** Makes the index `owner`'s, or finds that it is. @throws ArqonError `STORE_CLAIMED` when it is another's. */
  claim(owner: string): Promise<void>;
  /** Empties it; whoever does so fills it again. */
  clear(): Promise<void>;
  /** Every row as JSON, sorted: equal for indexes of the same records. For tests and comparisons. */
  dump(): Promise<string[]>;
  close(): Promise<void>;
}

function rowOf(row: RunTable): IndexRow {
  return {
    recipeId: row.recipe_id,
    artifactId: row.artifact_id,
    recordId: row.record_id,
    artifactType: row.artifact_type,
    jobId: row.job_id,
    backendId: row.backend_id,
    createdAt: row.created_at,
    title: row.title,
    reported: Number(row.reported) === 1,
    ledgerIndex: Number(row.ledger_index),
    addedAt: row.added_at,
  };
}

function runRow({ sheet, sheetDigest, facts }: IndexEntry): RunTable {
  return {
    record_id: sheet.recordId,
    artifact_id: sheet.artifactId,
    recipe_id: sheet.recipeId,
    artifact_type: sheet.artifactType,
    job_id: sheet.jobId,
    backend_id: sheet.backendId,
    created_at: sheet.createdAt,
    title: sheet.title,
    reported: sheet.reported ? 1 : 0,
    ledger_index: sheet.ledgerIndex,
    added_at: sheet.addedAt,
    sheet: sheetDigest,
    tenant: facts.tenant,
  };
}

/** Entries by record, the first of each. */
function firstOfEach(entries: readonly IndexEntry[]): IndexEntry[] {
  const byRecord = new Map<string, IndexEntry>();
  for (const entry of entries)
    if (!byRecord.has(entry.sheet.recordId)) byRecord.set(entry.sheet.recordId, entry);
  return [...byRecord.values()];
}

const newestFirst = <O>(query: SelectQueryBuilder<Tables, "run", O>): SelectQueryBuilder<Tables, "run", O> =>
  query.orderBy("added_at", "desc").orderBy("ledger_index", "desc").orderBy("record_id", "desc");

/** Only what a tenant may see: its own, and what is everybody's. Without one, all. */
const seenBy = <O>(
  query: SelectQueryBuilder<Tables, "run", O>,
  tenant: string | undefined,
): SelectQueryBuilder<Tables, "run", O> =>
  tenant === undefined ? query : query.where("tenant", "in", [tenant, EVERYBODY]);

/** The index over a database whose tables are there. */
export function runIndex(db: IndexDatabase, dialect: Dialect): RunIndex {
  const one = async (name: string): Promise<number> => {
    const row = await db.selectFrom("mark").select("value").where("name", "=", name).executeTakeFirst();
    return Number(row?.value ?? 0);
  };
  return {
    async add(entries) {
      if (entries.length === 0) return;
      await db.transaction().execute(async (tx) => {
        // As SQLite's write lock does: which row of a job stands is decided by one at a time.
        if (dialect === "postgres") await sql`lock table manifests in share row exclusive mode`.execute(tx);
        const added = await tx
          .insertInto("run")
          .values(entries.map(runRow))
          .onConflict((conflict) => conflict.doNothing())
          .returning("record_id")
          .execute();
        const ids = new Set(added.map(({ record_id }) => record_id));
        const fresh = firstOfEach(entries).filter(({ sheet }) => ids.has(sheet.recordId));
        if (fresh.length === 0) return;
        const edges = fresh.flatMap(({ sheet: { artifactId: child, parents } }) =>
          parents.map(({ artifactId: parent, role }) => ({ child, parent, role })),
        );
        if (edges.length > 0)
          await tx
            .insertInto("edge")
            .values(edges)
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        const files = JSON.stringify(
          Object.fromEntries(
            fresh.map(({ sheet }) => [sheet.recordId, Object.fromEntries(filesBeside(sheet))]),
          ),
        );
        // One statement whose text is always the same, however many records and files there are.
        await (dialect === "postgres"
          ? sql`insert into file (record_id, path, digest)
              select record.key, each.key, each.value
              from json_each(${files}::json) as record, json_each_text(record.value) as each`
          : sql`insert into file (record_id, path, digest)
              select record.key, each.key, each.value
              from json_each(${files}) as record, json_each(record.value) as each`
        ).execute(tx);
        await writeLabels(
          tx,
          fresh.flatMap(({ sheet: { recordId: record_id }, facts: { tags } }) =>
            tags.map((tag) => ({ record_id, tag, position: -1, present: 1 })),
          ),
        );
        await writeFacts(
          tx,
          fresh.map(({ facts }) => facts),
        );
      });
    },
    async get(recordId) {
      const row = await db.selectFrom("run").selectAll().where("record_id", "=", recordId).executeTakeFirst();
      return row && rowOf(row);
    },
    async positions(recordIds) {
      const rows = await db
        .selectFrom("run")
        .select(["record_id", "ledger_index"])
        .where("record_id", "in", recordIds)
        .execute();
      return new Map(rows.map(({ record_id, ledger_index }) => [record_id, Number(ledger_index)]));
    },
    async list(limit, tags = [], tenant) {
      let query = newestFirst(seenBy(db.selectFrom("run"), tenant).selectAll());
      for (const tag of tags)
        query = query.where(({ exists, selectFrom }) =>
          exists(
            selectFrom("label")
              .select("tag")
              .whereRef("label.record_id", "=", "run.record_id")
              .where("tag", "=", tag)
              .where("present", "=", 1),
          ),
        );
      return (await query.limit(limit).execute()).map(rowOf);
    },
    ...labelIndex(db),
    async latest(artifactType, backendId, skipped) {
      const row = await newestFirst(db.selectFrom("run").selectAll())
        .where("artifact_type", "=", artifactType)
        .where("backend_id", "=", backendId)
        .limit(1)
        .offset(skipped)
        .executeTakeFirst();
      return row && rowOf(row);
    },
    async find(idPrefix, tenant) {
      const digits = idPrefix.replace(/^sha256:/, "").toLowerCase();
      const unknown = (what: string): never => {
        throw new ArqonError("ARTIFACT_UNKNOWN", what);
      };
      if (!/^[0-9a-f]{1,64}$/.test(digits))
        unknown(`"${idPrefix.slice(0, 80)}" is not the start of an id: hexadecimal digits`);
      // "g" follows "f": the range holds exactly the ids that start so.
      const [from, to] = [`sha256:${digits}`, `sha256:${digits}g`];
      const matching = seenBy(db.selectFrom("run"), tenant).where((is) =>
        is.or([
          is.and([is("artifact_id", ">=", from), is("artifact_id", "<", to)]),
          is.and([is("record_id", ">=", from), is("record_id", "<", to)]),
        ]),
      );
      const artifacts = await matching.select("artifact_id").distinct().limit(2).execute();
      if (artifacts.length === 0) unknown(`no artifact or record has an id that starts with ${digits}`);
      if (artifacts.length > 1) unknown(`ids of several artifacts start with ${digits}`);
      return rowOf(await newestFirst(matching.selectAll()).limit(1).executeTakeFirstOrThrow());
    },
    async sheetDigest(recordId) {
      const row = await db
        .selectFrom("run")
        .select("sheet")
        .where("record_id", "=", recordId)
        .executeTakeFirst();
      return row?.sheet;
    },
    async reproduced(artifactId, tenant) {
      const count = seenBy(db.selectFrom("run"), tenant)
        .select((f) => f.fn.countAll().as("n"))
        .where("artifact_id", "=", artifactId);
      return Number((await count.executeTakeFirstOrThrow()).n);
    },
    async reproducedAll(artifactIds, tenant) {
      const rows = await seenBy(db.selectFrom("run"), tenant)
        .select(["artifact_id", (f) => f.fn.countAll().as("n")])
        .where("artifact_id", "in", artifactIds)
        .groupBy("artifact_id")
        .execute();
      return new Map(rows.map(({ artifact_id, n }) => [artifact_id, Number(n)]));
    },
    async lineage(artifactId) {
      const edges = async (want: "parent" | "child", given: "parent" | "child"): Promise<Parent[]> => {
        const rows = await db
          .selectFrom("edge")
          .select([`${want} as id`, "role"])
          .where(given, "=", artifactId)
          .orderBy("id")
          .orderBy("role")
          .execute();
        return rows.map(({ id, role }) => ({ artifactId: id, role }));
      };
      return { parents: await edges("parent", "child"), children: await edges("child", "parent") };
    },
    async lastLedgerIndex() {
      const row = await db
        .selectFrom("run")
        .select((f) => f.fn.max("ledger_index").as("last"))
        .executeTakeFirst();
      return Number(row?.last ?? -1);
    },
    async missing(size) {
      const own = db.selectFrom("run").where("ledger_index", ">=", 0);
      const { n } = await own.select((f) => f.fn.countAll().as("n")).executeTakeFirstOrThrow();
      if (Number(n) === size) return [];
      const held = new Set(
        (await own.select("ledger_index").execute()).map((row) => Number(row.ledger_index)),
      );
      return Array.from({ length: size }, (_, i) => i).filter((i) => !held.has(i));
    },
    async objects() {
      const files = await db.selectFrom("file").select("digest").distinct().execute();
      const sheets = await db.selectFrom("run").select("sheet").execute();
      return new Set([...files.map(({ digest }) => digest), ...sheets.map(({ sheet }) => sheet)]);
    },
    mark: one,
    async setMark(name, value) {
      if ((await one(name)) === value) return;
      await db
        .insertInto("mark")
        .values({ name, value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute();
    },
    async claim(owner) {
      await db
        .insertInto("vault")
        .values({ one: 1, owner })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const row = await db.selectFrom("vault").select("owner").executeTakeFirstOrThrow();
      if (row.owner !== owner)
        throw new ArqonError("STORE_CLAIMED", `the index is that of ${row.owner}, not of ${owner}`);
    },
    async clear() {
      if (dialect === "postgres") {
        // Deleted rows would lie in the tables' files for a while.
        await sql`truncate ${sql.join(FILLED.map((table) => sql.table(table)))}`.execute(db);
        return;
      }
      await db.transaction().execute(async (tx) => {
        for (const table of FILLED.toReversed()) await tx.deleteFrom(table).execute();
      });
    },
    async dump() {
      const rows: string[] = [];
      for (const table of FILLED.filter((name) => name !== "mark"))
        for (const row of await db.selectFrom(table).selectAll().execute())
          rows.push(`${table} ${JSON.stringify(row)}`);
      return rows.sort();
    },
    close: () => db.destroy(),
  };
}
