/** `arqon import FILE.zip`: takes in an artifact from elsewhere, after checking it. */
import { basename } from "node:path";
import { readZip } from "@arqon/core/bundle";
import type { Command } from "../command.ts";
import { shortId } from "../render.ts";
import { readUserFile, withWritableVault } from "../store.ts";

export const importCommand: Command = {
  name: "import",
  summary: "verify an exported artifact and keep it in this ARQON_HOME",
  positionals: ["FILE.zip"],
  options: {},
  example: "arqon import bell.zip",
  async run(args, terminal) {
    const [path] = args.positionals as [string];
    const files = readZip(await readUserFile(path));
    const row = await withWritableVault(terminal, (vault) => vault.import(files, basename(path)));
    terminal.answer({ ...row });
    terminal.print(`imported ${row.artifactId}`);
    terminal.print(`next:  ${terminal.invocation} show ${shortId(row.artifactId)}`);
    return 0;
  },
};
