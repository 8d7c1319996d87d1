/** `arqon validate ID --constraints FILE`: judges a run by what was declared, and seals the judgement. */
import { basename } from "node:path";
import { ArqonError, canonicalJson, fromUtf8, type JsonObject, parseJson, utf8 } from "@arqon/core/base";
import { readConstraints } from "@arqon/core/bundle";
import { parse as parseYaml } from "yaml";
import { cancellable } from "../cancellable.ts";
import type { Command } from "../command.ts";
import { shortId, table } from "../render.ts";
import { withClient } from "../session.ts";
import { readUserFile, withVault } from "../store.ts";

export const validate: Command = {
  name: "validate",
  summary: "judge a run by declared constraints: HOLDS, VIOLATED or UNDECIDED, sealed as a Validation",
  positionals: ["ID"],
  options: {
    constraints: { type: "string", value: "FILE", help: "what has to hold, JSON or YAML (needed)" },
  },
  example: "arqon validate 3fa9c1d2 --constraints examples/bell-constraints.yaml",
  async run(args, terminal) {
    const [id] = args.positionals as [string];
    const path = args.text("constraints");
    if (!path) throw new ArqonError("USAGE", "--constraints is missing: a file that says what has to hold");
    const text = fromUtf8(await readUserFile(path));
    const constraints = /\.ya?ml$/.test(path) ? yamlOf(text, path) : parseJson(text, path);
    readConstraints(constraints); // Before anything is asked of a server.
    const { artifactId: artifact } = await withVault(terminal, (vault) => vault.find(id));
    const { output, artifactId } = await withClient(terminal, ["replay", "artifacts"], (client) =>
      cancellable(client, terminal, async (jobId) => {
        const job = await client.submit("validation.jobs", {
          id: jobId,
          schema: "arqonbus.validation.job.v1",
          program: utf8(canonicalJson(constraints)),
          programMediaType: "application/json",
          name: basename(path),
          parameters: { artifact },
        });
        const result = await job.result();
        return { output: result.json() as JsonObject, artifactId: result.artifactId };
      }),
    );
    terminal.answer({ ...output, artifactId });
    const verdict = String(output["verdict"]);
    terminal.print(verdict);
    terminal.print();
    const judged = output["constraints"] as readonly JsonObject[];
    const rows = judged.map(({ name, finding, detail }) => [String(name), String(finding), String(detail)]);
    for (const line of table(["constraint", "finding", "why"], rows)) terminal.print(line);
    terminal.print();
    terminal.print(`validated  ${artifact}`);
    terminal.print(`artifact   ${artifactId}`);
    terminal.print(`next:      ${terminal.invocation} lineage ${shortId(artifactId)}`);
    return verdict === "HOLDS" ? 0 : 1;
  },
};

function yamlOf(text: string, path: string): ReturnType<typeof parseJson> {
  let value: unknown;
  try {
    value = parseYaml(text, { maxAliasCount: 0, uniqueKeys: true });
  } catch (cause) {
    throw new ArqonError("JSON_INVALID", `${path}: ${(cause as Error).message.split("\n")[0]}`, { cause });
  }
  return parseJson(JSON.stringify(value) ?? "null", path);
}
