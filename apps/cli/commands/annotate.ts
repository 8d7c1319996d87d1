/** `arqon annotate ID`: says something of an artifact that is sealed; its record stays as it is. */
import type { Json } from "@arqon/core/base";
import type { Command } from "../command.ts";
import { annotationLines } from "../label-view.ts";
import { LABEL_OPTIONS } from "../labels.ts";
import { shortId } from "../render.ts";
import { withWritableVault } from "../store.ts";

/** Whoever can write in this ARQON_HOME. */
const OWNER = "owner";

export const annotate: Command = {
  name: "annotate",
  summary: "add or remove tags of a sealed artifact, or add a note; kept in the governance ledger",
  positionals: ["ID"],
  options: {
    tag: { ...LABEL_OPTIONS["tag"], type: "string", help: "a tag to add; again for more" },
    "remove-tag": { type: "string", many: true, value: "T", help: "a tag to take away; again for more" },
    note: {
      type: "string",
      value: "TEXT",
      help: "a note to add, at most 4096 characters; earlier ones stay",
    },
    by: { type: "string", value: "NAME", help: `who says so (default: ${OWNER})` },
  },
  example: "arqon annotate 3fa9c1d2 --tag paper --remove-tag draft --note 'used in figure 2'",
  async run(args, terminal) {
    const [id] = args.positionals as [string];
    const note = args.text("note");
    const { row, annotations } = await withWritableVault(terminal, async (vault) => {
      const row = await vault.annotate(id, {
        by: args.text("by") ?? OWNER,
        tags: args.texts("tag"),
        removeTags: args.texts("remove-tag"),
        ...(note !== undefined && { note }),
      });
      return { row, annotations: await vault.annotations(row.recordId) };
    });
    terminal.answer({ ...row, annotations } as unknown as Json);
    terminal.print(`artifact  ${row.artifactId}`);
    terminal.print(`record    ${row.recordId}`);
    terminal.print(`tags      ${row.tags.join(", ") || "none"}`);
    for (const line of annotationLines(annotations)) terminal.print(line);
    terminal.print(`next:     ${terminal.invocation} show ${shortId(row.artifactId)}`);
    return 0;
  },
};
