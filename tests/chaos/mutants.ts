/**
 * Plants every bug of the table, one at a time, and counts the seeds until the simulated world notices.
 * Usage: node tests/chaos/mutants.ts [SEEDS]. Prints a table; ends with 1 when a bug was missed.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "./mutant-table.ts";

/** Outcome of one planted bug. */
export interface Outcome {
  /** Where it was found; `undefined`: missed. */
  readonly seed?: number;
  /** Seeds lived through. */
  readonly seeds: number;
  readonly wrong?: string;
}

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Runs one mutant in a process of its own. @param index  -1: no bug. @throws Error when its place in the source is gone */
export function runMutant(index: number, seeds: number): Outcome {
  const first = String(MUTANTS[index]?.from ?? 1);
  const said = execFileSync(
    process.execPath,
    ["--no-warnings", "--import", `${HERE}mutant-hook.ts`, `${HERE}mutant-run.ts`, first, String(seeds)],
    { env: { ...process.env, ARQON_MUTANT: String(index) }, encoding: "utf8", timeout: 600_000 },
  );
  return JSON.parse(said.trim().split("\n").at(-1) ?? "");
}

if (import.meta.main) {
  const seeds = Number(process.argv[2] ?? 400);
  let missed = 0;
  for (const [index, { what }] of MUTANTS.entries()) {
    const { seed, seeds: lived, wrong } = runMutant(index, seeds);
    if (seed === undefined) missed++;
    const found = seed === undefined ? `MISSED in ${lived} seeds` : `${lived} seeds`;
    console.log(`| ${what} | ${found} | ${(wrong ?? "").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…")} |`);
  }
  console.log(`${MUTANTS.length - missed} of ${MUTANTS.length} planted bugs found`);
  process.exitCode = missed === 0 ? 0 : 1;
}
