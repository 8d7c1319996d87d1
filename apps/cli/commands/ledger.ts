/** `arqon ledger`: the logs of this ARQON_HOME for others: checkpoint, proofs, tiles, and what a witness is asked. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ArqonError } from "@arqon/core/base";
import { formatCosignRequest, parseCheckpoint } from "@arqon/core/proof";
import type { LocalVaultHandle, LogName } from "@arqon/vault";
import { writeTiles } from "@arqon/vault/ledger";
import type { Arguments, Command } from "../command.ts";
import { readUserText, withVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";

export const ledger: Command = {
  name: "ledger",
  summary: "the logs for others: checkpoint, inclusion proof, static tiles and entries, request to a witness",
  positionals: ["checkpoint|prove|tiles|request", "INDEX|DIR?"],
  options: {
    log: { type: "string", value: "runs|governance", help: "which log (default: runs)" },
    old: { type: "string", value: "N", help: "entries the witness knows already (default: 0)" },
  },
  example: "arqon ledger tiles public/log",
  async run(args, terminal) {
    const [verb = "", what] = args.positionals;
    const log = args.text("log") ?? "runs";
    if (log !== "runs" && log !== "governance")
      throw new ArqonError("USAGE", `--log ${log}: runs or governance`);
    await withVault(terminal, async (vault) => {
      await vault.requireWhole();
      await act(vault, log, verb, what, args, terminal);
    });
    return 0;
  },
};

async function act(
  vault: LocalVaultHandle,
  name: LogName,
  verb: string,
  what: string | undefined,
  args: Arguments,
  terminal: Terminal,
): Promise<void> {
  const log = vault.logs[name];
  const note = log.checkpoint();
  if (note === undefined)
    throw new ArqonError("LEDGER_INVALID", "the log is empty: it has no checkpoint yet");
  const { origin, size } = parseCheckpoint(note);
  const answer = (text: string, more: { readonly [key: string]: string | number } = {}): void => {
    terminal.answer({ origin, size, text, ...more });
    for (const line of text.trimEnd().split("\n")) terminal.print(line);
  };
  if (verb === "checkpoint" && what === undefined) return answer(note);
  if (verb === "prove" && what !== undefined) return answer(log.prove(wholeNumber(what, "INDEX")));
  if (verb === "request" && what === undefined) {
    const oldSize = wholeNumber(args.text("old") ?? "0", "--old");
    if (oldSize > size)
      throw new ArqonError("LEDGER_ROLLED_BACK", `${origin} has ${size} entries, not ${oldSize}`);
    const proof = oldSize === 0 ? [] : log.consistency(oldSize, size);
    return answer(formatCosignRequest({ oldSize, proof, note }));
  }
  if (verb === "tiles" && what !== undefined) {
    mkdirSync(what, { recursive: true });
    const file = join(what, "checkpoint");
    const present = existsSync(file) ? await readUserText(file, { bytes: 65_536 }) : undefined;
    const tiles = await writeTiles((path) => vault.logFile(name, path), what, present);
    terminal.answer({ origin, size, tiles });
    terminal.print(`${what}: ${origin}, ${size} entries, ${tiles} tiles written`);
    return;
  }
  throw new ArqonError("USAGE", `ledger: "${args.positionals.join(" ")}" is not one of its forms`, {
    remedy: "For example: arqon ledger checkpoint, arqon ledger prove 3, arqon ledger tiles DIR",
  });
}

function wholeNumber(text: string, what: string): number {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text))
    throw new ArqonError("USAGE", `${what} ${text}: expected a whole number`);
  return Number(text);
}
