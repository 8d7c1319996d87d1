/** `arqon import PATH`: takes in an artifact from elsewhere, after checking it. */
import { titleIn, withBundle } from "../bundle-path.ts";
import { byteProgress } from "../byte-progress.ts";
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
    const row = await withBundle(path, byteProgress(terminal, "reading"), (files) =>
      withWritableVault(terminal, (vault) =>
        vault.import(files, titleIn(files, path), byteProgress(terminal, "storing")),
      ),
    );
    terminal.answer({ ...row });
    terminal.print(`imported ${row.artifactId}`);
    terminal.print(`next:  ${terminal.invocation} show ${shortId(row.artifactId)}`);
    return 0;
  },
};
