/** `npm run bench -- NAME [NAME ...] [--json] [--quick] [--save]`: runs benches and prints their rows. */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { BenchModule, BenchRow } from "./row.ts";

/** Programs beside the benches, and what they share. */
const NOT_BENCHES = [
  "run.ts",
  "row.ts",
  "results.ts",
  "plot.ts",
  "picture.ts",
  "table.ts",
  "three-nodes.ts",
  "soak.ts",
];
const available = globSync("*.ts", { cwd: import.meta.dirname })
  .filter((file) => !NOT_BENCHES.includes(file) && !file.includes(".test."))
  .map((file) => basename(file, ".ts"))
  .sort();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const usage = `usage: npm run bench -- NAME [NAME ...] [--json] [--quick] [--save]
  NAME      one of: ${available.join(", ")}, or "all"
  --json    one JSON array on stdout
  --quick   few, short repetitions
  --save    keep the rows in bench/results/ with machine, commit and date
example: npm run bench -- quantum log --json`;

if (values.help || positionals.length === 0) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}
const names = positionals.includes("all") ? available : positionals;
for (const name of names)
  if (!available.includes(name)) {
    console.error(`unknown bench "${name}"; there are: ${available.join(", ")}`);
    process.exit(2);
  }

const rows: BenchRow[] = [];
for (const name of names) {
  const began = performance.now();
  console.error(`bench ${name} ...`);
  try {
    const bench = (await import(`./${name}.ts`)) as BenchModule;
    for await (const row of bench.rows({ quick: values.quick, log: (line) => console.error(`  ${line}`) })) {
      rows.push(row);
      if (!values.json) print(row);
    }
  } catch (thrown) {
    // The others still run, and what there is is kept.
    process.exitCode = 1;
    console.error(`bench ${name} failed: ${(thrown as Error).stack ?? thrown}`);
  }
  console.error(`bench ${name} took ${Math.round((performance.now() - began) / 1_000)} s`);
}
if (values.json) console.log(JSON.stringify(rows, null, 2));
if (values.save) save(rows);

function figure(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}

function print(row: BenchRow): void {
  const peer =
    row.peerValue === null ? "" : `  ${row.peer} ${figure(row.peerValue)}  ratio ${figure(row.ratio ?? 0)}`;
  const aim = row.target === null ? "" : `  target ${row.target}`;
  console.log(
    `${row.id.padEnd(44)} ${figure(row.value)} ${row.unit} [${figure(row.min)}-${figure(row.max)}]${peer}${aim}`,
  );
}

function save(kept: readonly BenchRow[]): void {
  const folder = `${import.meta.dirname}/results`;
  if (!existsSync(folder)) mkdirSync(folder);
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const dirty = execFileSync("git", ["status", "--porcelain"], { encoding: "utf8" }).trim() !== "";
  const date = new Date().toISOString();
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.version,
  };
  const file = `${folder}/${date.slice(0, 10)}-${names.join("-")}.json`;
  writeFileSync(file, `${JSON.stringify({ date, commit, dirty, machine, rows: kept }, null, 2)}\n`);
  console.error(`saved ${file}`);
}
