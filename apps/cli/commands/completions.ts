/** `arqon completions SHELL`: completion scripts, printed from the command table. */
import { ArqonError } from "@arqon/core/base";
import { COMMON_OPTIONS, type Command } from "../command.ts";

const SHELLS: Readonly<Record<string, (commands: readonly Command[]) => string>> = { bash, zsh, fish };

/** The command, over the table it belongs to. */
export function completionsOf(all: () => Promise<readonly Command[]>): Command {
  return {
    name: "completions",
    summary: "print a completion script for bash, zsh or fish",
    positionals: ["SHELL"],
    options: {},
    example: "arqon completions bash >> ~/.bashrc",
    async run(args, terminal) {
      const [shell] = args.positionals as [string];
      const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
      if (!script)
        throw new ArqonError(
          "USAGE",
          `no completions for "${shell}"; there are: ${Object.keys(SHELLS).join(", ")}`,
        );
      const text = script(await all());
      terminal.answer({ shell, script: text });
      for (const line of text.split("\n")) terminal.print(line);
      return 0;
    },
  };
}

const optionsOf = (command: Command): string[] =>
  Object.keys({ ...command.options, ...COMMON_OPTIONS }).map((name) => `--${name}`);

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${optionsOf(command).join(" ")}" ;;`);
  return `_arqon() {
  local words="${commands.map((command) => command.name).join(" ")}"
  [ "$COMP_CWORD" -gt 1 ] && case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}") $(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _arqon arqon`;
}

function zsh(commands: readonly Command[]): string {
  const lines = commands.map((command) => `    '${command.name}:${command.summary.replaceAll("'", "")}'`);
  const cases = commands.map(
    (command) =>
      `    ${command.name}) _arguments '*:file:_files' ${optionsOf(command)
        .map((o) => `'${o}'`)
        .join(" ")} ;;`,
  );
  return `#compdef arqon
_arqon() {
  local -a commands
  commands=(
${lines.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case "$words[2]" in
${cases.join("\n")}
  esac
}
compdef _arqon arqon`;
}

function fish(commands: readonly Command[]): string {
  return commands
    .flatMap((command) => [
      `complete -c arqon -n __fish_use_subcommand -a ${command.name} -d '${command.summary.replaceAll("'", "")}'`,
      ...optionsOf(command).map(
        (option) =>
          `complete -c arqon -n '__fish_seen_subcommand_from ${command.name}' -l ${option.slice(2)}`,
      ),
    ])
    .join("\n");
}
