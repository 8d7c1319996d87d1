/** Kept results: the newest row of each id over all files of bench/results, with where and when it was measured. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchRow } from "./row.ts";

/** What `npm run bench -- NAME --save` writes. */
export interface Kept {
  readonly date: string;
  readonly commit: string;
  readonly rows: readonly BenchRow[];
}

/** A row and the file it is from. */
export interface KeptRow extends BenchRow {
  readonly date: string;
  readonly commit: string;
  readonly file: string;
}

const FOLDER = join(import.meta.dirname, "results");

/** The newest row of each id, in the order in which the newest files have them. */
export function newestRows(): KeptRow[] {
  const files = globSync("*.json", { cwd: FOLDER }).map((file) => {
    const kept = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Partial<Kept>;
    return { file, date: kept.date ?? "", commit: kept.commit ?? "", rows: kept.rows ?? [] };
  });
  const rows = new Map<string, KeptRow>();
  for (const { file, date, commit, rows: some } of files.sort((a, b) => b.date.localeCompare(a.date)))
    for (const row of some) if (!rows.has(row.id)) rows.set(row.id, { ...row, date, commit, file });
  return [...rows.values()];
}
