/** `arqon gc`: objects that no record needs, and that have lain there for a while. */
import { ArqonError, formatBytes } from "@arqon/core/base";
import type { Command } from "../command.ts";
import { withVault, withWritableVault } from "../store.ts";

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const gc: Command = {
  name: "gc",
  summary: "say which stored objects no record needs, and with --yes delete them",
  positionals: [],
  options: {
    grace: {
      type: "string",
      value: "TIME",
      help: "leave objects younger than this, e.g. 90m or 7d (default 1d)",
    },
    yes: { type: "boolean", help: "delete them; without it nothing is deleted" },
  },
  example: "arqon gc --grace 7d --yes",
  async run(args, terminal) {
    const graceMs = durationMs(args.text("grace") ?? "1d");
    const yes = args.flag("yes");
    const open = yes ? withWritableVault : withVault;
    const found = await open(terminal, (vault) => vault.collect({ graceMs, delete: yes }));
    terminal.answer({ ...found });
    const { objects, garbage, garbageBytes, young } = found;
    terminal.print(
      `${objects} objects; ${garbage} that no record needs (${formatBytes(garbageBytes)})${yes ? " deleted" : ""}`,
    );
    if (young > 0)
      terminal.print(`${young} more are not needed yet, but younger than the grace period: left`);
    if (!yes && garbage > 0) terminal.print(`delete them:  ${terminal.invocation} gc --yes`);
    return 0;
  },
};

/** Milliseconds of "90m". @throws ArqonError `USAGE`. */
export function durationMs(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (!match)
    throw new ArqonError("USAGE", `--grace ${text}: expected a whole number and s, m, h or d, e.g. 7d`);
  return Number(match[1]) * (UNITS_MS[match[2] as string] as number);
}
