/** Opens the index, on SQLite or PostgreSQL, with its schema brought up to date. */
import type { Clock } from "@arqon/core/base";
import type { Dialect } from "./migrations.ts";
import type { RunIndex } from "./run-index.ts";

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

/** Which index to open. */
export interface OpenIndexOptions {
  readonly place: IndexPlace;
  readonly clock: Clock;
}

/** Opens or creates an index and brings its schema up to date. Safe with several processes. */
export async function openIndex(options: OpenIndexOptions): Promise<RunIndex> {
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
export async function openIndexSchema(options: OpenIndexOptions): Promise<IndexSchema> {
  const { openSchema } = await import("./open-schema.ts");
  return openSchema(options);
}
