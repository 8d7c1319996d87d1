/**
 * `node bench/table.ts ID...` prints the newest kept rows whose ids begin so, as a Markdown table; `*` stands for anything but a slash.
 * `node bench/table.ts --write docs/bench/bus.md` puts each table of a page anew between `<!-- rows ID... -->` and `<!-- end -->`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type KeptRow, newestRows } from "./results.ts";

/** Of these, more is better. */
const MORE_IS_BETTER = new Set([
  "throughput",
  "mb_per_s",
  "read",
  "held",
  "accepted",
  "gates_per_s",
  "statements_per_s",
  "accuracy",
]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "string" } },
});
const rows = newestRows();
const why = JSON.parse(readFileSync(join(import.meta.dirname, "why.json"), "utf8")) as Record<string, string>;

if (values.write === undefined) console.log(tableOf(positionals));
else {
  const page = readFileSync(values.write, "utf8");
  const renewed = page.replace(
    /(<!-- rows (.+?) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, ids: string, end: string) => `${begin}\n${tableOf(ids.split(" "))}\n\n${end}`,
  );
  writeFileSync(values.write, renewed);
}

function tableOf(ids: readonly string[]): string {
  const chosen = ids.flatMap((id) => rows.filter((row) => beginning(id).test(row.id)));
  if (chosen.length === 0) return `No kept rows begin with ${ids.join(" or ")}.`;
  const hasTargets = chosen.some(({ target }) => target !== null);
  const head = ["Row", "Arqon", "Peer", "Ratio", ...(hasTargets ? ["Target", ""] : [])];
  const dates = [...new Set(chosen.map(({ date }) => date.slice(0, 10)))].sort();
  const commits = [...new Set(chosen.map(({ commit }) => `\`${commit}\``))];
  return [
    line(head),
    line(head.map(() => "---")),
    ...chosen.map((row) => line(cellsOf(row, hasTargets))),
    "",
    `Median [min-max] of ${counts(chosen)} repetitions, measured on ${dates.join(", ")} at ${commits.join(", ")}.`,
  ].join("\n");
}

function beginning(id: string): RegExp {
  return new RegExp(`^${RegExp.escape(id).replaceAll("\\*", "[^/]*")}`);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function counts(chosen: readonly KeptRow[]): string {
  const all = [...new Set(chosen.map(({ n }) => n))].sort((a, b) => a - b);
  return all.length === 1 ? String(all[0]) : `${all[0]} to ${all.at(-1)}`;
}

function cellsOf(row: KeptRow, hasTargets: boolean): string[] {
  const { id, value, min, max, n, unit, peer, peerValue, ratio } = row;
  const range = n > 1 ? ` [${figure(min)}-${figure(max)}]` : "";
  const cells = [
    `\`${id}\``,
    `${figure(value)}${range} ${unit}`,
    peerValue === null ? "" : `${figure(peerValue)} (${peer})`,
    ratio === null ? "" : `**${figure(ratio)}**`,
  ];
  return hasTargets ? [...cells, targetOf(row), verdictOf(row)] : cells;
}

function targetOf({ target, peer, metric }: KeptRow): string {
  if (target === null) return "";
  const bound = MORE_IS_BETTER.has(metric) ? "≥" : "≤";
  return `${bound} ${figure(target)}${peer === null ? "" : " ×"}`;
}

function verdictOf({ id, target, floor, ratio, value, metric }: KeptRow): string {
  if (target === null) return "";
  const reached = (bound: number): boolean =>
    MORE_IS_BETTER.has(metric) ? (ratio ?? value) >= bound : (ratio ?? value) <= bound;
  if (reached(target)) return "met";
  const word = floor !== null && reached(floor) ? "between target and floor" : "**missed**";
  const reason = why[id];
  return reason === undefined ? word : `${word}: ${reason}`;
}

function figure(value: number): string {
  if (value >= 1_000_000) return `${Number((value / 1_000_000).toPrecision(4)).toLocaleString("en-US")} M`;
  if (value >= 10_000) return `${Number((value / 1_000).toPrecision(4)).toLocaleString("en-US")} k`;
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(2).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(3)));
}
