/** The CLI: finds the command, reads its options, prints errors with their remedy, sets the exit code. */
import { parseArgs } from "node:util";
import { ArqonError } from "@arqon/core/base";
import { type Arguments, COMMON_OPTIONS, type Command } from "./command.ts";
import { allCommands, commandNamed } from "./commands.ts";
import { commandHelp, commandJson, overview } from "./help.ts";
import { processTerminal } from "./terminal.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json");
  const terminal = processTerminal(json);
  try {
    const [name, ...rest] = argv;
    if (name === undefined || name === "help" || name === "--help" || name === "-h") {
      const topic = rest.find((word) => !word.startsWith("-"));
      const commands = topic === undefined ? await allCommands() : [await commandOf(topic)];
      const [only] = commands;
      if (json) terminal.answer(commands.map(commandJson));
      else process.stdout.write(`${topic && only ? commandHelp(only) : overview(commands)}\n`);
      return name === undefined ? 2 : 0;
    }
    if (name === "--version") {
      const { SDK_VERSION } = await import("@arqon/sdk");
      process.stdout.write(`arqon ${SDK_VERSION} on Node ${process.versions.node}\n`);
      return 0;
    }
    const command = await commandOf(name);
    const args = parse(command, rest);
    if (args.flag("help")) {
      if (json) terminal.answer(commandJson(command));
      else process.stdout.write(`${commandHelp(command)}\n`);
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
    if (error.code === "INTERNAL" && terminal.env["ARQON_DEBUG"]) process.stderr.write(`${error.stack}\n`);
    return error.kind.exit;
  }
}

async function commandOf(name: string): Promise<Command> {
  const found = await commandNamed(name);
  if (!found) throw new ArqonError("USAGE", `there is no command "${name}"`, { remedy: "See `arqon help`." });
  return found;
}

function parse(command: Command, argv: readonly string[]): Arguments {
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

function checkPositionals(command: Command, args: Arguments): void {
  const least = command.positionals.filter((name) => !name.endsWith("?")).length;
  if (args.positionals.length >= least && args.positionals.length <= command.positionals.length) return;
  const wanted = command.positionals.join(" ") || "no arguments";
  throw new ArqonError("USAGE", `${command.name} takes ${wanted}, got ${args.positionals.length}`, {
    remedy: `For example: ${command.example}`,
  });
}
