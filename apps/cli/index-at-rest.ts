/** Where the index of a home that encrypts is, in words. */
import { indexPlace, storesFrom } from "@arqon/vault";
import type { Terminal } from "./terminal.ts";

/** Who asks those tables and gets nothing must not take that for an answer. */
const COVERED = "its tables of manifests, backends, calibrations, mitigation and decisions stay empty";

/** "the index is kept in memory", or what of it is on PostgreSQL, and what is not. */
export function indexAtRest({ home, env }: Pick<Terminal, "home" | "env">): string {
  const place = indexPlace({ home, places: storesFrom(env), encrypted: true });
  return "postgres" in place
    ? `the index is encrypted on PostgreSQL (${COVERED})`
    : "the index is kept in memory";
}
