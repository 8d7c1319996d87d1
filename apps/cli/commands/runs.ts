/** `arqon runs`: the artifacts of this ARQON_HOME, newest first. */
import { ArqonError } from "@arqon/core/base";
import type { Command } from "../command.ts";
import { shortId, table } from "../render.ts";
import { withVault } from "../store.ts";

export const runs: Command = {
  name: "runs",
  summary: "list artifacts, newest first",
  positionals: [],
  options: { limit: { type: "string", value: "N", help: "how many (default 20)" } },
  example: "arqon runs --limit 5",
  async run(args, terminal) {
    const limit = Number(args.text("limit") ?? "20");
    if (!Number.isInteger(limit) || limit < 1 || limit > 100_000)
      throw new ArqonError(
        "USAGE",
        `--limit ${args.text("limit")}: expected a whole number from 1 to 100000`,
      );
    const rows = await withVault(terminal, (vault) => vault.list(limit));
    terminal.answer(rows.map((row) => ({ ...row })));
    if (rows.length === 0)
      terminal.print(`no artifacts yet; try: ${terminal.invocation} run examples/bell.qasm`);
    else {
      const cells = rows.map((row) => [
        shortId(row.artifactId),
        row.artifactType,
        row.title,
        row.backendId,
        row.createdAt.slice(0, 19).replace("T", " "),
        [row.reported ? "reported" : "", row.imported ? "imported" : ""].filter(Boolean).join(" "),
      ]);
      for (const line of table(["artifact", "type", "title", "backend", "when (UTC)", ""], cells))
        terminal.print(line);
    }
    return 0;
  },
};
