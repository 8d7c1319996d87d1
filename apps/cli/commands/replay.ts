/** `arqon replay ID|PATH`: runs the recipe again and says how the results compare. */
import { type Json, jsonObject } from "@arqon/core/base";
import type { RunRow } from "@arqon/vault";
import { isBundlePath, readBundle, titleIn } from "../bundle-path.ts";
import { cancellable } from "../cancellable.ts";
import type { Command } from "../command.ts";
import { LABEL_OPTIONS, labelsFrom } from "../labels.ts";
import { shortId } from "../render.ts";
import { withClient } from "../session.ts";
import { withVault, withWritableVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";
import { seedFrom, shotsFrom } from "./run.ts";

export const replay: Command = {
  name: "replay",
  summary: "run an artifact's recipe again and compare: IDENTICAL, EQUIVALENT, DIFFERENT_…, NOT_COMPARABLE",
  positionals: ["ID|PATH"],
  options: {
    seed: { type: "string", value: "S", help: "use another seed than the recipe's, to see what changes" },
    shots: { type: "string", value: "N", help: "use another number of shots" },
    ...LABEL_OPTIONS,
  },
  example: "arqon replay 3fa9c1d2",
  async run(args, terminal) {
    const [argument] = args.positionals as [string];
    const labels = labelsFrom(args);
    const artifact = isBundlePath(argument)
      ? await imported(argument, terminal)
      : await withVault(terminal, (vault) => vault.find(argument));
    const outcome = await withClient(terminal, ["replay"], (client) =>
      cancellable(client, terminal, (id) =>
        client.replay(artifact.artifactId, {
          ...labels,
          id,
          ...(args.text("seed") !== undefined && { seed: seedFrom(args) }),
          ...(args.text("shots") !== undefined && { shots: shotsFrom(args) }),
          onState: (state) => terminal.progress(`replay: ${state.note || "waiting"}`),
        }),
      ),
    );
    terminal.progress("");
    terminal.answer({ ...outcome });
    terminal.print(outcome.verdict);
    for (const cause of outcome.causes) terminal.print(`  because ${sentence(cause)}`);
    terminal.print();
    terminal.print(`original   ${outcome.original["artifactId"]}`);
    const { originalReplay } = outcome;
    if (originalReplay)
      terminal.print(
        `           (itself a replay: ${originalReplay.verdict} beside ${shortId(originalReplay.replayOf)})`,
      );
    const again = outcome.replayed["artifactId"] ?? "-";
    if (again !== outcome.artifactId) terminal.print(`this time  ${again}`);
    const reason = outcome.comparison["sentence"];
    if (!outcome.artifactId) terminal.print(`there is no comparison: ${String(reason)}`);
    else {
      const id = shortId(outcome.artifactId);
      terminal.print(`the comparison itself is artifact ${id}:  ${terminal.invocation} show ${id}`);
    }
    return outcome.verdict === "IDENTICAL" || outcome.verdict === "EQUIVALENT" ? 0 : 1;
  },
};

/** A replay runs what the vault holds, so a bundle from elsewhere comes in first. */
async function imported(path: string, terminal: Terminal): Promise<RunRow> {
  const files = await readBundle(path);
  return withWritableVault(terminal, (vault) => vault.import(files, titleIn(files, path)));
}

/** A cause for people: its sentence, or the cause itself. */
function sentence(cause: Json): string {
  if (typeof cause === "string") return cause;
  const text = jsonObject(cause, "cause")["text"];
  return typeof text === "string" ? text : JSON.stringify(cause);
}
