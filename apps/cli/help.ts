/** Help texts, printed from the command table. */

import type { JsonObject } from "@arqon/core/base";
import { COMMON_OPTIONS, type Command } from "./command.ts";
import { table } from "./render.ts";

/** Every command, a line each. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "arqon: run experiments on unusual computers; get results that are signed and can be replayed",
    "",
    "usage: arqon COMMAND [ARGUMENTS] [--json] [--help]",
    "",
    ...commands.map((command) => `  ${command.name.padEnd(width)} ${command.summary}`),
    "",
    "All state lives in ARQON_HOME (default ~/.arqon). ARQON_URL and ARQON_API_KEY choose another server.",
    "Exit codes: 0 done, 1 verification or verdict failed, 2 bad input, 3 refused, 4 unavailable, 130 interrupted.",
  ].join("\n");
}

/** One command: what it does, its options, an example. */
export function commandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS });
  const rows = options.map(([name, option]) => [
    `  --${name}${option.value ? ` ${option.value}` : ""}`,
    option.help,
  ]);
  return [
    ...usages(command),
    "",
    command.summary,
    "",
    ...table(["  option", "meaning"], rows).slice(1),
    "",
    `example: ${command.example}`,
  ].join("\n");
}

/** How the command is written, a line each form. */
function usages({ name, positionals, forms = [positionals.map(shown).join(" ")] }: Command): string[] {
  return forms.map(
    (form, k) =>
      `${k === 0 ? "usage:" : "      "} ${["arqon", name, form].filter(Boolean).join(" ")} [OPTIONS]`,
  );
}

/** A name that ends in "?" may be left out. */
const shown = (name: string): string => (name.endsWith("?") ? `[${name.slice(0, -1)}]` : name);

/** The same for programs. */
export function commandJson({ name, summary, positionals, options, example }: Command): JsonObject {
  const all = Object.entries({ ...options, ...COMMON_OPTIONS });
  return {
    name,
    summary,
    positionals: [...positionals],
    options: Object.fromEntries(all.map(([option, said]): [string, JsonObject] => [option, { ...said }])),
    example,
  };
}
