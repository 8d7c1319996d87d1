/** The CLI without its process: finds the command, reads its options, prints errors with their remedy, gives the exit code. */
import { parseArgs } from "node:util";
import { ArqonError } from "@arqon/core/base";
import { type Arguments, COMMON_OPTIONS, type Command } from "./command.ts";
import { allCommands, COMMAND_NAMES, commandNamed } from "./commands.ts";
import { commandHelp, commandJson, overview } from "./help.ts";
import { nearest } from "./nearest.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command line. @returns the exit code: 0 done, 1 verdict failed, 2 bad input, 3 refused, 4 unavailable. */
export async function cli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { json } = terminal;
  const say = (text: string): void => {
    for (const line of text.split("\n")) terminal.print(line);
  };
  try {
    const [name, ...rest] = argv;
    if (name === undefined || name === "help" || name === "--help" || name === "-h") {
      const topic = rest.find((word) => !word.startsWith("-"));
      const commands = topic === undefined ? await allCommands() : [await commandOf(topic)];
      const [only] = commands;
      if (json) terminal.answer(commands.map(commandJson));
      else say(topic && only ? commandHelp(only) : overview(commands));
      return name === undefined ? 2 : 0;
    }
    if (name === "--version") {
      const { SDK_VERSION } = await import("@arqon/sdk");
      terminal.answer({ arqon: SDK_VERSION, node: process.versions.node });
      say(`arqon ${SDK_VERSION} on Node ${process.versions.node}`);
      return 0;
    }
    const command = await commandOf(name);
    const args = parse(command, rest);
    if (args.flag("help")) {
      if (json) terminal.answer(commandJson(command));
      else say(commandHelp(command));
      return 0;
    }
    checkPositionals(command, args);
    return await command.run(args, terminal);
  } catch (thrown) {
    const error = ArqonError.from(thrown);
    terminal.progress("");
    terminal.answer({ error: { code: error.code, message: error.message, remedy: error.remedy } });
    terminal.note(`arqon: ${error.message} [${error.code}]`);
    terminal.note(`       ${error.remedy}`);
    if (error.code === "INTERNAL" && terminal.env["ARQON_DEBUG"])
      for (const line of String(error.stack).split("\n")) terminal.note(line);
    return error.kind.exit;
  }
}

async function commandOf(name: string): Promise<Command> {
  const found = await commandNamed(name);
  if (found) return found;
  const meant = nearest(name, COMMAND_NAMES);
  throw new ArqonError("USAGE", `there is no command "${name}"`, {
    remedy: meant ? `Did you mean \`arqon ${meant}\`? See \`arqon help\`.` : "See `arqon help`.",
  });
}

/** What a command line says to a command. @throws ArqonError `USAGE` */
export function parse(command: Command, argv: readonly string[]): Arguments {
  const options: Record<string, { type: "string" | "boolean"; short?: string; multiple?: boolean }> = {};
  for (const [name, option] of Object.entries({ ...command.options, ...COMMON_OPTIONS }))
    options[name] = {
      type: option.type,
      ...(option.many && { multiple: true }),
      ...(name === "help" && { short: "h" }),
    };
  try {
    const { values, positionals } = parseArgs({
      args: withNegatives(argv, command),
      options,
      allowPositionals: true,
      strict: true,
    });
    return {
      positionals,
      text: (name) => (typeof values[name] === "string" ? values[name] : undefined),
      texts: (name) => [values[name] ?? []].flat().map(String),
      flag: (name) => values[name] === true,
    };
  } catch (cause) {
    const { message } = cause as Error;
    const [what] = message.split(/\.\s/);
    const dash = /^To specify .*/m.exec(message)?.[0];
    const unknown = /^Unknown option '--([^']*)'/.exec(message)?.[1];
    const meant = unknown && nearest(unknown, Object.keys(options));
    if (meant)
      throw new ArqonError("USAGE", `${command.name}: ${what}`, {
        cause,
        remedy: `Did you mean --${meant}? See \`arqon ${command.name} --help\`.`,
      });
    throw new ArqonError("USAGE", `${command.name}: ${what}`, {
      cause,
      remedy: `See \`arqon ${command.name} --help\`.${dash ? ` ${dash}` : ""}`,
    });
  }
}

/** "--shots -3" as "--shots=-3", so that it is the command that says what is wrong with the number. */
function withNegatives(argv: readonly string[], { options }: Command): string[] {
  const joined: string[] = [];
  for (const word of argv) {
    const last = joined.at(-1) ?? "";
    if (/^-[0-9.]/.test(word) && options[last.replace(/^--/, "")]?.type === "string" && last.startsWith("--"))
      joined[joined.length - 1] = `${last}=${word}`;
    else joined.push(word);
  }
  return joined;
}

/** @throws ArqonError `USAGE` */
export function checkPositionals(command: Command, args: Arguments): void {
  const least = command.positionals.filter((name) => !name.endsWith("?")).length;
  if (args.positionals.length >= least && args.positionals.length <= command.positionals.length) return;
  const wanted = command.positionals.join(" ") || "no arguments";
  throw new ArqonError("USAGE", `${command.name} takes ${wanted}, got ${args.positionals.length}`, {
    remedy: `For example: ${command.example}`,
  });
}
