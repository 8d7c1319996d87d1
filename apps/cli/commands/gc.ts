/** `arqon gc`: objects that no record needs, and that have lain there for a while. */
import { existsSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { nodeDisk } from "@arqon/bus/engine";
import { ArqonError, formatBytes, formatCount } from "@arqon/core/base";
import type { Command } from "../command.ts";
import { withVault, withWritableVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";

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
    replays: {
      type: "boolean",
      help: "instead: the logs that replay-reality left; they are deleted while no server runs",
    },
    yes: { type: "boolean", help: "delete them; without it nothing is deleted" },
  },
  example: "arqon gc --grace 7d --yes",
  async run(args, terminal) {
    if (args.flag("replays")) return collectReplays(args.flag("yes"), terminal);
    const grace = args.text("grace");
    const graceMs = durationMs(grace ?? "1d");
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
    const same = grace === undefined ? "" : ` --grace ${grace}`;
    if (!yes && garbage > 0) terminal.print(`delete them:  ${terminal.invocation} gc${same} --yes`);
    return 0;
  },
};

/** Folders of Realities `replay.NAME`. @throws ArqonError `LOG_LOCKED` while a server runs. */
async function collectReplays(yes: boolean, terminal: Terminal): Promise<number> {
  const root = join(terminal.home, "log");
  const unlock = yes && existsSync(root) ? await nodeDisk(terminal.home).lock("log/lock") : async () => {};
  try {
    const entries = existsSync(root) ? await readdir(root, { withFileTypes: true }) : [];
    const names = entries.flatMap((one) =>
      one.isDirectory() && one.name.startsWith("replay.") ? [one.name] : [],
    );
    let bytes = 0;
    for (const name of names) {
      for (const file of await readdir(join(root, name), { recursive: true, withFileTypes: true }))
        if (file.isFile()) bytes += (await stat(join(file.parentPath, file.name))).size;
      if (yes) await rm(join(root, name), { recursive: true });
    }
    terminal.answer({ replays: names, bytes, deleted: yes });
    terminal.print(
      `${formatCount(names.length, "replay")} (${formatBytes(bytes)})${yes ? " deleted" : ""}${names.length > 0 ? `: ${names.join(", ")}` : ""}`,
    );
    if (!yes && names.length > 0) terminal.print(`delete them:  ${terminal.invocation} gc --replays --yes`);
    return 0;
  } finally {
    await unlock();
  }
}

/** Milliseconds of "90m". @throws ArqonError `USAGE`. */
export function durationMs(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (!match)
    throw new ArqonError("USAGE", `--grace ${text}: expected a whole number and s, m, h or d, e.g. 7d`);
  return Number(match[1]) * (UNITS_MS[match[2] as string] as number);
}
