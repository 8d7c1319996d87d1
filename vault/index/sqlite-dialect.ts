/** Kysely on `node:sqlite`, which no release of it has a dialect for. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Clock } from "@arqon/core/base";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { whileBusy } from "../sqlite/index.ts";

/** A dialect over a database that is open; destroying it closes the database. */
export function sqliteDialect(db: DatabaseSync, clock: Clock): Dialect {
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => new SqliteDriver(db, clock),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** SQLite takes back `CREATE TABLE` with the rest of a transaction: a migration is whole or not there. */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** One connection; whoever has it holds it until it is released. */
class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection;
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  #free: Promise<void> = Promise.resolve();
  #release: () => void = () => {};

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#connection = new SqliteConnection(db, clock);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#free;
    let release = (): void => {};
    this.#free = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    this.#release = release;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release();
  }

  /** Takes the write lock at once: one that is taken later can be refused without a way to wait. */
  async beginTransaction(): Promise<void> {
    await whileBusy(this.#clock, this.#db.location() ?? "the index", () => this.#db.exec("BEGIN IMMEDIATE"));
  }

  async commitTransaction(): Promise<void> {
    this.#db.exec("COMMIT");
  }

  async rollbackTransaction(): Promise<void> {
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
  }

  async destroy(): Promise<void> {
    this.#db.close();
  }
}

/** Statements kept ready. */
const PREPARED = 200;

class SqliteConnection implements DatabaseConnection {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    return whileBusy(this.#clock, this.#db.location() ?? "the index", () => {
      const statement = this.#prepare(sql);
      const given = parameters as readonly SQLInputValue[];
      if (statement.columns().length > 0) return { rows: statement.all(...given) as Row[] };
      const { changes } = statement.run(...given);
      return { rows: [], numAffectedRows: BigInt(changes) };
    });
  }

  #prepare(sql: string): ReturnType<DatabaseSync["prepare"]> {
    const kept = this.#prepared.get(sql);
    if (kept) return kept;
    const statement = this.#db.prepare(sql);
    if (this.#prepared.size >= PREPARED) this.#prepared.clear();
    this.#prepared.set(sql, statement);
    return statement;
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }
}
