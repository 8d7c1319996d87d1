/** `arqon validate ID --constraints FILE`: judges a run by what was declared, and seals the judgement. */
import { basename } from "node:path";
import { ArqonError, canonicalJson, type Json, jsonObject, parseJson } from "@arqon/core/base";
import { readConstraints } from "@arqon/core/bundle";
import { parse as parseYaml } from "yaml";
import { cancellable } from "../cancellable.ts";
import type { Command } from "../command.ts";
import { LABEL_OPTIONS, labelsFrom } from "../labels.ts";
import { shortId } from "../render.ts";
import { validationLines } from "../result-view.ts";
import { withClient } from "../session.ts";
import { readUserText, withVault } from "../store.ts";

export const validate: Command = {
  name: "validate",
  summary: "judge a run by declared constraints: HOLDS, VIOLATED or UNDECIDED, sealed as a Validation",
  positionals: ["ID"],
  options: {
    constraints: { type: "string", value: "FILE", help: "what has to hold, JSON or YAML (needed)" },
    ...LABEL_OPTIONS,
  },
  example: "arqon validate 3fa9c1d2 --constraints examples/bell-constraints.yaml",
  async run(args, terminal) {
    const [id] = args.positionals as [string];
    const path = args.text("constraints");
    const labels = labelsFrom(args);
    if (!path) throw new ArqonError("USAGE", "--constraints is missing: a file that says what has to hold");
    const text = await readUserText(path);
    const constraints = /\.ya?ml$/.test(path) ? yamlOf(text, path) : parseJson(text, path);
    readConstraints(constraints); // Before anything is asked of a server.
    const { artifactId: artifact } = await withVault(terminal, (vault) => vault.find(id));
    const result = await withClient(terminal, ["replay", "artifacts"], (client) =>
      cancellable(client, terminal, (jobId) =>
        client.validate(artifact, jsonObject(constraints, path), {
          ...labels,
          id: jobId,
          name: basename(path),
        }),
      ),
    );
    const { verdict, artifactId } = result;
    terminal.answer({ ...result } as unknown as Json);
    terminal.print(verdict);
    terminal.print();
    for (const line of validationLines(result.constraints)) terminal.print(line);
    terminal.print();
    terminal.print(`validated  ${artifact}`);
    terminal.print(`artifact   ${artifactId}`);
    terminal.print(`next:      ${terminal.invocation} lineage ${shortId(artifactId)}`);
    return verdict === "HOLDS" ? 0 : 1;
  },
};

function yamlOf(text: string, path: string): ReturnType<typeof parseJson> {
  try {
    const value: unknown = parseYaml(text, { maxAliasCount: 0, uniqueKeys: true, stringKeys: true });
    // YAML has numbers that JSON has not: `.nan` and `.inf` bound nothing.
    return parseJson(canonicalJson(value as Json), path);
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", `${path}: ${(cause as Error).message.split("\n")[0]}`, { cause });
  }
}
