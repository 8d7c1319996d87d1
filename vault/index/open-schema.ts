/** The database of an index, with the query builder: loaded when one is opened, since few threads do. */
import { ArqonError } from "@arqon/core/base";
import { Kysely, type Dialect as KyselyDialect, PostgresDialect } from "kysely";
import { type MigrationResultSet, Migrator, NO_MIGRATIONS } from "kysely/migration";
import { openDatabase } from "../sqlite/index.ts";
import { migrationsFor } from "./migrations.ts";
import type { IndexSchema, OpenIndexOptions } from "./open-index.ts";
import { type RunIndex, runIndex } from "./run-index.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import type { IndexDatabase, Tables } from "./tables.ts";

/** See `openIndexSchema`. */
export async function openSchema({ place, clock }: OpenIndexOptions): Promise<IndexSchema> {
  const dialect = "path" in place ? "sqlite" : "postgres";
  const kysely: KyselyDialect =
    "path" in place
      ? sqliteDialect(await openDatabase({ path: place.path, clock, rebuildable: true }), clock)
      : await postgresDialect(place.postgres);
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
async function postgresDialect(connectionString: string): Promise<KyselyDialect> {
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
  const { default: pg } = await import("pg");
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
