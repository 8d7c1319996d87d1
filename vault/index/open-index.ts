/** Opens the index, on SQLite or PostgreSQL, with its schema brought up to date. */
import { ArqonError, type Clock } from "@arqon/core/base";
import { Kysely, type Dialect as KyselyDialect, PostgresDialect } from "kysely";
import { type MigrationResultSet, Migrator, NO_MIGRATIONS } from "kysely/migration";
import pg from "pg";
import { openDatabase } from "../sqlite/index.ts";
import { type Dialect, migrationsFor } from "./migrations.ts";
import { type RunIndex, runIndex } from "./run-index.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import type { IndexDatabase, Tables } from "./tables.ts";

/** Where an index is. */
export type IndexPlace =
  /** A file, or IN_MEMORY. */
  | { readonly path: string }
  /** A PostgreSQL connection string. It may hold a password and is never shown. */
  | { readonly postgres: string };

/** An open database of an index, and the way to move its schema. */
export interface IndexSchema {
  readonly index: RunIndex;
  readonly dialect: Dialect;
  /** Every step by name, in order, and whether it was taken. */
  steps(): Promise<{ readonly name: string; readonly taken: boolean }[]>;
  /** Takes steps up to and with `name`, or back to it; the last one unless told otherwise, "none" for no step at all. */
  migrate(name?: string): Promise<void>;
}

/** Opens or creates an index and brings its schema up to date. Safe with several processes. */
export async function openIndex(options: {
  readonly place: IndexPlace;
  readonly clock: Clock;
}): Promise<RunIndex> {
  const { index, steps, migrate } = await openIndexSchema(options);
  try {
    if ((await steps()).some(({ taken }) => !taken)) await migrate();
    return index;
  } catch (error) {
    await index.close();
    throw error;
  }
}

/** Opens the database of an index as it is. @throws ArqonError `STORE_UNREACHABLE`, `FILE_UNREADABLE`, `USAGE`. */
export async function openIndexSchema(options: {
  readonly place: IndexPlace;
  readonly clock: Clock;
}): Promise<IndexSchema> {
  const { place, clock } = options;
  const dialect = "path" in place ? "sqlite" : "postgres";
  const kysely: KyselyDialect =
    "path" in place
      ? sqliteDialect(await openDatabase({ path: place.path, clock, rebuildable: true }), clock)
      : postgresDialect(place.postgres);
  const db: IndexDatabase = new Kysely<Tables>({ dialect: kysely });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrationsFor(dialect) } });
  const known = new Set(Object.keys(migrationsFor(dialect)));
  return {
    index: dialect === "postgres" ? reachable(runIndex(db, dialect)) : runIndex(db, dialect),
    dialect,
    steps: () =>
      asStore(async () => {
        const found = await migrator.getMigrations();
        return found.map(({ name, executedAt }) => ({ name, taken: executedAt !== undefined }));
      }),
    migrate: (name) =>
      asStore(async () => {
        if (name !== undefined && name !== "none" && !known.has(name))
          throw new ArqonError("USAGE", `the index has no step "${name}"; it has ${[...known].join(", ")}`);
        const result: MigrationResultSet =
          name === undefined
            ? await migrator.migrateToLatest()
            : await migrator.migrateTo(name === "none" ? NO_MIGRATIONS : name);
        if (result.error !== undefined) throw result.error;
      }),
  };
}

/** A pool that refuses to send a password or records over a network in plain text. */
function postgresDialect(connectionString: string): KyselyDialect {
  if (!URL.canParse(connectionString))
    throw new ArqonError("USAGE", "the index is not a postgres:// address");
  const { hostname, searchParams, protocol } = new URL(connectionString);
  if (protocol !== "postgres:" && protocol !== "postgresql:")
    throw new ArqonError("USAGE", `an index can be at postgres://, not ${protocol}//`);
  // As the driver reads it: the last of a repeated parameter, and a host among them before that of the address.
  const said = (name: string): string | undefined => searchParams.getAll(name).at(-1);
  const host = said("host") || hostname || process.env["PGHOST"] || "localhost";
  const near = host.startsWith("/") || ["localhost", "127.0.0.1", "::1", "[::1]"].includes(host);
  if (!near && said("sslmode") !== "verify-full")
    throw new ArqonError("USAGE", `the index at ${host} must be reached with sslmode=verify-full`);
  const pool = new pg.Pool({
    connectionString,
    max: 4,
    connectionTimeoutMillis: 10_000,
    allowExitOnIdle: true,
  });
  // A connection that is lost while idle is replaced by the next query.
  pool.on("error", () => {});
  return new PostgresDialect({ pool });
}

/** Errors of the database as errors of the store; what a driver says holds no password. */
async function asStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ArqonError) throw cause;
    const { message, code } = cause as NodeJS.ErrnoException;
    throw new ArqonError("STORE_UNREACHABLE", `the index: ${code ?? ""} ${message}`.slice(0, 300), { cause });
  }
}

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

/** The same index; whatever its database throws is an error of the store. */
function reachable(index: RunIndex): RunIndex {
  const methods = Object.entries(index as unknown as Methods).map(([name, method]) => [
    name,
    (...args: readonly unknown[]) => asStore(() => method(...args)),
  ]);
  return Object.fromEntries(methods) as RunIndex;
}
