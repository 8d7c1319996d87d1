/** Where the index of a home that encrypts is, in words. */
import { indexPlace, storesFrom } from "@arqon/vault";
import type { Terminal } from "./terminal.ts";

/** "the index is kept in memory", or on PostgreSQL where it is. */
export function indexAtRest({ home, env }: Pick<Terminal, "home" | "env">): string {
  const place = indexPlace({ home, places: storesFrom(env), encrypted: true });
  return "postgres" in place ? "the index is encrypted on PostgreSQL" : "the index is kept in memory";
}
