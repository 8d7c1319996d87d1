/** `arqon import PATH`: takes in an artifact from elsewhere, after checking it. */
import { readBundle, titleIn } from "../bundle-path.ts";
import type { Command } from "../command.ts";
import { shortId } from "../render.ts";
import { withWritableVault } from "../store.ts";

export const importCommand: Command = {
  name: "import",
  summary: "verify an exported artifact (ZIP, .eln, folder, bag) and keep it in this ARQON_HOME",
  positionals: ["PATH"],
  options: {},
  example: "arqon import bell.zip",
  async run(args, terminal) {
    const [path] = args.positionals as [string];
    const files = await readBundle(path);
    const row = await withWritableVault(terminal, (vault) => vault.import(files, titleIn(files, path)));
    terminal.answer({ ...row });
    terminal.print(`imported ${row.artifactId}`);
    terminal.print(`next:  ${terminal.invocation} show ${shortId(row.artifactId)}`);
    return 0;
  },
};
