/** `arqon reindex`: makes the index anew from ledgers and objects, and moves its schema. */
import { rmSync } from "node:fs";
import { ArqonError, systemClock } from "@arqon/core/base";
import { indexPlace, readPolicy, storesFrom } from "@arqon/vault";
import { openIndexSchema } from "@arqon/vault/index";
import type { Command } from "../command.ts";
import { withVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";

export const reindex: Command = {
  name: "reindex",
  summary: "make the index anew from ledgers and objects; or say and move the version of its tables",
  positionals: [],
  options: {
    steps: { type: "boolean", help: "only say which versions of the tables there are, and which is there" },
    to: {
      type: "string",
      value: "STEP",
      help: 'only move the tables up or down to STEP ("none" drops them); the next command brings them up again',
    },
  },
  example: "arqon reindex",
  async run(args, terminal) {
    const to = args.text("to");
    if (args.flag("steps") || to !== undefined) return moveSchema(terminal, to);
    const records = await rebuild(terminal);
    terminal.answer({ records });
    terminal.print(`the index has ${records} records, read from ledgers and objects`);
    return 0;
  },
};

/** An index file that cannot even be opened is removed first: everything in it can be had again. */
async function rebuild(terminal: Terminal): Promise<number> {
  const all = (): Promise<number> => withVault(terminal, (vault) => vault.reindex());
  try {
    return await all();
  } catch (thrown) {
    const place = placeOf(terminal);
    const { code, message } = ArqonError.from(thrown);
    if (code !== "FILE_UNREADABLE" || !("path" in place) || !message.startsWith(place.path)) throw thrown;
    for (const end of ["", "-wal", "-shm"]) rmSync(`${place.path}${end}`, { force: true });
    return all();
  }
}

async function moveSchema(terminal: Terminal, to: string | undefined): Promise<number> {
  const schema = await openIndexSchema({ place: placeOf(terminal), clock: systemClock });
  try {
    if (to !== undefined) await schema.migrate(to);
    const steps = await schema.steps();
    terminal.answer({ database: schema.dialect, steps });
    terminal.print(schema.dialect === "sqlite" ? "SQLite" : "PostgreSQL");
    for (const { name, taken } of steps) terminal.print(`  ${taken ? "✓" : "–"} ${name}`);
    return 0;
  } finally {
    await schema.index.close();
  }
}

function placeOf({ home, env }: Terminal): ReturnType<typeof indexPlace> {
  return indexPlace({ home, places: storesFrom(env), encrypted: readPolicy(home).encryptAtRest });
}
