/** `arqon runs`: the artifacts of this ARQON_HOME, newest first; equal ones stand once, counted. */
import { ArqonError } from "@arqon/core/base";
import type { RunRow } from "@arqon/vault";
import type { Command } from "../command.ts";
import { shortId, table } from "../render.ts";
import { withVault } from "../store.ts";

export const runs: Command = {
  name: "runs",
  summary: "list artifacts, newest first",
  positionals: [],
  options: {
    limit: { type: "string", value: "N", help: "how many records to look at (default 20)" },
    tag: {
      type: "string",
      many: true,
      value: "T",
      help: "only what bears this tag; again for more, all of them",
    },
    all: { type: "boolean", help: "every record by itself, also of equal artifacts" },
  },
  example: "arqon runs --tag bell --limit 5",
  async run(args, terminal) {
    const limit = Number(args.text("limit") ?? "20");
    if (!Number.isInteger(limit) || limit < 1 || limit > 100_000)
      throw new ArqonError(
        "USAGE",
        `--limit ${args.text("limit")}: expected a whole number from 1 to 100000`,
      );
    const tags = args.texts("tag");
    const rows = await withVault(terminal, (vault) => vault.list(limit, tags));
    const shown = args.flag("all") ? rows : newestOfEach(rows);
    terminal.answer(shown.map((row) => ({ ...row })));
    if (rows.length === 0 && tags.length > 0)
      terminal.print(`no artifact bears ${tags.map((tag) => `"${tag}"`).join(" and ")}`);
    else if (rows.length === 0)
      terminal.print(`no artifacts yet; try: ${terminal.invocation} run examples/bell.qasm`);
    else {
      const tagged = shown.some((row) => row.tags.length > 0);
      const cells = shown.map((row) => [
        shortId(row.artifactId),
        row.artifactType,
        row.title,
        row.backendId,
        row.createdAt.slice(0, 19).replace("T", " "),
        remarks(row),
        ...(tagged ? [row.tags.join(", ")] : []),
      ]);
      const head = ["artifact", "type", "title", "backend", "when (UTC)", "", ...(tagged ? ["tags"] : [])];
      for (const line of table(head, cells)) terminal.print(line);
    }
    return 0;
  },
};

/** One row an artifact: the newest record stands for all. */
function newestOfEach(rows: readonly RunRow[]): RunRow[] {
  const met = new Set<string>();
  return rows.filter(({ artifactId }) => !met.has(artifactId) && met.add(artifactId));
}

function remarks({ reproduced, reported, imported }: RunRow): string {
  return [
    ...(reproduced > 1 ? [`reproduced ${reproduced}×`] : []),
    ...(reported ? ["reported"] : []),
    ...(imported ? ["imported"] : []),
  ].join(", ");
}
