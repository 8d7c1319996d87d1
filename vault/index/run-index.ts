import type { DatabaseSync } from "node:sqlite";
import { ArqonError, type Clock } from "@arqon/core/base";
import type { Parent } from "@arqon/core/bundle";
import { inTransaction, oneAtATime, openDatabase } from "../sqlite/index.ts";
import type { RecordSheet } from "./record.ts";

const VERSION = 1;
const SCHEMA = `
CREATE TABLE run (
  seq INTEGER PRIMARY KEY, record_id TEXT NOT NULL UNIQUE, artifact_id TEXT NOT NULL, recipe_id TEXT NOT NULL,
  artifact_type TEXT NOT NULL, job_id TEXT NOT NULL, backend_id TEXT NOT NULL, created_at TEXT NOT NULL,
  title TEXT NOT NULL, reported INTEGER NOT NULL, ledger_index INTEGER NOT NULL, added_at TEXT NOT NULL,
  sheet TEXT NOT NULL) STRICT;
CREATE INDEX run_artifact ON run (artifact_id);
CREATE INDEX run_ledger ON run (ledger_index);
CREATE TABLE edge (child TEXT NOT NULL, parent TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (child, parent, role))
  STRICT, WITHOUT ROWID;
CREATE INDEX edge_parent ON edge (parent);
CREATE TABLE file (record_id TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (record_id, path))
  STRICT, WITHOUT ROWID;
CREATE INDEX file_digest ON file (digest);
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID`;

/** One record as the index has it, without its files. */
export type IndexRow = Omit<RecordSheet, "files" | "parents">;

/** A record to add, and the object that holds its sheet. */
export interface IndexEntry {
  readonly sheet: RecordSheet;
  readonly sheetDigest: string;
}

/** Finds records. Everything in it can be had again from the ledgers and the objects. */
export interface RunIndex {
  /** Adds records in this order; one that is there already is left as it is. Durable once resolved. */
  add(entries: readonly IndexEntry[]): Promise<void>;
  get(recordId: string): IndexRow | undefined;
  /** Newest first. */
  list(limit: number): IndexRow[];
  /** @throws ArqonError `ARTIFACT_UNKNOWN` unless exactly one artifact has an id, or a record, that starts so. */
  find(idPrefix: string): IndexRow;
  /** Digest by path; empty for an unknown record. */
  files(recordId: string): Map<string, string>;
  /** The object that holds a record's sheet. */
  sheetDigest(recordId: string): string | undefined;
  /** Records with this artifact id. */
  reproduced(artifactId: string): number;
  /** What an artifact came from, and what came from it. */
  lineage(artifactId: string): { readonly parents: Parent[]; readonly children: Parent[] };
  /** Highest position in the run ledger that has a record; -1 when none has. */
  lastLedgerIndex(): number;
  /** Positions below `size` in the run ledger that no record has. @cost One count when there are none. */
  missing(size: number): number[];
  /** Digest of every object some record needs. */
  objects(): Set<string>;
  /** A number kept under a name; 0 at first. */
  mark(name: string): number;
  setMark(name: string, value: number): Promise<void>;
  close(): void;
}

/** Opens or creates the index. Safe with several processes. */
export async function openIndex(options: {
  readonly path: string;
  readonly clock: Clock;
}): Promise<RunIndex> {
  return new SqliteIndex(await openDatabase({ ...options, schema: SCHEMA, version: VERSION }), options.clock);
}

type Row = Record<string, unknown>;

function rowOf(row: Row): IndexRow {
  const text = (key: string): string => String(row[key]);
  return {
    recipeId: text("recipe_id"),
    artifactId: text("artifact_id"),
    recordId: text("record_id"),
    artifactType: text("artifact_type"),
    jobId: text("job_id"),
    backendId: text("backend_id"),
    createdAt: text("created_at"),
    title: text("title"),
    reported: row["reported"] === 1,
    ledgerIndex: Number(row["ledger_index"]),
    addedAt: text("added_at"),
  };
}

class SqliteIndex implements RunIndex {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #queue = oneAtATime();

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  #write(work: () => void): Promise<void> {
    return this.#queue(() => inTransaction(this.#db, this.#clock, async () => work()));
  }

  add(entries: readonly IndexEntry[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve();
    const run = this.#db.prepare(
      `INSERT INTO run (record_id, artifact_id, recipe_id, artifact_type, job_id, backend_id, created_at, title, reported,
       ledger_index, added_at, sheet) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (record_id) DO NOTHING`,
    );
    const edge = this.#db.prepare("INSERT OR IGNORE INTO edge (child, parent, role) VALUES (?, ?, ?)");
    const file = this.#db.prepare("INSERT INTO file (record_id, path, digest) VALUES (?, ?, ?)");
    return this.#write(() => {
      for (const { sheet: s, sheetDigest } of entries) {
        const ids = [s.recordId, s.artifactId, s.recipeId, s.artifactType, s.jobId, s.backendId] as const;
        const rest = [
          s.createdAt,
          s.title,
          s.reported ? 1 : 0,
          s.ledgerIndex,
          s.addedAt,
          sheetDigest,
        ] as const;
        if (run.run(...ids, ...rest).changes === 0) continue;
        for (const parent of s.parents) edge.run(s.artifactId, parent.artifactId, parent.role);
        for (const [path, digest] of s.files) file.run(s.recordId, path, digest);
      }
    });
  }

  get(recordId: string): IndexRow | undefined {
    const row = this.#db.prepare("SELECT * FROM run WHERE record_id = ?").get(recordId);
    return row && rowOf(row);
  }

  list(limit: number): IndexRow[] {
    return this.#db.prepare("SELECT * FROM run ORDER BY seq DESC LIMIT ?").all(limit).map(rowOf);
  }

  find(idPrefix: string): IndexRow {
    const digits = idPrefix.replace(/^sha256:/, "").toLowerCase();
    const unknown = (what: string): never => {
      throw new ArqonError("ARTIFACT_UNKNOWN", what);
    };
    if (!/^[0-9a-f]{1,64}$/.test(digits))
      unknown(`"${idPrefix.slice(0, 80)}" is not the start of an id: hexadecimal digits`);
    // "g" follows "f": the range holds exactly the ids that start so.
    const [from, to] = [`sha256:${digits}`, `sha256:${digits}g`];
    const matches = `(artifact_id >= ? AND artifact_id < ?) OR (record_id >= ? AND record_id < ?)`;
    const range = [from, to, from, to] as const;
    const artifacts = this.#db
      .prepare(`SELECT DISTINCT artifact_id FROM run WHERE ${matches} LIMIT 3`)
      .all(...range);
    if (artifacts.length === 0) unknown(`no artifact or record has an id that starts with ${digits}`);
    if (artifacts.length > 1) unknown(`ids of several artifacts start with ${digits}`);
    const row = this.#db
      .prepare(`SELECT * FROM run WHERE ${matches} ORDER BY seq DESC LIMIT 1`)
      .get(...range);
    return rowOf(row as Row);
  }

  files(recordId: string): Map<string, string> {
    const rows = this.#db
      .prepare("SELECT path, digest FROM file WHERE record_id = ? ORDER BY path")
      .all(recordId);
    return new Map(rows.map((row) => [String(row["path"]), String(row["digest"])]));
  }

  sheetDigest(recordId: string): string | undefined {
    const row = this.#db.prepare("SELECT sheet FROM run WHERE record_id = ?").get(recordId);
    return row && String(row["sheet"]);
  }

  reproduced(artifactId: string): number {
    return Number(
      this.#db.prepare("SELECT count(*) AS n FROM run WHERE artifact_id = ?").get(artifactId)?.["n"],
    );
  }

  lineage(artifactId: string): { readonly parents: Parent[]; readonly children: Parent[] } {
    const edges = (want: string, given: string): Parent[] =>
      this.#db
        .prepare(`SELECT ${want} AS id, role FROM edge WHERE ${given} = ? ORDER BY id, role`)
        .all(artifactId)
        .map((row) => ({ artifactId: String(row["id"]), role: String(row["role"]) }));
    return { parents: edges("parent", "child"), children: edges("child", "parent") };
  }

  lastLedgerIndex(): number {
    return Number(
      this.#db.prepare("SELECT coalesce(max(ledger_index), -1) AS last FROM run").get()?.["last"],
    );
  }

  missing(size: number): number[] {
    const known = this.#db.prepare("SELECT count(*) AS n FROM run WHERE ledger_index >= 0").get();
    if (known?.["n"] === size) return [];
    const held = new Set<number>();
    for (const row of this.#db.prepare("SELECT ledger_index AS i FROM run WHERE ledger_index >= 0").iterate())
      held.add(Number(row["i"]));
    return Array.from({ length: size }, (_, i) => i).filter((i) => !held.has(i));
  }

  objects(): Set<string> {
    const found = new Set<string>();
    for (const row of this.#db.prepare("SELECT digest FROM file UNION SELECT sheet FROM run").iterate())
      found.add(String(row["digest"]));
    return found;
  }

  mark(name: string): number {
    return Number(this.#db.prepare("SELECT value FROM mark WHERE name = ?").get(name)?.["value"] ?? 0);
  }

  setMark(name: string, value: number): Promise<void> {
    if (this.mark(name) === value) return Promise.resolve();
    const statement =
      "INSERT INTO mark (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    return this.#write(() => void this.#db.prepare(statement).run(name, value));
  }

  close(): void {
    this.#db.close();
  }
}
